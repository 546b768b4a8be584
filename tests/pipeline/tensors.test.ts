import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../pipeline/stage.ts'
import { decodeTensors, encodeTensors } from '../../pipeline/tensors.ts'

/**
 * Written by the reference implementation in Python (safetensors 0.8.0) from the values that the test names.
 */
const reference = Buffer.from(
  'iAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJheGVzIjoie1wiZ3JhZGllbnRcIjpbXCJ5XCIsXCJ4XCJdfSIsInVuaXRzIjoie1wiZ3JhZGllbnRcIjpcIjEvc1wifSJ9LCJncmFkaWVudCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMCwzMl19LCJiaWFzIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMzIsNDRdfSwiaW5kZXgiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls0NCw1Ml19LCJjb2RlIjp7ImR0eXBlIjoiVTE2Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNTIsNTRdfSwibWFzayI6eyJkdHlwZSI6IlU4Iiwic2hhcGUiOlsxLDNdLCJkYXRhX29mZnNldHMiOls1NCw1N119fSAgICAgIJqZmZmZmbk/AAAAAAAABMCDtjrSlxLAAQAAAAAAAPB/AADAPwAAgL4AAEBA/////////3///wAB/w==',
  'base64',
)

const tensor = fc
  .tuple(fc.array(fc.nat({ max: 4 }), { maxLength: 4 }), fc.constantFrom(...[0, 1, 2, 3, 4]))
  .chain(([shape, kind]) => {
    const count = shape.reduce((product, size) => product * size, 1)
    const sized = { minLength: count, maxLength: count }
    const data = [
      fc.float64Array(sized),
      fc.float32Array(sized),
      fc.int32Array(sized),
      fc.uint16Array(sized),
      fc.uint8Array(sized),
    ][kind]
    const axes = fc.option(fc.array(fc.string(), { minLength: shape.length, maxLength: shape.length }), {
      nil: undefined,
    })
    return fc.record({
      shape: fc.constant(shape),
      data,
      axes,
      unit: fc.option(fc.string(), { nil: undefined }),
    })
  })
const name = fc.string({ minLength: 1 }).filter((text) => text !== '__metadata__' && text !== '__proto__')
const tensors = fc.dictionary(name, tensor as fc.Arbitrary<Tensor>, { noNullPrototype: true })

/** A second reading of the format's description: element types, shapes and bytes by name. */
function readIndependently(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset)
  const length = view.getUint32(0, true)
  expect(view.getUint32(4, true)).toBe(0)
  const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
  const body = file.subarray(8 + length)
  return { length, metadata: __metadata__, header, body }
}

describe('a safetensors file', () => {
  test('gives back the tensors that were written, bit by bit, with axes and units', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const read = decodeTensors(encodeTensors(written))
        expect(Object.keys(read).sort()).toEqual(Object.keys(written).sort())
        for (const [key, { shape, data, axes, unit }] of Object.entries(written)) {
          expect(read[key].shape).toEqual(shape)
          expect(read[key].data.constructor).toBe(data.constructor)
          expect(
            Buffer.from(read[key].data.buffer, read[key].data.byteOffset, read[key].data.byteLength),
          ).toEqual(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
          expect(read[key].axes).toEqual(axes)
          expect(read[key].unit).toEqual(unit)
        }
      }),
    )
  })

  test('is laid out as the format says: aligned, without gaps or overlaps, text only in the metadata', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const { length, metadata, header, body } = readIndependently(encodeTensors(written))
        expect(length % 8).toBe(0)
        for (const value of Object.values(metadata)) expect(typeof value).toBe('string')
        const entries = Object.values(header) as { dtype: string; data_offsets: [number, number] }[]
        entries.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])
        let end = 0
        for (const { dtype, data_offsets: offsets } of entries) {
          expect(offsets[0]).toBe(end)
          expect(offsets[0] % (Number(dtype.slice(1)) / 8)).toBe(0)
          end = offsets[1]
        }
        expect(end).toBe(body.length)
      }),
    )
  })

  test('does not depend on the order in which tensors are named', () => {
    const a = { shape: [1], data: Float32Array.of(1) }
    const b = { shape: [2], data: Float32Array.of(2, 3) }
    expect(encodeTensors({ a, b })).toEqual(encodeTensors({ b, a }))
  })

  test('of the reference implementation is read', () => {
    expect(decodeTensors(reference)).toEqual({
      gradient: {
        shape: [2, 2],
        data: Float64Array.of(0.1, -2.5, 3e-300, Number.POSITIVE_INFINITY),
        axes: ['y', 'x'],
        unit: '1/s',
      },
      bias: { shape: [3], data: Float32Array.of(1.5, -0.25, 3) },
      index: { shape: [2], data: Int32Array.of(-1, 2147483647) },
      code: { shape: [1], data: Uint16Array.of(65535) },
      mask: { shape: [1, 3], data: Uint8Array.of(0, 1, 255) },
    })
  })

  test('is written from a part of a larger array without the rest of it', () => {
    const data = Float64Array.of(1, 2, 3, 4).subarray(1, 3)
    expect(decodeTensors(encodeTensors({ data: { shape: [2], data } })).data.data).toEqual(
      Float64Array.of(2, 3),
    )
  })

  test.each([
    [
      'too short for a header',
      reference.subarray(0, 5),
      'A safetensors file has at least 8 bytes; this one has 5.',
    ],
    [
      'cut in the header',
      reference.subarray(0, 100),
      'The header of a safetensors file ends at byte 400, but the file has 100.',
    ],
    [
      'cut in the values',
      reference.subarray(0, 450),
      'Tensor "index" ends at byte 452, but the file has 450.',
    ],
  ])('that is %s is refused', (_, file, message) => {
    expect(() => decodeTensors(file)).toThrow(message)
  })

  test.each([
    [
      'its data',
      { shape: [2, 2], data: Float32Array.of(1) },
      'Tensor "w" of shape [2, 2] needs 4 values but has 1.',
    ],
    [
      'its axes',
      { shape: [1], data: Float32Array.of(1), axes: ['y', 'x'] },
      'Tensor "w" has 1 dimensions but names 2 axes: y, x.',
    ],
  ])('is not written when a shape does not fit %s', (_, w, message) => {
    expect(() => encodeTensors({ w })).toThrow(message)
  })
})
