/**
 * A trained network small enough to be sent to a reader, and its pass down to the layer whose landscape is
 * drawn. The two large weight matrices are 8-bit integers with a scale for each unit; of the first one only
 * the rows of inputs that occur are kept. Everything else stays as it was. Runs in the reader's browser.
 */

import type { Tensor, Tensors } from '../pipeline/stage.ts'
import { type HiddenLayer, layersFrom, type Minibatch } from './landscape/layers.ts'
import { nextPreactivations } from './landscape/one-pass.ts'
import type { Parameters } from './network.ts'
import type { BatchNormPlacement } from './protocol.ts'

/**
 * The parameters with the rows `inputs` of `hidden0.weight`: `hidden0.weight` int8 [unit, row] and
 * `hidden1.weight` int8 [input unit, unit], each with its `.scale` [unit] or [input unit]: weight = scale x
 * integer. A weight is off by at most half its unit's scale, which is 1/254 of the unit's largest weight.
 */
export function quantize(parameters: Parameters, inputs: Int32Array): Tensors {
  const { 'hidden0.weight': first, 'hidden1.weight': second, ...rest } = parameters
  const units = first.shape[1]
  const byUnit = new Float32Array(units * inputs.length)
  inputs.forEach((input, row) => {
    for (let unit = 0; unit < units; unit++)
      byUnit[unit * inputs.length + row] = first.data[input * units + unit]
  })
  return {
    inputs: { shape: [inputs.length], data: Uint16Array.from(inputs), axes: ['row'] },
    ...rounded('hidden0.weight', { shape: [units, inputs.length], data: byUnit, axes: ['unit', 'row'] }),
    ...rounded('hidden1.weight', { ...second, axes: ['input unit', 'unit'] }),
    ...rest,
  }
}

function rounded(name: string, { shape, data, axes }: Tensor<Float32Array>): Tensors {
  const [rows, width] = shape
  const integers = new Int8Array(data.length)
  const scale = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * width, (row + 1) * width)
    scale[row] = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127
    if (scale[row] === 0) continue
    for (let k = 0; k < width; k++) integers[row * width + k] = Math.round(values[k] / scale[row])
  }
  return {
    [name]: { shape, data: integers, ...(axes && { axes }) },
    [`${name}.scale`]: { shape: [rows], data: scale },
  }
}

/**
 * Pre-activations [unit, example] in 16 bits: `preactivations` int16 and `scale` [unit], value = scale x
 * integer. A value is off by at most half its unit's scale, which is 1/65534 of the unit's largest value.
 */
export function shorten(values: Float64Array | Float32Array, units: number): Tensors {
  const count = values.length / units
  const integers = new Int16Array(values.length)
  const scale = new Float32Array(units)
  for (let unit = 0; unit < units; unit++) {
    const column = values.subarray(unit * count, (unit + 1) * count)
    let most = 0
    for (let n = 0; n < count; n++) most = Math.max(most, Math.abs(column[n]))
    scale[unit] = most / 32767
    if (scale[unit] === 0) continue
    for (let n = 0; n < count; n++)
      integers[unit * count + n] = Math.max(-32767, Math.min(32767, Math.round(column[n] / scale[unit])))
  }
  return {
    preactivations: { shape: [units, count], data: integers, axes: ['unit', 'example'] },
    scale: { shape: [units], data: scale, axes: ['unit'] },
  }
}

/** The values that shortened pre-activations stand for, of these examples or of all, [unit, example]. */
export function lengthen({ preactivations, scale }: Tensors, places?: Int32Array): Float64Array {
  const [units, count] = preactivations.shape
  const size = places?.length ?? count
  const values = new Float64Array(units * size)
  for (let unit = 0, at = 0; unit < units; unit++) {
    for (let n = 0; n < size; n++, at++)
      values[at] = preactivations.data[unit * count + (places ? places[n] : n)] * scale.data[unit]
  }
  return values
}

/**
 * Which statistics batch normalization uses: those of the minibatch (training) or the running ones
 * (evaluation).
 */
export type Statistics = 'minibatch' | 'running'

/** Units of hidden layer 0 that are held in memory at once for all examples. */
const unitsAtOnce = 100

/** A network as `quantize` made it. */
export class QuantizedNetwork {
  /** Input -> row, or -1 for an input that never occurs. */
  readonly rowOf: Int16Array
  /** The parameters below hidden layer 0, as `layersFrom` reads them. */
  readonly #parameters: Parameters
  readonly #integers: Int8Array
  readonly #scale: Float32Array
  readonly #batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number }

  constructor(
    tensors: Tensors,
    inputs: number,
    batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number },
  ) {
    const { inputs: rows, 'hidden0.weight': first, 'hidden1.weight': second, ...rest } = tensors
    this.rowOf = new Int16Array(inputs).fill(-1)
    for (const [row, input] of rows.data.entries()) this.rowOf[input] = row
    this.#integers = first.data as Int8Array
    this.#scale = tensors['hidden0.weight.scale'].data as Float32Array
    const scale = tensors['hidden1.weight.scale'].data
    const width = second.shape[1]
    const weight = Float32Array.from(second.data, (value, at) => value * scale[Math.floor(at / width)])
    this.#parameters = {
      ...(rest as Parameters),
      // Only asked whether it is there.
      'hidden0.weight': { shape: [0], data: new Float32Array(0) },
      'hidden1.weight': { shape: second.shape, data: weight },
    }
    this.#batchNorm = batchNorm
  }

  /** The hidden layers from `first` on. */
  layers(first: number, statistics: Statistics): HiddenLayer[] {
    return layersFrom(this.#parameters, first, this.#batchNorm, statistics)
  }

  /**
   * Pre-activations of units `from`..`to` - 1 of hidden layer 0, [unit, example].
   *
   * @param rows the rows of each example's ones, [example, position]
   */
  first(rows: Uint16Array, size: number, from = 0, to = this.#scale.length): Float64Array {
    const positions = rows.length / size
    const width = this.#integers.length / this.#scale.length
    const bias = this.#parameters['hidden0.bias'].data
    const sums = new Float64Array((to - from) * size)
    for (let unit = from; unit < to; unit++) {
      const weights = this.#integers.subarray(unit * width, (unit + 1) * width)
      for (let n = 0; n < size; n++) {
        let sum = 0
        for (let p = n * positions; p < (n + 1) * positions; p++) sum += weights[rows[p]]
        sums[(unit - from) * size + n] = sum * this.#scale[unit] + bias[unit]
      }
    }
    return sums
  }

  /**
   * Pre-activations of hidden layer 1, [unit, example]: some units of hidden layer 0 at a time, yielding the
   * fraction done after each.
   *
   * @param mask inverted dropout mask of hidden layer 0, [example, unit]; without it nothing is dropped
   */
  *second(
    rows: Uint16Array,
    size: number,
    statistics: Statistics,
    mask?: Float32Array,
  ): Generator<number, Float64Array> {
    const [layer] = this.layers(0, statistics)
    const next = layer.bias.length
    const sums = new Float64Array(next * size)
    for (let from = 0; from < layer.units; from += unitsAtOnce) {
      const to = Math.min(layer.units, from + unitsAtOnce)
      const minibatch: Minibatch = {
        size,
        preactivations: this.first(rows, size, from, to),
        targets: new Float64Array(0),
        masks: mask && [maskOf(mask, size, layer.units, from, to)],
      }
      const part = someUnits(layer, from, to, from === 0)
      nextPreactivations(part, minibatch).forEach((column, k) => {
        for (let n = 0; n < size; n++) sums[k * size + n] += column[n]
      })
      yield to / layer.units
    }
    return sums
  }
}

/**
 * Units `from`..`to` - 1 of a layer as a layer of their own; what they add up to has the next layer's bias
 * only if asked.
 */
export function someUnits(layer: HiddenLayer, from: number, to: number, withBias: boolean): HiddenLayer {
  const { batchNorm, weight, bias } = layer
  const next = bias.length
  const cut = (values: Float32Array | Float64Array) => values.subarray(from, to)
  return {
    units: to - from,
    weight: weight.subarray(from * next, to * next),
    bias: withBias ? bias : new Float32Array(next),
    batchNorm: batchNorm && {
      ...batchNorm,
      gamma: cut(batchNorm.gamma),
      beta: cut(batchNorm.beta),
      running: batchNorm.running && {
        mean: cut(batchNorm.running.mean),
        variance: cut(batchNorm.running.variance),
      },
    },
  }
}

/** Columns `from`..`to` - 1 of a mask [example, unit], as [unit, example]. */
function maskOf(mask: Float32Array, size: number, units: number, from: number, to: number): Float32Array {
  const part = new Float32Array((to - from) * size)
  for (let unit = from; unit < to; unit++)
    for (let n = 0; n < size; n++) part[(unit - from) * size + n] = mask[n * units + unit]
  return part
}
