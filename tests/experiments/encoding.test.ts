import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deliveries } from '../../experiments/deliveries.ts'
import { characters, encode, inputCount, positions } from '../../experiments/encoding.ts'
import { type Encoding, paper } from '../../experiments/protocol.ts'

const { encoding } = paper

/** Reads a text back from the indices of the ones. */
const decode = (codes: Uint16Array, { alphabet }: Encoding) =>
  [...codes].map((code) => alphabet[code % alphabet.length]).join('')

const fields = {
  'Store Number': '1845',
  Market: '3',
  'Order Made': '2015-02-06 22:24:17',
  Cost: '3441',
  'Total Deliverers': '33',
  'Busy Deliverers': '14',
  'Total Orders': '21',
  'Estimated Transit Time': '861',
  'Linear Estimation': '3218',
}

describe('the encoding of the published study', () => {
  test('reads 35 characters of 15 kinds: 525 inputs', () => {
    expect(positions(encoding)).toBe(35)
    expect(encoding.alphabet).toHaveLength(15)
    expect(inputCount(encoding)).toBe(525)
  })

  test('has every character of every record in its alphabet, once', () => {
    expect(new Set(encoding.alphabet).size).toBe(15)
    for (const { fields } of deliveries({ ...paper, deliveries: { ...paper.deliveries, count: 300 } }))
      expect(encode(characters(fields, encoding), encoding)).toHaveLength(35)
  })
})

describe('the characters of a record', () => {
  test('are the first ones of each field, padded on the right', () => {
    expect(characters(fields, encoding)).toBe('184532015-02-3441_33_14_21_861_3218')
  })

  test('do not depend on the order in which the record names its fields', () => {
    const reversed = Object.fromEntries(Object.entries(fields).reverse())
    expect(characters(reversed, encoding)).toBe(characters(fields, encoding))
  })

  test('are refused with the name of the field that is missing, and those that are there', () => {
    const { Market, ...rest } = fields
    expect(() => characters(rest, encoding)).toThrow(
      /no field "Market"; it has: Store Number, Order Made, .*Linear Estimation/,
    )
  })
})

describe('the one-hot indices', () => {
  const anyEncoding = fc
    .record({
      alphabet: fc.uniqueArray(fc.constantFrom(...'0123456789. -:_abc'), { minLength: 2 }),
      widths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
    })
    .map(({ alphabet, widths }): Encoding => {
      const named = widths.map((characters, i) => ({ name: `field ${i}`, characters }))
      return { alphabet: alphabet.join(''), padding: alphabet[0], fields: named }
    })
  const withText = anyEncoding.chain((encoding) =>
    fc.tuple(
      fc.constant(encoding),
      fc.string({ unit: fc.constantFrom(...encoding.alphabet), maxLength: positions(encoding) }),
    ),
  )

  test('decode to the text', () => {
    fc.assert(fc.property(withText, ([encoding, text]) => decode(encode(text, encoding), encoding) === text))
  })

  test('name exactly one input of each position, in order, each below the number of inputs', () => {
    fc.assert(
      fc.property(withText, ([encoding, text]) => {
        const codes = [...encode(text, encoding)]
        expect(codes.map((code) => Math.floor(code / encoding.alphabet.length))).toEqual(
          codes.map((_, p) => p),
        )
        expect(codes.every((code) => code < inputCount(encoding))).toBe(true)
      }),
    )
  })

  test('decode to each field cut and padded, for any record', () => {
    const anyRecord = anyEncoding.chain((encoding) =>
      fc.tuple(
        fc.constant(encoding),
        fc.tuple(...encoding.fields.map(() => fc.string({ unit: fc.constantFrom(...encoding.alphabet) }))),
      ),
    )
    fc.assert(
      fc.property(anyRecord, ([encoding, texts]) => {
        const record = Object.fromEntries(encoding.fields.map(({ name }, i) => [name, texts[i]]))
        let rest = decode(encode(characters(record, encoding), encoding), encoding)
        encoding.fields.forEach(({ characters: width }, i) => {
          const [part, text] = [rest.slice(0, width), texts[i]]
          for (let p = 0; p < width; p++) expect(part[p]).toBe(p < text.length ? text[p] : encoding.padding)
          rest = rest.slice(width)
        })
        expect(rest).toBe('')
      }),
    )
  })

  test('are refused with the character outside the alphabet, its position and the text', () => {
    expect(() => encode('12x4', encoding)).toThrow(
      'Character "x" at position 2 of "12x4" is not in the alphabet',
    )
  })
})
