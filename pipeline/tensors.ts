import type { Tensor, Tensors, TypedArray } from './stage.ts'

/** The element types of the safetensors format that the project uses, by the format's name for them. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const
type ElementType = keyof typeof arrays

interface Entry {
  dtype: ElementType
  shape: number[]
  data_offsets: [begin: number, end: number]
}

/**
 * Tensors as one safetensors file: an 8-byte little-endian header length, the header (JSON, padded with
 * spaces to a multiple of 8 bytes), then the arrays, those of wide elements first, so that each starts at a
 * multiple of its element's size. Axes and units are in the header's `__metadata__`, as JSON by tensor name,
 * since the format allows only text there. The same tensors give the same bytes, in whatever order they were
 * named. Source: the format's description in the safetensors project's README.
 * @throws when a shape does not fit its data or its axes
 */
export function encodeTensors(tensors: Tensors): Uint8Array<ArrayBuffer> {
  const names = Object.keys(tensors).sort(
    (a, b) => tensors[b].data.BYTES_PER_ELEMENT - tensors[a].data.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  )
  const axes: Record<string, readonly string[]> = {}
  const units: Record<string, string> = {}
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: {} }
  let end = 0
  for (const name of names) {
    const { shape, data, axes: named, unit } = check(name, tensors[name])
    const begin = end
    end += data.byteLength
    header[name] = { dtype: elementType(name, data), shape: [...shape], data_offsets: [begin, end] }
    if (named) axes[name] = named
    if (unit !== undefined) units[name] = unit
  }
  header.__metadata__ = { axes: JSON.stringify(axes), units: JSON.stringify(units) }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const length = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + length + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.fill(0x20, 8, 8 + length)
  file.set(text, 8)
  for (const name of names) {
    const { data } = tensors[name]
    const [begin] = (header[name] as Entry).data_offsets
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + length + begin)
  }
  return file
}

/**
 * The tensors of a safetensors file, as views of its bytes where they are aligned.
 * @throws when the bytes are not a safetensors file of the element types above
 */
export function decodeTensors(file: Uint8Array): Tensors {
  const bytes = file.byteOffset % 8 === 0 ? file : Uint8Array.from(file)
  if (bytes.length < 8)
    throw new Error(`A safetensors file has at least 8 bytes; this one has ${bytes.length}.`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > bytes.length - 8) {
    throw new Error(
      `The header of a safetensors file ends at byte ${8 + length}, but the file has ${bytes.length}.`,
    )
  }
  const { __metadata__ = {}, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  ) as {
    __metadata__?: Record<string, string>
  } & Record<string, Entry>
  const axes = new Map<string, string[]>(Object.entries(JSON.parse(__metadata__.axes ?? '{}')))
  const units = new Map<string, string>(Object.entries(JSON.parse(__metadata__.units ?? '{}')))
  const tensors: Record<string, Tensor> = {}
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    const View = arrays[dtype]
    if (!View)
      throw new Error(
        `Tensor "${name}" has element type ${dtype}; read are ${Object.keys(arrays).join(', ')}.`,
      )
    const [begin, end] = offsets.map((offset) => 8 + length + offset)
    if (end > bytes.length || begin > end) {
      throw new Error(`Tensor "${name}" ends at byte ${end}, but the file has ${bytes.length}.`)
    }
    const count = (end - begin) / View.BYTES_PER_ELEMENT
    const start = bytes.byteOffset + begin
    const data =
      start % View.BYTES_PER_ELEMENT === 0
        ? new View(bytes.buffer as ArrayBuffer, start, count)
        : new View(Uint8Array.from(bytes.subarray(begin, end)).buffer, 0, count)
    tensors[name] = check(name, {
      shape,
      data,
      ...(axes.has(name) && { axes: axes.get(name)! }),
      ...(units.has(name) && { unit: units.get(name)! }),
    })
  }
  return tensors
}

function check(name: string, tensor: Tensor): Tensor {
  const { shape, data, axes } = tensor
  const count = shape.reduce((product, size) => product * size, 1)
  if (name === '__metadata__')
    throw new Error('A tensor cannot be named "__metadata__": the format keeps that name.')
  if (count !== data.length) {
    throw new Error(
      `Tensor "${name}" of shape [${shape.join(', ')}] needs ${count} values but has ${data.length}.`,
    )
  }
  if (axes && axes.length !== shape.length) {
    throw new Error(
      `Tensor "${name}" has ${shape.length} dimensions but names ${axes.length} axes: ${axes.join(', ')}.`,
    )
  }
  return tensor
}

function elementType(name: string, data: TypedArray): ElementType {
  for (const [type, View] of Object.entries(arrays)) if (data instanceof View) return type as ElementType
  throw new Error(
    `Tensor "${name}" is not one of ${Object.values(arrays)
      .map((View) => View.name)
      .join(', ')}.`,
  )
}
