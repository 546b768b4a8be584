import { describe, expect, test } from 'vitest'
import { gram } from '../../experiments/agreement.ts'
import { stream } from '../../experiments/random.ts'
import { directedCosines } from '../../experiments/stages/agreement.ts'
import {
  constantVotes,
  expectedOnLine,
  meanAbsoluteCosine,
  resolvedNoiseScale,
  voteFollowed,
} from '../../experiments/statistics.ts'

/** Three gradients along a line, the last against the others, and one that is only rounding. */
const gradients = { count: 4, parameters: 2, data: Float64Array.of(1, 2, 2, 4, -1, -2, 3e-14, -1e-14) }
const cosines = directedCosines(gram(gradients), 4, 1e-12)

describe('arrows that are round-off', () => {
  test('have a cosine with nothing, themselves included', () => {
    const withThem = Array.from(cosines, (_, at) => at % 4 === 3 || at >= 12)
    expect(Array.from(cosines, Number.isNaN)).toEqual(withThem)
  })

  test('do not count in the mean absolute cosine, which is 1 along a line', () => {
    expect(meanAbsoluteCosine(cosines)).toBeCloseTo(1, 14)
    expect(meanAbsoluteCosine(directedCosines(gram(gradients), 4, 100))).toBeNull()
  })

  test('do not vote', () => {
    expect(voteFollowed([0.9, 0.8, 0.1, 0.7], cosines)).toBe(1)
    expect(voteFollowed([0.9, 0.1, 0.1, 0.7], cosines)).toBeCloseTo(1 / 3, 14)
    // A tied minibatch has no majority.
    expect(voteFollowed([0.9, 0.5, 0.1, 0.7], cosines)).toBe(1)
    expect(voteFollowed([0.5, 0.5, 0.1, 0.7], cosines)).toBeNull()
  })
})

test.each([
  [0, 0],
  [36.5, 36.5],
  [8000, 8000],
  [8001, null],
  [-5, null],
  [Number.POSITIVE_INFINITY, null],
])('a noise scale of %d, estimated from 8,000 records, is given as %s', (estimate, given) => {
  expect(resolvedNoiseScale(estimate, 8000)).toBe(given)
})

describe('the expected cosine along one line', () => {
  /** Over all ways in which 4 records can vote, ties left out. */
  function enumerated(p: number, size: number): number {
    let [high, low] = [0, 0]
    for (let votes = 0; votes < 2 ** size; votes++) {
      const ones = votes.toString(2).replaceAll('0', '').length
      const probability = p ** ones * (1 - p) ** (size - ones)
      if (2 * ones > size) high += probability
      if (2 * ones < size) low += probability
    }
    return ((high - low) / (high + low)) ** 2
  }

  test.each([1, 2, 3, 4, 8])('is that of the votes of %d records, ties left out', (size) => {
    for (const p of [0.5, 0.6, 0.9]) {
      const noiseScale = 1 / (2 * p - 1) ** 2 - 1
      if (Number.isFinite(noiseScale))
        expect(expectedOnLine(noiseScale, size)).toBeCloseTo(enumerated(p, size), 10)
    }
    expect(expectedOnLine(0, size)).toBe(1)
  })
})

describe('a constant as the answer', () => {
  const targets = Float32Array.from({ length: 1000 }, (_, i) => i % 100)

  test('is put between targets, at the quantile asked for', () => {
    expect(constantVotes(targets, [targets, targets], 0.6).share).toBeCloseTo(0.6, 12)
  })

  test('has minibatches of opposite gradients where their majorities are opposite', () => {
    const minibatches = [
      [1, 2, 3],
      [97, 98, 99],
      [1, 2, 99],
      [1, 99, 98],
    ].map((members) => Float32Array.from(members))
    // Two majorities below one half of the targets, two above: four of six pairs.
    expect(constantVotes(targets, minibatches, 0.5).opposed).toBeCloseTo(4 / 6, 12)
    const tied = [
      [1, 99],
      [98, 2],
      [1, 2],
    ].map((members) => Float32Array.from(members))
    expect(constantVotes(targets, tied, 0.5).opposed).toBeNull()
  })

  test('is opposed as often as the law says, over many minibatches', () => {
    const from = stream(3, 'constant')
    const minibatches = Array.from({ length: 400 }, () =>
      Float32Array.from({ length: 16 }, () => targets[from.integer(0, targets.length - 1)]),
    )
    for (const quantile of [0.5, 0.6, 0.7]) {
      const { opposed, expected } = constantVotes(targets, minibatches, quantile)
      expect(Math.abs(opposed! - expected)).toBeLessThan(0.06)
    }
  })
})
