/** Do minibatches agree on where to go? Measures over a set of gradients, one a minibatch. */

import { ascending, mean, quantile } from 'd3-array'
import type { Stream } from './random.ts'

/** Gradients of the same parameters under several minibatches: row-major [minibatch, parameter]. */
export interface Gradients {
  readonly count: number
  readonly parameters: number
  readonly data: Float64Array | Float32Array
}

/** What a landscape, or several, is like. */
export interface FieldSummary {
  /**
   * Mean angle between neighbouring arrows of the grid, degrees, over pairs in which both have a direction;
   * null if there is none.
   */
  readonly neighbourAngle: number | null
  /** Root mean square length of the arrows, cost per unit of the parameters. */
  readonly length: number
  /** Fraction of arrows that have no direction. */
  readonly zero: number
}

/** Summary of landscapes [landscape, y, x, 2]; arrows up to `roundOff` long count as zero. */
export function summarizeField(
  field: Float64Array,
  columns: number,
  rows: number,
  roundOff = 0,
): FieldSummary {
  const points = field.length / 2
  let [squares, zeros, angles, pairs] = [0, 0, 0, 0]
  const compare = (a: number, b: number) => {
    const [ax, ay, bx, by] = [field[2 * a], field[2 * a + 1], field[2 * b], field[2 * b + 1]]
    if (Math.hypot(ax, ay) <= roundOff || Math.hypot(bx, by) <= roundOff) return
    angles += Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by))
    pairs++
  }
  for (let at = 0; at < points; at++) {
    const square = field[2 * at] ** 2 + field[2 * at + 1] ** 2
    squares += square
    if (square <= roundOff * roundOff) zeros++
    if (at % columns < columns - 1) compare(at, at + 1)
    if (Math.floor(at / columns) % rows < rows - 1) compare(at, at + columns)
  }
  return {
    neighbourAngle: pairs > 0 ? ((angles / pairs) * 180) / Math.PI : null,
    length: Math.sqrt(squares / points),
    zero: zeros / points,
  }
}

/**
 * How far a set of gradients agrees. Minibatches whose gradient is zero have no direction and are left out,
 * but counted.
 */
export interface Agreement {
  readonly minibatches: number
  /** Minibatches whose gradient is zero. */
  readonly zero: number
  /** Mean cosine similarity over all pairs of minibatches; null if fewer than two have a direction. */
  readonly meanCosine: number | null
  /** Fraction of pairs that form an obtuse angle, cosine < 0. */
  readonly opposed: number | null
  /** 95 % intervals by bootstrap over minibatches. */
  readonly meanCosineInterval: readonly [number, number] | null
  readonly opposedInterval: readonly [number, number] | null
  /** Mean over minibatches of the gradient's Euclidean length. */
  readonly meanLength: number
}

/** Inner products of all pairs, row-major [count, count]. */
export function gram({ count, parameters, data }: Gradients): Float64Array {
  const products = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < parameters; k++) sum += data[i * parameters + k] * data[j * parameters + k]
      products[i * count + j] = products[j * count + i] = sum
    }
  }
  return products
}

/** Cosine similarities from inner products, row-major [count, count]; NaN where a gradient is zero. */
export function cosines(products: Float64Array, count: number): Float64Array {
  return products.map((product, at) => {
    const [i, j] = [Math.floor(at / count), at % count]
    const lengths = Math.sqrt(products[i * count + i] * products[j * count + j])
    return lengths > 0 ? Math.max(-1, Math.min(1, product / lengths)) : Number.NaN
  })
}

/**
 * Agreement of `count` gradients with these inner products, those up to `roundOff` long counting as zero;
 * intervals from `resamples` bootstrap samples.
 */
export function agreement(
  products: Float64Array,
  count: number,
  roundOff: number,
  resamples: number,
  from: Stream,
): Agreement {
  const similarity = cosines(products, count)
  const directed = Array.from({ length: count }, (_, i) => i).filter(
    (i) => products[i * count + i] > roundOff * roundOff,
  )
  const whole = pairStatistics(similarity, count, directed)
  const samples: PairStatistics[] = []
  if (whole) {
    for (let r = 0; r < resamples; r++) {
      const sample = directed.map(() => directed[from.integer(0, directed.length - 1)])
      const statistics = pairStatistics(similarity, count, sample)
      if (statistics) samples.push(statistics)
    }
  }
  const interval = (of: (statistics: PairStatistics) => number): [number, number] | null => {
    if (samples.length === 0) return null
    const sorted = samples.map(of).sort(ascending)
    return [quantile(sorted, 0.025)!, quantile(sorted, 0.975)!]
  }
  let length = 0
  for (let i = 0; i < count; i++) length += Math.sqrt(products[i * count + i])
  return {
    minibatches: count,
    zero: count - directed.length,
    meanCosine: whole?.meanCosine ?? null,
    opposed: whole?.opposed ?? null,
    meanCosineInterval: interval((s) => s.meanCosine),
    opposedInterval: interval((s) => s.opposed),
    meanLength: length / count,
  }
}

interface PairStatistics {
  readonly meanCosine: number
  readonly opposed: number
}

/**
 * Over all pairs of different minibatches of the sample; a minibatch that the bootstrap drew twice is not
 * paired with itself.
 */
function pairStatistics(
  similarity: Float64Array,
  count: number,
  sample: readonly number[],
): PairStatistics | null {
  let [sum, opposed, pairs] = [0, 0, 0]
  for (let a = 0; a < sample.length; a++) {
    for (let b = 0; b < a; b++) {
      if (sample[a] === sample[b]) continue
      const cosine = similarity[sample[a] * count + sample[b]]
      sum += cosine
      if (cosine < 0) opposed++
      pairs++
    }
  }
  return pairs > 0 ? { meanCosine: sum / pairs, opposed: opposed / pairs } : null
}

/**
 * The gradient noise scale, trace of the per-example covariance over the squared length of the full gradient
 * (McCandlish et al., 2018, section 2.2), from per-example gradients; both parts unbiased. The expected
 * cosine of two independent minibatches of B examples is then about 1 / (1 + noiseScale / B).
 */
export function noiseScale({ count, parameters, data }: Gradients): {
  noiseScale: number
  meanSquaredLength: number
  variance: number
} {
  const mean = new Float64Array(parameters)
  for (let n = 0; n < count; n++)
    for (let k = 0; k < parameters; k++) mean[k] += data[n * parameters + k] / count
  let variance = 0
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < parameters; k++) variance += (data[n * parameters + k] - mean[k]) ** 2 / (count - 1)
  }
  const meanSquaredLength = mean.reduce((sum, value) => sum + value * value, 0) - variance / count
  return { noiseScale: variance / meanSquaredLength, meanSquaredLength, variance }
}

/** The expected cosine of two independent minibatches, given the gradient noise scale; see `noiseScale`. */
export const expectedCosine = (noiseScale: number, batchSize: number) => 1 / (1 + noiseScale / batchSize)

export interface BatchSizeAgreement {
  readonly batchSize: number
  readonly meanCosine: number
  readonly opposed: number
  /** Standard error of the mean cosine over the pairs. */
  readonly standardError: number
  readonly pairs: number
}

/**
 * Cosines of pairs of independent minibatches of each size, whose members are drawn with replacement from the
 * given per-example gradients. Pairs in which a gradient is exactly zero are left out.
 */
export function agreementByBatchSize(
  gradients: Gradients,
  batchSizes: readonly number[],
  pairs: number,
  from: Stream,
): BatchSizeAgreement[] {
  const { count, parameters, data } = gradients
  const draw = (size: number) => {
    const sum = new Float64Array(parameters)
    for (let b = 0; b < size; b++) {
      const at = from.integer(0, count - 1) * parameters
      for (let k = 0; k < parameters; k++) sum[k] += data[at + k]
    }
    return sum
  }
  return batchSizes.map((batchSize) => {
    const values: number[] = []
    for (let p = 0; p < pairs; p++) {
      const both = new Float64Array(2 * parameters)
      both.set(draw(batchSize))
      both.set(draw(batchSize), parameters)
      const cosine = cosines(gram({ count: 2, parameters, data: both }), 2)[1]
      if (!Number.isNaN(cosine)) values.push(cosine)
    }
    const meanCosine = mean(values) ?? Number.NaN
    const spread = values.reduce((sum, value) => sum + (value - meanCosine) ** 2, 0) / (values.length - 1)
    return {
      batchSize,
      meanCosine,
      opposed: values.filter((value) => value < 0).length / values.length,
      standardError: Math.sqrt(spread / values.length),
      pairs: values.length,
    }
  })
}
