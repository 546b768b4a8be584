import { describe, expect, test } from 'vitest'
import { atLeast, atMost, interleaved, ratio, scaled, spread, within } from '../../bench/measure.ts'

describe('a spread', () => {
  test('is the median between the quartiles, whatever the order of the samples', () => {
    expect(spread([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4, repeats: 5 })
  })

  test('lies between neighbours where a quartile does', () => {
    expect(spread([1, 2, 3, 4])).toEqual({ median: 2.5, low: 1.75, high: 3.25, repeats: 4 })
  })

  test('of one sample is that sample', () => {
    expect(spread([7])).toEqual({ median: 7, low: 7, high: 7, repeats: 1 })
  })

  test('can be put in another unit', () => {
    expect(scaled(spread([1, 2, 3]), 1000)).toEqual({ median: 2000, low: 1500, high: 2500, repeats: 3 })
  })
})

describe('a ratio', () => {
  test('compares round with round, so that a disturbance of both leaves it alone', () => {
    expect(ratio([10, 100, 20], [1, 10, 2])).toMatchObject({ median: 10, low: 10, high: 10 })
  })
})

describe('a budget', () => {
  test('holds up to its limit and not beyond', () => {
    expect(atMost(10, 'ms', spread([10]))).toEqual({ text: 'at most 10 ms', holds: true })
    expect(atMost(10, 'ms', spread([10.1])).holds).toBe(false)
    expect(atLeast(1000, 'x', spread([999])).holds).toBe(false)
  })

  test('of a time is multiplied by the pace of the machine', () => {
    expect(within(10, 'ms', spread([19]), 2)).toEqual({ text: 'at most 10 ms x 2.00', holds: true })
    expect(within(10, 'ms', spread([10]), 0.9).holds).toBe(false)
  })

  test('is written out even where it is small', () => {
    expect(atMost(1e-4, '', spread([0])).text).toBe('at most 0.0001')
  })
})

describe('interleaved measurements', () => {
  test('take turns, after a first round that does not count', async () => {
    const turns: string[] = []
    const measured = (name: string) => async () => turns.push(name)
    const samples = await interleaved({ a: measured('a'), b: measured('b') }, 2)
    expect(turns).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
    expect(samples).toEqual({ a: [3, 5], b: [4, 6] })
  })
})
