/**
 * What is measured of one trained network: pure functions of gradients and residuals. No verdicts.
 */

import { sum } from 'd3-array'
import { cosines, type Gradients, gram, noiseScale } from './agreement.ts'
import type {
  EpochGroup,
  GroupMeasures,
  GroupsMeasures,
  NoiseScale,
  OutputMeasures,
  PopulationMeasures,
  Sides,
  TensorMeasures,
  VoteMeasures,
  VotesMeasures,
} from './measured.ts'
import type { Stream } from './random.ts'
import { opposedByVote } from './vote.ts'

export type * from './measured.ts'

/**
 * Measures of `count` gradients by their inner products, row-major [count, count]; those up to `roundOff`
 * long count as zero.
 */
export function groupMeasures(products: Float64Array, count: number, roundOff: number): GroupMeasures {
  const directed = withDirection(products, count, roundOff)
  const similarity = cosines(products, count)
  let [sum, absolute, opposed, pairs, squares] = [0, 0, 0, 0, 0]
  directed.forEach((i, a) => {
    for (const j of directed.slice(0, a)) {
      const cosine = similarity[i * count + j]
      sum += cosine
      absolute += Math.abs(cosine)
      if (cosine < 0) opposed++
      pairs++
    }
  })
  for (let i = 0; i < count; i++) squares += products[i * count + i]
  const mean = (total: number) => (pairs > 0 ? total / pairs : null)
  return {
    minibatches: count,
    zero: count - directed.length,
    meanCosine: mean(sum),
    meanAbsoluteCosine: mean(absolute),
    opposed: mean(opposed),
    lineShare: lineShare(products, count, directed),
    length: Math.sqrt(squares / count),
  }
}

/** Those of `count` gradients that are longer than round-off. */
function withDirection(products: Float64Array, count: number, roundOff: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter(
    (i) => products[i * count + i] > roundOff * roundOff,
  )
}

/** The largest eigenvalue of the inner products over their trace, by power iteration. */
function lineShare(products: Float64Array, count: number, members: readonly number[]): number | null {
  if (members.length === 0) return null
  const trace = members.reduce((sum, i) => sum + products[i * count + i], 0)
  // Begins at the column of the longest gradient, which is not orthogonal to the best line.
  const longest = members.reduce((a, b) => (products[b * count + b] > products[a * count + a] ? b : a))
  let vector = members.map((i) => products[i * count + longest])
  let value = 0
  for (let iteration = 0; iteration < 1000; iteration++) {
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
    const unit = vector.map((x) => x / length)
    vector = members.map((i) => members.reduce((sum, j, b) => sum + products[i * count + j] * unit[b], 0))
    const next = vector.reduce((sum, x, a) => sum + x * unit[a], 0)
    const done = Math.abs(next - value) <= 1e-13 * next
    value = next
    if (done) break
  }
  return Math.min(1, value / trace)
}

/** Counts on which side of their targets outputs lie, by their residuals output - target. */
export function sidesOf(residuals: ArrayLike<number>): Sides {
  let [high, low] = [0, 0]
  for (let n = 0; n < residuals.length; n++) {
    if (residuals[n] > 0) high++
    else if (residuals[n] < 0) low++
  }
  return { high, low, exact: residuals.length - high - low }
}

/** The share predicted too high of those not predicted exactly; null if there is none. */
export function overshootShare({ high, low }: Sides): number | null {
  return high + low > 0 ? high / (high + low) : null
}

/**
 * The groups of an epoch from inner products by parameter and the gradients of the shifts of hidden layers 1
 * and 2.
 */
export function groupsOf(
  products: { readonly [parameter: string]: Float64Array },
  shifts: readonly [Gradients, Gradients],
  roundOff: number,
): GroupsMeasures {
  return byGroup(groupProducts(products, shifts), ({ products, count }) =>
    groupMeasures(products, count, roundOff),
  )
}

/**
 * Inner products of each group, which may be of fewer minibatches for the whole than for the shifts. The
 * pairs are chosen by the shifts of `choosing`.
 */
export function groupProducts(
  products: { readonly [parameter: string]: Float64Array },
  shifts: readonly [Gradients, Gradients],
  choosing = shifts,
): { readonly [group in EpochGroup]: { readonly products: Float64Array; readonly count: number } } {
  const of = (gradients: Gradients) => ({ products: gram(gradients), count: gradients.count })
  const whole = sumOf(Object.values(products))
  return {
    pair1: of(select(shifts[0], pairUnits(choosing[0]))),
    pair2: of(select(shifts[1], pairUnits(choosing[1]))),
    bias1: of(shifts[0]),
    bias2: of(shifts[1]),
    whole: { products: whole, count: Math.sqrt(whole.length) },
  }
}

/** The same for each group. */
export function byGroup<Given, Made>(
  groups: { readonly [group in EpochGroup]: Given },
  make: (given: Given, group: EpochGroup) => Made,
): { readonly [group in EpochGroup]: Made } {
  const { pair1, pair2, bias1, bias2, whole } = groups
  return {
    pair1: make(pair1, 'pair1'),
    pair2: make(pair2, 'pair2'),
    bias1: make(bias1, 'bias1'),
    bias2: make(bias2, 'bias2'),
    whole: make(whole, 'whole'),
  }
}

/** Arrays of one length, added up element by element. */
export function sumOf(arrays: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(arrays[0].length)
  for (const array of arrays) for (let at = 0; at < sum.length; at++) sum[at] += array[at]
  return sum
}

/**
 * Of the gradients of a layer's shifts, those of the first two of the units that have one in the most
 * minibatches.
 */
export function pairUnits({ count, parameters, data }: Gradients): readonly [number, number] {
  const active = new Int32Array(parameters)
  for (let i = 0; i < count; i++)
    for (let unit = 0; unit < parameters; unit++) if (data[i * parameters + unit] !== 0) active[unit]++
  const [a, b] = Array.from(active.keys()).sort((p, q) => active[q] - active[p] || p - q)
  return a < b ? [a, b] : [b, a]
}

/** The gradients with respect to these parameters alone. */
export function select({ count, parameters, data }: Gradients, units: readonly number[]): Gradients {
  const selected = new Float64Array(count * units.length)
  for (let i = 0; i < count; i++)
    units.forEach((unit, k) => {
      selected[i * units.length + k] = data[i * parameters + unit]
    })
  return { count, parameters: units.length, data: selected }
}

/**
 * Each parameter's measures, and those of all as `whole`, from the inner products of independent minibatches
 * of `batchSize`, of a training set of `records`.
 */
export function tensorMeasures(
  products: { readonly [parameter: string]: Float64Array },
  batchSize: number,
  records: number,
  roundOff: number,
): { [parameter: string]: TensorMeasures } {
  const whole = sumOf(Object.values(products))
  const count = Math.sqrt(whole.length)
  const { squaredLength: total } = momentsOf(whole, count, batchSize)
  return Object.fromEntries(
    Object.entries({ ...products, whole }).map(([name, products]) => {
      const scale = noiseScaleOf(momentsOf(products, count, batchSize), records)
      return [
        name,
        {
          ...groupMeasures(products, count, roundOff),
          share: total > 0 ? scale.squaredLength / total : null,
          noiseScale: scale,
        },
      ]
    }),
  )
}

/**
 * The two parts of a noise scale from inner products of the gradients g of n independent minibatches of B
 * records. Two different ones have |G|^2 as their expected product, G being the mean gradient of the records'
 * distribution, and one with itself |G|^2 + tr(S) / B, S being the records' covariance. So the mean product
 * of different ones estimates |G|^2, and B times what the mean square is above that estimates tr(S), both
 * without bias. (Minibatches without a record in common are a sample of the distribution like any other.) The
 * variance of the former is had by the jackknife over minibatches.
 */
function momentsOf(products: Float64Array, count: number, batchSize: number): NoiseMoments {
  const rows = Array.from({ length: count }, (_, i) => {
    let sum = 0
    for (let j = 0; j < count; j++) if (j !== i) sum += products[i * count + j]
    return sum
  })
  let [squares, others] = [0, 0]
  for (let i = 0; i < count; i++) {
    squares += products[i * count + i] / count
    others += rows[i]
  }
  const squaredLength = others / (count * (count - 1))
  const without = rows.map((row) => (others - 2 * row) / ((count - 1) * (count - 2)))
  const mean = without.reduce((sum, value) => sum + value / count, 0)
  const spread = without.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    variance: batchSize * (squares - squaredLength),
    squaredLength,
    squaredLengthError: Math.sqrt(((count - 1) / count) * spread),
  }
}

type NoiseMoments = Pick<NoiseScale, 'variance' | 'squaredLength' | 'squaredLengthError'>

function noiseScaleOf(moments: NoiseMoments, records: number): NoiseScale {
  const { variance, squaredLength } = moments
  const none = (reason: NonNullable<NoiseScale['reason']>) => ({ value: null, reason, ...moments })
  if (!(squaredLength > 0)) return none('the mean gradient is not told from zero')
  const value = variance / squaredLength
  return value > records ? none('beyond the number of training records') : { value, ...moments }
}

/**
 * What the minibatches' votes say, and how far their gradients follow them. `residuals` stand minibatch after
 * minibatch; `overshoot` is the share of all training records predicted too high.
 */
export function voteMeasures(
  residuals: Float32Array,
  batchSize: number,
  overshoot: number | null,
  groups: ReturnType<typeof groupProducts>,
  roundOff: number,
): VoteMeasures {
  const votes = Array.from({ length: residuals.length / batchSize }, (_, i) => {
    const { high, low } = sidesOf(residuals.subarray(i * batchSize, (i + 1) * batchSize))
    return Math.sign(high - low)
  })
  const told = pairsOf(votes).filter(([a, b]) => a * b !== 0)
  return {
    sides: sidesOf(residuals),
    majorities: {
      high: votes.filter((vote) => vote > 0).length,
      low: votes.filter((vote) => vote < 0).length,
      tie: votes.filter((vote) => vote === 0).length,
    },
    opposed: shareOf(told, ([a, b]) => a * b < 0),
    expected: overshoot === null ? null : opposedByVote(overshoot, batchSize),
    followed: byGroup(groups, ({ products, count }) => followedShare(votes, products, count, roundOff)),
  }
}

/**
 * The share of pairs of minibatches whose gradients, of these inner products, are opposed exactly if their
 * votes are; without those whose gradient is not longer than round-off, or whose vote is 0. Null if there is
 * none.
 */
export function followedShare(
  votes: readonly number[],
  products: Float64Array,
  count: number,
  roundOff: number,
): number | null {
  const told = withDirection(products, count, roundOff).filter((i) => votes[i] !== 0)
  return shareOf(pairsOf(told), ([i, j]) => products[i * count + j] < 0 === votes[i] * votes[j] < 0)
}

const pairsOf = <T>(values: readonly T[]) =>
  values.flatMap((a, i) => values.slice(0, i).map((b) => [a, b] as const))

/** The share of those that are so; null of none. */
function shareOf<T>(values: readonly T[], are: (value: T) => boolean): number | null {
  return values.length > 0 ? values.filter(are).length / values.length : null
}

/**
 * What decides the whole gradient.
 * @param products inner products [minibatch, minibatch] by name of parameter
 * @param signs of each minibatch's residuals, one a record
 * @param inputs of each minibatch's records to the output, row-major [record, unit]
 */
export function outputMeasures(
  products: { readonly [parameter: string]: Float64Array },
  signs: readonly (readonly number[])[],
  inputs: readonly Float32Array[],
  roundOff: number,
): OutputMeasures {
  const count = signs.length
  const whole = sumOf(Object.values(products))
  const output = sumOf([products['output.weight'], products['output.bias']])
  const units = inputs[0].length / signs[0].length
  const parts = inputs.map((rows, i) =>
    Float64Array.from({ length: signs[i].length * (units + 1) }, (_, at) => {
      const [n, unit] = [Math.floor(at / (units + 1)), at % (units + 1)]
      return signs[i][n] * (unit < units ? rows[n * units + unit] : 1)
    }),
  )
  const share = (votes: readonly number[]) => followedShare(votes, output, count, roundOff)
  const directed = withDirection(output, count, roundOff).filter(
    (i) => whole[i * count + i] > roundOff * roundOff,
  )
  return {
    group: groupMeasures(output, count, roundOff),
    decides: shareOf(pairsOf(directed), ([i, j]) => whole[i * count + j] < 0 === output[i * count + j] < 0),
    majority: share(signs.map((own) => sum(own))),
    weighted: share(weightedVotes(parts, signs)),
  }
}

/**
 * How far votes tell which minibatches are opposed.
 * @param parts of each minibatch, what its records add to the gradient, row-major [record, parameter]
 * @param signs of each minibatch's residuals, one a record
 */
export function votesMeasures(
  parts: readonly (Float32Array | Float64Array)[],
  signs: readonly (readonly number[])[],
  roundOff: number,
): VotesMeasures {
  const count = signs.length
  const parameters = parts[0].length / signs[0].length
  const data = new Float64Array(count * parameters)
  parts.forEach((rows, i) => {
    for (let at = 0; at < rows.length; at++) data[i * parameters + (at % parameters)] += rows[at]
  })
  const products = gram({ count, parameters, data })
  const share = (votes: readonly number[]) => followedShare(votes, products, count, roundOff)
  return {
    group: groupMeasures(products, count, roundOff),
    majority: share(signs.map((own) => sum(own))),
    weighted: share(weightedVotes(parts, signs)),
  }
}

/**
 * Of each minibatch, the sum of its records' parts along the mean direction of all records: the mean of their
 * parts, each times the sign of its residual.
 */
function weightedVotes(
  parts: readonly (Float32Array | Float64Array)[],
  signs: readonly (readonly number[])[],
): number[] {
  const width = parts[0].length / signs[0].length
  const centre = new Float64Array(width)
  parts.forEach((rows, i) => {
    for (let at = 0; at < rows.length; at++) centre[at % width] += signs[i][Math.floor(at / width)] * rows[at]
  })
  return parts.map((rows) => {
    let vote = 0
    for (let at = 0; at < rows.length; at++) vote += rows[at] * centre[at % width]
    return vote
  })
}

/**
 * Agreement of pairs of independent minibatches, whose members are drawn with replacement from records with
 * these gradients, and their noise scale. The lengths' standard error is that of |mean gradient|^2 to first
 * order.
 */
export function populationMeasures(
  gradients: Gradients,
  batchSize: number,
  pairs: number,
  roundOff: number,
  from: Stream,
): PopulationMeasures {
  const { count, parameters, data } = gradients
  const minibatch = new Float64Array(2 * parameters)
  const draw = (place: number) => {
    for (let b = 0; b < batchSize; b++) {
      const at = from.integer(0, count - 1) * parameters
      for (let k = 0; k < parameters; k++) minibatch[place + k] += data[at + k] / batchSize
    }
  }
  let [zero, cosineSum, opposed] = [0, 0, 0]
  for (let pair = 0; pair < pairs; pair++) {
    minibatch.fill(0)
    draw(0)
    draw(parameters)
    const [a, product, , b] = gram({ count: 2, parameters, data: minibatch })
    if (Math.min(a, b) <= roundOff * roundOff) {
      zero++
      continue
    }
    cosineSum += Math.max(-1, Math.min(1, product / Math.sqrt(a * b)))
    if (product < 0) opposed++
  }
  const directed = pairs - zero
  const { variance, meanSquaredLength } = noiseScale(gradients)
  return {
    pairs,
    zero,
    meanCosine: directed > 0 ? cosineSum / directed : null,
    opposed: directed > 0 ? opposed / directed : null,
    noiseScale: noiseScaleOf(
      { variance, squaredLength: meanSquaredLength, squaredLengthError: squaredLengthError(gradients) },
      count,
    ),
  }
}

/**
 * Standard error of the squared length of the mean of these gradients: twice that of its part along itself.
 */
function squaredLengthError({ count, parameters, data }: Gradients): number {
  const mean = new Float64Array(parameters)
  for (let n = 0; n < count; n++)
    for (let k = 0; k < parameters; k++) mean[k] += data[n * parameters + k] / count
  const square = mean.reduce((sum, value) => sum + value * value, 0)
  let spread = 0
  for (let n = 0; n < count; n++) {
    let along = 0
    for (let k = 0; k < parameters; k++) along += data[n * parameters + k] * mean[k]
    spread += (along - square) ** 2
  }
  return 2 * Math.sqrt(spread / (count - 1) / count)
}
