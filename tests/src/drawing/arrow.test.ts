import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrowPath, shortNumber } from '../../../src/drawing/arrow.ts'
import { linearLength, reach, rootLength } from '../../../src/drawing/length.ts'
import { drawnArrows, parse } from '../fields.ts'

describe('a coordinate', () => {
  test('has a tenth of a pixel, in as few characters as SVG allows', () => {
    expect([0.04, -0.04, 0.26, -0.26, 2, 12.345].map(shortNumber)).toEqual([
      '0',
      '0',
      '.3',
      '-.3',
      '2',
      '12.3',
    ])
  })
})

describe("an arrow's path", () => {
  test('starts where the arrow does and reaches as far, to a tenth of a pixel', () => {
    const pixels = fc.double({ min: -60, max: 60, noNaN: true })
    fc.assert(
      fc.property(pixels, pixels, pixels, pixels, (x, y, dx, dy) => {
        fc.pre(Math.hypot(dx, dy) >= 0.3)
        const [drawn] = drawnArrows(
          parse(`<svg><path d="${arrowPath(x, y, dx, dy, 4)}"/></svg>`).querySelector('path'),
        )
        const errors = [drawn.from[0] - x, drawn.from[1] - y, drawn.by[0] - dx, drawn.by[1] - dy].map(
          Math.abs,
        )
        expect(Math.max(...errors)).toBeLessThanOrEqual(0.0501)
      }),
    )
  })

  test('is a dot where there is nothing to see', () => {
    expect(arrowPath(3, 4, 0.1, 0.1, 4)).toBe('M3 4h0')
  })

  test('has a head at its tip', () => {
    expect(arrowPath(0, 0, 10, 0, 4)).toBe('M0 0l10 0l-4-2m4 2l-4 2')
  })
})

describe('a length scale', () => {
  test('in proportion draws half as long for half the length', () => {
    expect(linearLength(8, 20)(4)).toBe(10)
  })

  test('by the square root draws half as long for a quarter of the length', () => {
    expect(rootLength(8, 20)(2)).toBe(10)
  })

  test('draws the longest as long as it is told, and keeps every direction', () => {
    for (const scale of [linearLength(5, 20), rootLength(5, 20)]) {
      expect(reach([3, 4], scale)).toEqual({ right: 12, up: 16 })
      const { right, up } = reach([-0.3, 0.4], scale)
      expect(Math.atan2(up, right)).toBeCloseTo(Math.atan2(0.4, -0.3), 12)
    }
  })

  test('draws nothing for nothing', () => {
    expect(reach([0, 0], rootLength(5, 20))).toEqual({ right: 0, up: 0 })
    expect(rootLength(0, 20)(0)).toBe(0)
  })
})
