import { randomExponential, randomLcg } from 'd3-random'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge } from '../../../experiments/claims/claim.ts'
import {
  binomialAtMost,
  median,
  medianInterval,
  shareInterval,
} from '../../../experiments/claims/interval.ts'

describe('the interval of a median', () => {
  test('has the ranks that tables give (Conover, Practical Nonparametric Statistics)', () => {
    const ranks = (count: number) => medianInterval(Array.from({ length: count }, (_, i) => i + 1))
    expect([5, 6, 8, 9, 12, 15, 20, 24].map(ranks)).toEqual([
      null,
      [1, 6],
      [1, 8],
      [2, 8],
      [3, 10],
      [4, 12],
      [6, 15],
      [7, 18],
    ])
  })

  test('covers the median of a skewed population at least 95 times in 100', () => {
    const draw = randomExponential.source(randomLcg(0.3))(1)
    const rounds = 4000
    let covered = 0
    for (let round = 0; round < rounds; round++) {
      const [low, high] = medianInterval(Array.from({ length: 24 }, () => draw()))!
      if (low <= Math.LN2 && Math.LN2 <= high) covered++
    }
    // The coverage for 24 values is 97.7 %; three standard errors are 0.7 points.
    expect(covered / rounds).toBeGreaterThan(0.97)
    expect(covered / rounds).toBeLessThan(0.985)
  })

  test('only has ends that occurred, and contains the median', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 40 }),
        (values) => {
          const [low, high] = medianInterval(values)!
          expect(values).toContain(low)
          expect(values).toContain(high)
          expect(low).toBeLessThanOrEqual(median(values)!)
          expect(high).toBeGreaterThanOrEqual(median(values)!)
        },
      ),
    )
  })

  test('with a value that is missing is as wide as if it were anything', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(medianInterval([...values, null])).toEqual([1, 8])
    expect(medianInterval([...values.slice(2), null, null])).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ])
    expect(median([...values, null])).toBe(4.5)
  })
})

describe('the interval of a share', () => {
  test('is that of Clopper and Pearson, as R gives it (binom.test)', () => {
    const rounded = (count: number, of: number) =>
      shareInterval(count, of).map((end) => Number(end.toFixed(4)))
    expect(rounded(8, 10)).toEqual([0.4439, 0.9748])
    expect(rounded(1, 24)).toEqual([0.0011, 0.2112])
    expect(rounded(12, 24)).toEqual([0.2912, 0.7088])
  })

  test('where all agree is one-sided and near the rule of three', () => {
    expect(shareInterval(24, 24)[0]).toBeCloseTo(0.05 ** (1 / 24), 10)
    expect(shareInterval(100, 100)[0]).toBeCloseTo(1 - 3 / 100, 2)
    expect(shareInterval(0, 24)).toEqual([0, expect.closeTo(1 - 0.05 ** (1 / 24), 10)])
  })

  test('never leaves 0 to 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (of, some) => {
        const [low, high] = shareInterval(Math.min(some, of), of)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThan(high)
      }),
    )
  })
})

test('the binomial distribution sums what it should', () => {
  expect(binomialAtMost(2, 5, 0.5)).toBeCloseTo(0.5, 12)
  expect(binomialAtMost(5, 5, 0.3)).toBeCloseTo(1, 12)
  expect(binomialAtMost(0, 8, 0.25)).toBeCloseTo(0.75 ** 8, 12)
  expect(binomialAtMost(3, 4, 1)).toBe(0)
})

describe('a rule', () => {
  const values = Array.from({ length: 24 }, (_, i) => i / 100)

  test('is decided by the interval and not by the middle', () => {
    // The middle is 0.115, the interval 0.06 to 0.17.
    expect(judge({ rule: { atLeast: 0.06 } }, values).verdict).toBe('holds')
    expect(judge({ rule: { atLeast: 0.07 } }, values).verdict).toBe('cannot be decided')
    expect(judge({ rule: { atLeast: 0.18 } }, values).verdict).toBe('does not hold')
    expect(judge({ rule: { below: 0.18 } }, values).verdict).toBe('holds')
    expect(judge({ rule: { below: 0.17 } }, values).verdict).toBe('cannot be decided')
    expect(judge({ rule: { between: [0.06, 0.17] } }, values).verdict).toBe('holds')
    expect(judge({ rule: { between: [0.2, 0.3] } }, values).verdict).toBe('does not hold')
  })

  test('counts the networks that meet it, with the interval of their share', () => {
    const { meeting } = judge({ rule: { atLeast: 0.05 } }, values)
    expect(meeting).toEqual({ count: 19, share: shareInterval(19, 24) })
  })

  test('cannot be decided by fewer than six networks, whatever they say', () => {
    expect(judge({ rule: { atLeast: 0 } }, [1, 1, 1, 1, 1])).toMatchObject({
      verdict: 'cannot be decided',
      because: '5 networks are too few for an interval',
    })
  })
})
