import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  agreement,
  agreementByBatchSize,
  cosines,
  expectedCosine,
  type Gradients,
  gram,
  noiseScale,
  summarizeField,
} from '../../experiments/agreement.ts'
import { stream } from '../../experiments/random.ts'

const gradients = (...rows: number[][]): Gradients => ({
  count: rows.length,
  parameters: rows[0].length,
  data: Float64Array.from(rows.flat()),
})

/** Agreement of these gradients, without bootstrap unless asked for. */
const agree = (rows: number[][], { roundOff = 0, resamples = 0 } = {}) =>
  agreement(gram(gradients(...rows)), rows.length, roundOff, resamples, stream(1, 'bootstrap'))

const inner = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, k) => sum + value * b[k], 0)

/** Cosines of all pairs by the definition. */
const pairCosines = (rows: readonly number[][]) =>
  rows.flatMap((a, i) => rows.slice(i + 1).map((b) => inner(a, b) / (Math.hypot(...a) * Math.hypot(...b))))

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** A set of gradients of 2 to 8 minibatches in 1 to 5 dimensions, none of them zero. */
const anyGradients = fc
  .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 5 }), fc.nat())
  .map(([count, parameters, seed]) => {
    const from = stream(seed, 'gradients')
    return Array.from({ length: count }, () => Array.from({ length: parameters }, () => from.normal(0.3, 1)))
  })

describe('inner products and cosines', () => {
  test('are those of the definition, for all pairs', () => {
    fc.assert(
      fc.property(anyGradients, (rows) => {
        const products = gram(gradients(...rows))
        const similarity = cosines(products, rows.length)
        rows.forEach((a, i) => {
          rows.forEach((b, j) => {
            expect(products[i * rows.length + j]).toBeCloseTo(inner(a, b), 10)
            expect(similarity[i * rows.length + j]).toBeCloseTo(
              inner(a, b) / (Math.hypot(...a) * Math.hypot(...b)),
              10,
            )
          })
        })
      }),
    )
  })

  test('have no direction to compare where a gradient is zero, and stay within -1 and 1', () => {
    const similarity = cosines(gram(gradients([0, 0], [1, 2], [-3, -6])), 3)
    expect([...similarity].map(Number.isNaN)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      false,
    ])
    expect([...similarity.slice(4, 6), ...similarity.slice(7)].every((value) => Math.abs(value) <= 1)).toBe(
      true,
    )
    expect(similarity[5]).toBeCloseTo(-1, 12)
  })
})

describe('agreement', () => {
  test('is the mean cosine and the share of obtuse angles over all pairs', () => {
    fc.assert(
      fc.property(anyGradients, (rows) => {
        const expected = pairCosines(rows)
        const { meanCosine, opposed, zero, minibatches, meanLength } = agree(rows)
        expect(meanCosine).toBeCloseTo(mean(expected), 10)
        expect(opposed).toBe(expected.filter((cosine) => cosine < 0).length / expected.length)
        expect([zero, minibatches]).toEqual([0, rows.length])
        expect(meanLength).toBeCloseTo(mean(rows.map((row) => Math.hypot(...row))), 10)
      }),
    )
  })

  test('of identical gradients is complete: cosine 1, nothing opposed, whatever their lengths', () => {
    const { meanCosine, opposed } = agree([
      [1, 2, 2],
      [2, 4, 4],
      [0.1, 0.2, 0.2],
    ])
    expect(meanCosine).toBeCloseTo(1, 12)
    expect(opposed).toBe(0)
  })

  test('of two camps of opposite gradients is the share of pairs across', () => {
    // Three against two: of ten pairs six are opposed.
    const { meanCosine, opposed } = agree([
      [1, 1],
      [1, 1],
      [1, 1],
      [-1, -1],
      [-1, -1],
    ])
    expect(opposed).toBeCloseTo(0.6, 12)
    expect(meanCosine).toBeCloseTo(-0.2, 12)
  })

  test('does not call a right angle opposed', () => {
    expect(
      agree([
        [1, 0],
        [0, 1],
      ]),
    ).toMatchObject({ meanCosine: 0, opposed: 0 })
  })

  test('counts gradients that are zero, or no longer than round-off, and leaves them out', () => {
    const rows = [
      [3, 4],
      [0, 0],
      [1e-13, 0],
      [-3, -4],
    ]
    expect(agree(rows, { roundOff: 1e-12 })).toMatchObject({ minibatches: 4, zero: 2, opposed: 1 })
    expect(agree(rows, { roundOff: 1e-12 }).meanCosine).toBeCloseTo(-1, 12)
    expect(agree(rows)).toMatchObject({ zero: 1 })
    expect(agree(rows).meanLength).toBeCloseTo(2.5, 10)
  })

  test('is null where fewer than two gradients have a direction', () => {
    const none = { meanCosine: null, opposed: null, meanCosineInterval: null, opposedInterval: null }
    expect(
      agree(
        [
          [0, 0],
          [1, 1],
        ],
        { resamples: 20 },
      ),
    ).toMatchObject({ ...none, zero: 1 })
    expect(
      agree(
        [
          [0, 0],
          [0, 0],
        ],
        { resamples: 20 },
      ),
    ).toMatchObject({ ...none, zero: 2 })
  })

  test('does not depend on the order of the minibatches', () => {
    fc.assert(
      fc.property(anyGradients, (rows) => {
        expect(agree([...rows].reverse()).meanCosine).toBeCloseTo(agree(rows).meanCosine!, 12)
      }),
    )
  })

  test('has intervals about the estimate, the same for the same stream, and none without bootstrap samples', () => {
    const from = stream(3, 'sample')
    const rows = Array.from({ length: 30 }, () => [from.normal(0.5, 1), from.normal(0, 1)])
    const { meanCosine, meanCosineInterval, opposed, opposedInterval } = agree(rows, { resamples: 200 })
    expect(meanCosineInterval![0]).toBeLessThan(meanCosine!)
    expect(meanCosineInterval![1]).toBeGreaterThan(meanCosine!)
    expect(opposedInterval![0]).toBeLessThan(opposed!)
    expect(opposedInterval![1]).toBeGreaterThan(opposed!)
    expect(agree(rows, { resamples: 200 }).meanCosineInterval).toEqual(meanCosineInterval)
    expect(agree(rows).meanCosineInterval).toBeNull()
  })

  test('has an interval of no width if all minibatches agree', () => {
    const { meanCosineInterval, opposedInterval } = agree(
      Array.from({ length: 9 }, () => [1, 0]),
      { resamples: 50 },
    )
    expect(meanCosineInterval).toEqual([1, 1])
    expect(opposedInterval).toEqual([0, 0])
  })

  test('never pairs a minibatch with itself, not even when the bootstrap draws it twice', () => {
    // Three gradients 120 degrees apart: whichever are drawn, each pair of different ones has a cosine of
    // -1/2.
    const directions = [0, 120, 240].map((angle) => [
      Math.cos((angle * Math.PI) / 180),
      Math.sin((angle * Math.PI) / 180),
    ])
    const { meanCosineInterval, opposedInterval } = agree(directions, { resamples: 50 })
    expect(meanCosineInterval![0]).toBeCloseTo(-0.5, 12)
    expect(meanCosineInterval![1]).toBeCloseTo(-0.5, 12)
    expect(opposedInterval).toEqual([1, 1])
  })

  test('has intervals that cover the truth about as often as they say', () => {
    const from = stream(4, 'coverage')
    const draw = () => [from.normal(0.6, 1), from.normal(0, 1), from.normal(0, 1)]
    const truth = mean(Array.from({ length: 100_000 }, () => pairCosines([draw(), draw()])[0]))
    const repeats = 120
    let covered = 0
    for (let r = 0; r < repeats; r++) {
      const { meanCosineInterval } = agree(Array.from({ length: 40 }, draw), { resamples: 150 })
      if (meanCosineInterval![0] <= truth && truth <= meanCosineInterval![1]) covered++
    }
    // 95 % nominal; the percentile bootstrap of 40 minibatches falls a little short of that.
    expect(covered / repeats).toBeGreaterThan(0.85)
  })
})

describe('the gradient noise scale', () => {
  test('is the trace of the covariance over the squared mean, by hand on three gradients', () => {
    // Mean (2, 0); deviations (-1, 0), (0, 3), (1, -3): variance (1 + 9 + 1 + 9) / 2 = 10; squared length 4 -
    // 10 / 3.
    const { variance, meanSquaredLength, noiseScale: scale } = noiseScale(gradients([1, 0], [2, 3], [3, -3]))
    expect(variance).toBeCloseTo(10, 12)
    expect(meanSquaredLength).toBeCloseTo(4 - 10 / 3, 12)
    expect(scale).toBeCloseTo(10 / (4 - 10 / 3), 12)
  })

  test('is found again from Gaussian gradients of known mean and covariance', () => {
    const from = stream(5, 'Gaussian')
    const [means, deviations] = [
      [0.4, -0.2, 0.1],
      [1, 2, 0.5],
    ]
    const truth = inner(deviations, deviations) / inner(means, means)
    const rows = Array.from({ length: 30_000 }, () => means.map((m, k) => from.normal(m, deviations[k])))
    expect(noiseScale(gradients(...rows)).noiseScale / truth).toBeGreaterThan(0.85)
    expect(noiseScale(gradients(...rows)).noiseScale / truth).toBeLessThan(1.15)
  })

  test('has both parts without bias, as the mean over many small samples shows', () => {
    const from = stream(6, 'small samples')
    const samples = Array.from({ length: 4000 }, () =>
      noiseScale(gradients(...Array.from({ length: 4 }, () => [from.normal(0.5, 1), from.normal(0, 2)]))),
    )
    expect(Math.abs(mean(samples.map(({ variance }) => variance)) - 5)).toBeLessThan(0.25)
    expect(Math.abs(mean(samples.map(({ meanSquaredLength }) => meanSquaredLength)) - 0.25)).toBeLessThan(
      0.15,
    )
  })

  test('foretells a cosine of 1/2 at as many examples, and of 1 without noise', () => {
    expect(expectedCosine(64, 64)).toBe(0.5)
    expect(expectedCosine(0, 64)).toBe(1)
    expect(expectedCosine(192, 64)).toBe(0.25)
  })
})

describe('agreement by batch size', () => {
  /** Per-example gradients of many parameters, whose noise is nearly the same in all directions. */
  const from = stream(7, 'examples')
  const parameters = 60
  const rows = Array.from({ length: 2000 }, () =>
    Array.from({ length: parameters }, (_, k) => from.normal(k === 0 ? 2 : 0, 1)),
  )
  const examples = gradients(...rows)
  const sizes = [1, 4, 16, 64, 256]
  const measured = agreementByBatchSize(examples, sizes, 150, stream(8, 'pairs'))

  test('follows 1 / (1 + noise scale / batch size)', () => {
    const { noiseScale: scale } = noiseScale(examples)
    measured.forEach(({ batchSize, meanCosine, standardError, pairs }, i) => {
      expect([batchSize, pairs]).toEqual([sizes[i], 150])
      expect(Math.abs(meanCosine - expectedCosine(scale, batchSize))).toBeLessThan(4 * standardError + 0.01)
    })
    expect(measured[0].meanCosine).toBeLessThan(0.15)
    expect(measured[4].meanCosine).toBeGreaterThan(0.9)
  })

  test('says how often pairs are opposed, and how sure the mean is', () => {
    const values = Array.from({ length: 150 }, (_, p) => p)
    expect(measured[0].opposed).toBeGreaterThan(0.1)
    expect(measured[4].opposed).toBe(0)
    // Cosines of random directions in d dimensions have a deviation of 1 / sqrt(d).
    expect(measured[0].standardError * Math.sqrt(values.length)).toBeGreaterThan(0.5 / Math.sqrt(parameters))
    expect(measured[0].standardError * Math.sqrt(values.length)).toBeLessThan(2 / Math.sqrt(parameters))
  })

  test('is complete for examples that agree, whatever the size, and leaves out pairs with a zero gradient', () => {
    const half = gradients([1, 1], [2, 2], [0, 0])
    for (const { meanCosine, opposed, standardError, pairs } of agreementByBatchSize(
      half,
      [1, 8],
      100,
      stream(9, 'a'),
    )) {
      expect(meanCosine).toBeCloseTo(1, 12)
      expect(opposed).toBe(0)
      expect(standardError).toBeCloseTo(0, 6)
      expect(pairs).toBeLessThanOrEqual(100)
    }
    const [{ pairs }] = agreementByBatchSize(half, [1], 100, stream(9, 'a'))
    // Both of two single examples are nonzero with probability 4 / 9.
    expect(Math.abs(pairs - 100 * (4 / 9))).toBeLessThan(5 * Math.sqrt((100 * 20) / 81))
  })
})

describe('the summary of a landscape', () => {
  /** A field of so many rows and columns from the angle, degrees, and length of each arrow. */
  const field = (rows: number, columns: number, arrow: (row: number, column: number) => [number, number]) =>
    Float64Array.from(
      Array.from({ length: rows * columns }, (_, at) => {
        const [angle, length] = arrow(Math.floor(at / columns), at % columns)
        return [length * Math.cos((angle * Math.PI) / 180), length * Math.sin((angle * Math.PI) / 180)]
      }).flat(),
    )

  test('is the mean angle between neighbours in both directions, weighted by their numbers', () => {
    // Five columns turn by 7 degrees each, three rows by 20: 3 x 4 pairs along rows, 2 x 5 along columns.
    const turning = field(3, 5, (row, column) => [300 + 7 * column + 20 * row, 1 + row])
    expect(summarizeField(turning, 5, 3).neighbourAngle).toBeCloseTo((12 * 7 + 10 * 20) / 22, 10)
  })

  test('does not compare the end of a row with the start of the next, nor one landscape with the next', () => {
    const alternating = (angle: number) => field(2, 3, (_, column) => [angle + column * 10, 1])
    const two = Float64Array.of(...alternating(0), ...alternating(180))
    expect(summarizeField(two, 3, 2).neighbourAngle).toBeCloseTo((8 * 10 + 6 * 0) / 14, 10)
  })

  test('takes the shorter way round, up to 180 degrees', () => {
    expect(
      summarizeField(
        field(1, 2, (_, column) => [column * 350, 1]),
        2,
        1,
      ).neighbourAngle,
    ).toBeCloseTo(10, 10)
    expect(
      summarizeField(
        field(1, 2, (_, column) => [column * 180, 1]),
        2,
        1,
      ).neighbourAngle,
    ).toBeCloseTo(180, 10)
  })

  test('has the root mean square length', () => {
    expect(summarizeField(Float64Array.of(3, 4, 0, 0, 0, 5, 1, 0), 2, 2).length).toBeCloseTo(
      Math.sqrt(51 / 4),
      12,
    )
  })

  test('counts arrows that are zero or no longer than round-off, and compares only pairs in which both have a direction', () => {
    const spotted = field(1, 4, (_, column) => [column * 30, column === 1 ? 1e-13 : 1])
    expect(summarizeField(spotted, 4, 1, 1e-12)).toMatchObject({ zero: 0.25 })
    expect(summarizeField(spotted, 4, 1, 1e-12).neighbourAngle).toBeCloseTo(30, 6)
    expect(summarizeField(new Float64Array(8), 2, 2)).toEqual({ neighbourAngle: null, length: 0, zero: 1 })
  })
})
