import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cosine,
  type Field,
  type Gradient,
  gradientAt,
  gradientsAt,
  longest,
  mean,
  opposes,
  pairCosines,
  thin,
} from '../../../src/data/field.ts'
import { field } from '../fields.ts'

const turned = (degrees: number, length = 1): Gradient => [
  length * Math.cos((degrees * Math.PI) / 180),
  length * Math.sin((degrees * Math.PI) / 180),
]

describe('a field', () => {
  const example: Field = field(2, 3, 5, (minibatch, row, column) => [
    100 * minibatch + 10 * row + column,
    -column,
  ])

  test('is indexed by minibatch, row and column', () => {
    expect(gradientAt(example, 1, 4, 2)).toEqual([142, -2])
  })

  test('has its true parameters in the middle', () => {
    expect(gradientsAt(example)).toEqual([
      [21, -1],
      [121, -1],
    ])
  })

  test('has gradients of length zero where they are round-off', () => {
    const almost: Field = { ...field(1, 1, 1, () => [3e-13, 4e-13]), roundOff: 1e-12 }
    expect(gradientAt(almost, 0, 0, 0)).toEqual([0, 0])
    expect(longest(almost)).toBe(0)
    expect(longest({ ...almost, roundOff: 0 })).toBeCloseTo(5e-13, 25)
  })
})

describe('gradients', () => {
  test('oppose each other when they are more than a right angle apart', () => {
    expect(opposes(turned(10), turned(101))).toBe(true)
    expect(opposes(turned(10), turned(99))).toBe(false)
    expect(opposes([0, 0], turned(10))).toBe(false)
  })

  test('have a cosine that does not depend on their lengths', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -360, max: 360, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (angle, length) => {
          expect(cosine(turned(0, 3), turned(angle, length))).toBeCloseTo(
            Math.cos((angle * Math.PI) / 180),
            9,
          )
        },
      ),
    )
  })

  test('make pairs, of which those with a zero gradient have no cosine', () => {
    expect(
      pairCosines([turned(0), turned(60), turned(180), [0, 0]]).map((value) => Math.round(value * 1e9) / 1e9),
    ).toEqual([0.5, -1, -0.5])
  })

  test('have a mean', () => {
    expect(
      mean([
        [1, 2],
        [3, -4],
      ]),
    ).toEqual([2, -1])
  })
})

describe('a thinned axis', () => {
  test('is even, symmetric, and keeps its centre', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 6 }), (half, keepHalf) => {
        const kept = thin(2 * half + 1, 2 * keepHalf + 1)
        expect(kept).toHaveLength(2 * Math.min(half, keepHalf) + 1)
        expect(kept).toContain(half)
        expect(kept.map((index) => 2 * half - index).reverse()).toEqual(kept)
        expect(new Set(kept.slice(1).map((index, i) => index - kept[i])).size).toBeLessThanOrEqual(1)
        expect(Math.min(...kept)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
