import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inProportion, naturally, oneSigned } from '../../experiments/interventions.ts'
import { minibatchesOf } from '../../experiments/minibatches.ts'
import type { Composition } from '../../experiments/protocol.ts'
import { permutation, stream } from '../../experiments/random.ts'

const compositions: Composition[] = [
  'reshuffled',
  'fixed',
  'repeated',
  'stratified by target',
  'sorted by target',
]

/** 100 training records among 150, with few different targets. */
const training = {
  seed: 7,
  batchSize: 8,
  train: Int32Array.from({ length: 100 }, (_, i) => i + Math.floor(i / 2)),
  targets: Array.from({ length: 150 }, (_, n) => (n * 37) % 23),
}
const epochOf = (composition: Composition, epoch: number, given = training) =>
  minibatchesOf(composition, epoch, given).map((members) => [...members])
const asSets = (minibatches: number[][]) => minibatches.map((members) => [...members].sort().join()).sort()

describe.each(compositions)('minibatches that are %s', (composition) => {
  test('take training records only, none twice in an epoch, and as many as fill minibatches', () => {
    for (const epoch of [1, 2, 9]) {
      const minibatches = epochOf(composition, epoch)
      expect(minibatches.map(({ length }) => length)).toEqual(Array.from({ length: 12 }, () => 8))
      const members = minibatches.flat()
      expect(new Set(members).size).toBe(96)
      const among = new Set(training.train)
      expect(members.every((member) => among.has(member))).toBe(true)
    }
  })

  test('are the same from the same seed, and others from another', () => {
    expect(epochOf(composition, 3)).toEqual(epochOf(composition, 3))
    expect(epochOf(composition, 3)).not.toEqual(epochOf(composition, 3, { ...training, seed: 8 }))
  })
})

describe('the compositions', () => {
  test('reshuffled: are those of the published training, a permutation cut into pieces', () => {
    const order = permutation(100, stream(7, 'minibatch order', 4))
    expect(epochOf('reshuffled', 4)[2]).toEqual(
      Array.from(order.subarray(16, 24), (place) => training.train[place]),
    )
    expect(asSets(epochOf('reshuffled', 4))).not.toEqual(asSets(epochOf('reshuffled', 5)))
  })

  test('fixed: have the same members in every epoch, in another order', () => {
    expect(asSets(epochOf('fixed', 1))).toEqual(asSets(epochOf('fixed', 2)))
    expect(epochOf('fixed', 1)).not.toEqual(epochOf('fixed', 2))
  })

  test('repeated: are the same in the same order, those of the first reshuffled epoch', () => {
    expect(epochOf('repeated', 5)).toEqual(epochOf('reshuffled', 1))
  })

  test('stratified by target: have a record of each of as many ranges of the target as they have records', () => {
    const minibatches = epochOf('stratified by target', 2)
    for (let range = 0; range < 7; range++) {
      const targets = (place: number) => minibatches.map((members) => training.targets[members[place]])
      expect(Math.max(...targets(range))).toBeLessThanOrEqual(Math.min(...targets(range + 1)))
    }
    expect(asSets(minibatches)).not.toEqual(asSets(epochOf('stratified by target', 3)))
  })

  test('sorted by target: are ranges of the target, in an order that is not theirs', () => {
    const ranges = epochOf('sorted by target', 2).map((members) => {
      const targets = members.map((member) => training.targets[member])
      return [Math.min(...targets), Math.max(...targets)]
    })
    const ascending = [...ranges].sort(([a, b], [c, d]) => a - c || b - d)
    ascending.slice(1).forEach(([least], i) => {
      expect(least).toBeGreaterThanOrEqual(ascending[i][1])
    })
    expect(ranges).not.toEqual(ascending)
  })
})

describe('minibatches by the signs of residuals', () => {
  const sides = fc.record({
    high: fc.integer({ min: 20, max: 200 }),
    low: fc.integer({ min: 20, max: 200 }),
    batchSize: fc.integer({ min: 1, max: 20 }),
  })
  const records = (from: number, count: number) => Int32Array.from({ length: count }, (_, i) => from + i)

  test('in the population’s proportion have as many too high as it says, within one record, and on average', () => {
    fc.assert(
      fc.property(sides, ({ high, low, batchSize }) => {
        const draw = inProportion(records(0, high), records(1000, low), batchSize)
        const share = high / (high + low)
        const counts = Array.from({ length: 30 }, (_, i) => {
          const members = draw(i, stream(1, 'test', i))
          expect(new Set(members).size).toBe(batchSize)
          return members.filter((member) => member < 1000).length
        })
        for (const count of counts) expect(Math.abs(count - share * batchSize)).toBeLessThan(1)
        const total = counts.reduce((sum, count) => sum + count, 0)
        expect(Math.abs(total - 30 * share * batchSize)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('of one sign take turns, and natural ones have no record twice', () => {
    const [high, low] = [records(0, 30), records(1000, 30)]
    const draw = oneSigned(high, low, 8)
    for (let i = 0; i < 4; i++)
      expect(new Set(draw(i, stream(1, 'test', i)).map((member) => (member < 1000 ? 1 : -1)))).toEqual(
        new Set([i % 2 === 0 ? 1 : -1]),
      )
    expect(new Set(naturally(high, 20)(0, stream(2, 'test'))).size).toBe(20)
  })
})
