import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../experiments/random.ts'
import { cosineByVote, majorityTooHigh, opposedByVote } from '../../experiments/vote.ts'

const shares = fc.double({ min: 0, max: 1, noNaN: true })

/** The probabilities by going through all 2^B minibatches one by one. */
function enumerated(share: number, batchSize: number) {
  const sums = { high: 0, low: 0, tie: 0 }
  for (let signs = 0; signs < 2 ** batchSize; signs++) {
    let [tooHigh, probability] = [0, 1]
    for (let record = 0; record < batchSize; record++) {
      const high = (signs >> record) & 1
      tooHigh += high
      probability *= high ? share : 1 - share
    }
    const margin = 2 * tooHigh - batchSize
    sums[margin > 0 ? 'high' : margin < 0 ? 'low' : 'tie'] += probability
  }
  return sums
}

describe('the majority of a minibatch', () => {
  test('has the probabilities that going through every possible minibatch gives', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 10 }), (share, batchSize) => {
        const expected = enumerated(share, batchSize)
        const found = majorityTooHigh(share, batchSize)
        for (const side of ['high', 'low', 'tie'] as const)
          expect(Math.abs(found[side] - expected[side])).toBeLessThan(1e-13)
      }),
    )
  })

  test('has probabilities that add up to 1 and change sides with the share, at any size', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 4096 }), (share, batchSize) => {
        const { high, low, tie } = majorityTooHigh(share, batchSize)
        expect(high + low + tie).toBeCloseTo(1, 12)
        const mirrored = majorityTooHigh(1 - share, batchSize)
        expect(Math.abs(mirrored.low - high)).toBeLessThan(1e-9)
        expect(Math.abs(mirrored.tie - tie)).toBeLessThan(1e-9)
      }),
    )
  })

  test('of 4,096 records comes to the normal law', () => {
    const { high, tie } = majorityTooHigh(0.5, 4096)
    expect(tie).toBeCloseTo(Math.sqrt(2 / (Math.PI * 4096)), 5)
    expect(high).toBeCloseTo((1 - tie) / 2, 12)
    // One standard deviation of the number predicted too high is 32 records.
    expect(majorityTooHigh(0.5 + 32 / 4096, 4096).high).toBeCloseTo(0.8413, 2)
  })

  test('is certain where all records have one sign, and tied only in minibatches of an even number', () => {
    expect(majorityTooHigh(1, 64)).toEqual({ high: 1, low: 0, tie: 0 })
    expect(majorityTooHigh(0, 64)).toEqual({ high: 0, low: 1, tie: 0 })
    expect(majorityTooHigh(0.3, 63).tie).toBe(0)
    expect(majorityTooHigh(0.3, 64).tie).toBeGreaterThan(0)
  })

  test('is asked of shares and sizes that there can be', () => {
    expect(() => majorityTooHigh(1.2, 64)).toThrow('A share lies between 0 and 1; given: 1.2.')
    expect(() => majorityTooHigh(Number.NaN, 64)).toThrow('given: NaN')
    expect(() => majorityTooHigh(0.5, 0)).toThrow('at least 1; given: 0.')
    expect(() => majorityTooHigh(0.5, 6.5)).toThrow('given: 6.5')
  })
})

describe('opposite majorities of two minibatches', () => {
  test.each([
    [0.5, 64],
    [0.45, 64],
    [0.6, 16],
    [0.52, 256],
  ])('at a share of %s in minibatches of %s are as often as in a simulation', (share, batchSize) => {
    const from = stream(1, 'simulated votes', share, batchSize)
    const margin = () => {
      let sum = 0
      for (let record = 0; record < batchSize; record++) sum += from.uniform() < share ? 1 : -1
      return sum
    }
    let [opposed, pairs] = [0, 0]
    for (let pair = 0; pair < 20_000; pair++) {
      const product = margin() * margin()
      if (product === 0) continue
      pairs++
      if (product < 0) opposed++
    }
    // Four standard errors.
    expect(Math.abs(opposed / pairs - opposedByVote(share, batchSize))).toBeLessThan(
      4 * Math.sqrt(0.25 / pairs),
    )
  })

  test('are half of all pairs at most, at a share of one half, and none where all records agree', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 300 }), (share, batchSize) => {
        const opposed = opposedByVote(share, batchSize)
        expect(opposed).toBeGreaterThanOrEqual(0)
        expect(opposed).toBeLessThanOrEqual(0.5 + 1e-12)
        expect(cosineByVote(share, batchSize)).toBeCloseTo(1 - 2 * opposed, 14)
      }),
    )
    expect(opposedByVote(0.5, 64)).toBeCloseTo(0.5, 12)
    expect(opposedByVote(0, 64)).toBe(0)
    expect(opposedByVote(1, 64)).toBe(0)
  })

  test('are the rarer the larger the minibatch, unless the share is one half', () => {
    // Of odd numbers of records: where there can be a tie, it is left out.
    const sizes = [1, 5, 17, 65, 257, 1025]
    const opposed = sizes.map((size) => opposedByVote(0.45, size))
    expect([...opposed].sort((a, b) => b - a)).toEqual(opposed)
  })
})
