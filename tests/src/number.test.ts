import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { magnitude, numberHtml, plainNumber, writeNumber } from '../../src/number.ts'

describe('a written number', () => {
  test('has the true minus sign and a fixed number of digits', () => {
    expect(plainNumber(-0.0213, { digits: 3 })).toBe('−0.021')
    expect(plainNumber(2, { digits: 1 })).toBe('2.0')
  })

  test('is never minus zero', () => {
    expect(plainNumber(-0.001, { digits: 1 })).toBe('0.0')
    expect(plainNumber(-0, { format: 'integer' })).toBe('0')
  })

  test('is grouped by thousands only as an integer', () => {
    expect(plainNumber(3507741, { format: 'integer' })).toBe('3,507,741')
    expect(plainNumber(20230117, { digits: 0 })).toBe('20230117')
  })

  test('can be a percentage', () => {
    expect(plainNumber(0.5123, { format: 'percent', digits: 0 })).toBe('51%')
  })

  test('has its power of ten as a superscript, in words and in HTML', () => {
    expect(plainNumber(1.234e-9, { format: 'scientific', digits: 1 })).toBe('1.2 × 10⁻⁹')
    expect(numberHtml(1.234e-9, { format: 'scientific', digits: 1 })).toBe('1.2\u00a0×\u00a010<sup>−9</sup>')
    expect(plainNumber(0, { format: 'scientific', digits: 1 })).toBe('0.0')
  })

  test('says so when there is none', () => {
    expect(writeNumber(Number.NaN)).toEqual({ mantissa: 'undefined' })
    expect(writeNumber(Number.NEGATIVE_INFINITY)).toEqual({ mantissa: '−∞' })
  })

  test('reads back within half of its last digit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 6 }),
        (value, digits) => {
          const read = Number(plainNumber(value, { digits }).replace('−', '-'))
          expect(Math.abs(read - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits * (1 + 1e-9) + 1e-9)
        },
      ),
    )
  })
})

describe('a magnitude', () => {
  test('is written with two significant digits', () => {
    const written = (value: number) => plainNumber(value, magnitude(value).style)
    expect([0.0123, 0.5, 3.14, 77, 1234].map(written)).toEqual(['0.012', '0.50', '3.1', '77', '1234'])
    expect(written(4.2e-17)).toBe('4.2 × 10⁻¹⁷')
  })
})
