/**
 * A checkpoint's network at work on minibatches of training examples: down to the layer whose landscape is
 * drawn.
 */
import { displacements, landscape } from '../../../experiments/landscape/landscape.ts'
import {
  type HiddenLayer,
  layersFrom,
  type Minibatch,
  type Move,
  transpose,
} from '../../../experiments/landscape/layers.ts'
import {
  backward,
  descend,
  nextPreactivations,
  type UnitPass,
} from '../../../experiments/landscape/one-pass.ts'
import { mask } from '../../../experiments/network.ts'
import type { BatchNormPlacement } from '../../../experiments/protocol.ts'
import {
  lengthen,
  type QuantizedNetwork,
  type Statistics,
  someUnits,
} from '../../../experiments/quantized.ts'
import { examplesAtOnce, type MaskName, type PartName, partFrom } from '../../../experiments/streams.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { positionsOf } from './examples.ts'
import type { LabState, Layer, Parameter } from './state.ts'
import type { StudiedCondition, Study } from './study.ts'

/** A message for the reader: what was asked cannot be measured, and why. */
export class Unmeasurable extends Error {
  override readonly name = 'Unmeasurable'
}

type Floats = Minibatch['preactivations']

/** The layers from hidden layer 1 on: small enough to be loaded at once. */
export class Lower {
  /** 1 for each training example whose target the exact network exceeds in evaluation mode, else 0. */
  readonly above: ArrayLike<number>
  readonly #parameters: Tensors
  readonly #batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number }

  constructor(
    { above, ...parameters }: Tensors,
    batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number },
  ) {
    this.above = above.data
    // Only asked whether it is there.
    this.#parameters = { ...parameters, 'hidden1.weight': { shape: [0], data: new Float32Array(0) } }
    this.#batchNorm = batchNorm
  }

  layers(first: 1 | 2, statistics: Statistics): HiddenLayer[] {
    return layersFrom(this.#parameters as Floating, first, this.#batchNorm, statistics)
  }
}

/** What `layersFrom` reads are float32; only `above` is not. */
type Floating = { readonly [name: string]: { readonly data: Float32Array } }

/** What a hidden layer gets of every training example: its pre-activations, in 16 bits. */
export class Arrivals {
  /**
   * Largest error of an output that this rounding causes, over all training examples; only where that is
   * known.
   */
  readonly rounding: number | undefined
  readonly #shortened: Tensors

  constructor({ rounding, ...shortened }: Tensors) {
    this.rounding = rounding?.data[0]
    this.#shortened = shortened
  }

  /** Of these examples, [unit, example]. */
  of(places: Int32Array): Float64Array {
    return lengthen(this.#shortened, places)
  }
}

/** A minibatch on its way through the network. */
export interface Seen {
  readonly places: Int32Array
  readonly statistics: Statistics
  /** Without them nothing is dropped. */
  readonly masks: MaskName | undefined
  /** The hidden layer that the minibatch has come to, and the minibatch as that layer sees it. */
  readonly at: Layer
  readonly minibatch: Minibatch
}

/**
 * The chosen layer and those below it, the minibatch as the layer sees it, and the two parameters to move.
 */
export interface View {
  readonly layers: readonly HiddenLayer[]
  readonly minibatch: Minibatch
  readonly moves: readonly [Move, Move]
}

/** What a minibatch says at one place of the parameters. */
export interface Probe {
  readonly cost: number
  readonly residuals: Floats
  /** The gradient with respect to the two parameters. */
  readonly gradient: readonly [x: number, y: number]
  /** What each example adds to it, [example, 2], if both are biases or weights. */
  readonly contributions: Float64Array
  /** The gradients of all units of the layer. */
  readonly units: readonly UnitPass[]
}

/** The whole network, and the one-hot inputs of the training examples, [example, position]. */
export interface Whole {
  readonly network: QuantizedNetwork
  readonly inputs: Uint16Array
}

/** The largest minibatch whose hidden layer 0 is held in memory as a whole. */
export const largestWhole = 512

export class Checkpoint {
  readonly #study: Study
  readonly #condition: StudiedCondition
  readonly #targets: Float64Array
  readonly #lower: Lower
  readonly #whole: Whole | undefined

  /**
   * @param targets of the training examples
   * @param whole needed for hidden layer 0, for weights into hidden layer 1, and to bring minibatches to it
   */
  constructor(study: Study, condition: StudiedCondition, targets: Float64Array, lower: Lower, whole?: Whole) {
    this.#study = study
    this.#condition = condition
    this.#targets = targets
    this.#lower = lower
    this.#whole = whole
  }

  /** A minibatch whose pre-activations at a hidden layer are known, [unit, example]. */
  arrived(
    places: Int32Array,
    at: Layer,
    preactivations: Floats,
    statistics: Statistics,
    masks: MaskName | undefined,
  ): Seen {
    const { length: size } = places
    const targets = Float64Array.from(places, (place) => this.#targets[place])
    return {
      places,
      statistics,
      masks,
      at,
      minibatch: { size, preactivations, targets, masks: masks && this.#masks(size, at, masks) },
    }
  }

  /** Takes a minibatch through the whole network down to hidden layer 1, yielding the fraction done. */
  *see(places: Int32Array, statistics: Statistics, masks: MaskName | undefined): Generator<number, Seen> {
    const rows = this.#rows(places)
    const preactivations = yield* this.#second(rows, places.length, statistics, masks)
    return this.arrived(places, 1, preactivations, statistics, masks)
  }

  *#second(
    rows: Uint16Array,
    size: number,
    statistics: Statistics,
    masks: MaskName | undefined,
  ): Generator<number, Float64Array> {
    const { network } = this.#needed()
    if (this.#condition.batchNorm && statistics === 'minibatch')
      return yield* network.second(rows, size, statistics, masks && this.#mask(size, 0, masks))
    const positions = positionsOf(this.#study)
    const units = this.#study.protocol.hidden[1]
    const all = new Float64Array(units * size)
    for (let from = 0; from < size; from += examplesAtOnce) {
      const count = Math.min(examplesAtOnce, size - from)
      const first = masks && this.#mask(count, 0, size > examplesAtOnce ? partFrom(masks, from) : masks)
      const part = rows.subarray(from * positions, (from + count) * positions)
      const steps = network.second(part, count, statistics, first)
      let step = steps.next()
      for (; !step.done; step = steps.next()) yield (from + step.value * count) / size
      for (let unit = 0; unit < units; unit++)
        all.set(step.value.subarray(unit * count, (unit + 1) * count), unit * size + from)
    }
    return all
  }

  /** The chosen layer as a minibatch sees it that has come to it or to the one above. */
  view(seen: Seen, layer: Layer, parameters: readonly [Parameter, Parameter]): View {
    const [p, q] = parameters
    return {
      layers: this.#layers(layer, seen.statistics),
      minibatch: this.#minibatch(seen, layer),
      moves: [
        { kind: p.kind, unit: p.unit, inputs: this.#inputs(seen, layer, p) },
        { kind: q.kind, unit: q.unit, inputs: this.#inputs(seen, layer, q) },
      ],
    }
  }

  /**
   * The landscape with dropout masks of its own at every grid point, [y, x, 2]: after every few points the
   * field as far as it is known, the coarse grid first, NaN elsewhere. `masksAt` names the masks of a point
   * by its place in the grid.
   */
  *fresh(
    places: Int32Array,
    layer: 1 | 2,
    { parameters, grid }: Pick<LabState, 'parameters' | 'grid'>,
    masksAt: (point: number) => MaskName,
  ): Generator<Float64Array, Float64Array> {
    const [x, y] = [displacements(grid.x), displacements(grid.y)]
    const field = new Float64Array(2 * x.length * y.length).fill(Number.NaN)
    const redrawn = this.redrawn(places)
    for (const [done, point] of coarseFirst(x.length, y.length).entries()) {
      const { layers, minibatch, moves } = this.view(redrawn(masksAt(point)), layer, parameters)
      const [column, row] = [point % x.length, Math.floor(point / x.length)]
      field.set(landscape(layers, minibatch, moves, [x[column]], [y[row]]), 2 * point)
      if (done % 8 === 7) yield field
    }
    return field
  }

  /** Brings a minibatch to hidden layer 1 with other masks, time and again. */
  redrawn(places: Int32Array): (masks: MaskName) => Seen {
    const { length: size } = places
    const [first] = this.#needed().network.layers(0, 'minibatch')
    const kept = transpose(this.first(places), first.units, size).map((value) => Math.max(0, value))
    return (masks) => {
      const activations = this.#mask(size, 0, masks).map((factor, at) => factor * kept[at])
      const products = sparseProducts(activations, first, size)
      return this.arrived(places, 1, transpose(products, size, first.bias.length), 'minibatch', masks)
    }
  }

  #layers(first: Layer, statistics: Statistics): HiddenLayer[] {
    return first === 0 ? this.#needed().network.layers(0, statistics) : this.#lower.layers(first, statistics)
  }

  #minibatch({ at, minibatch, statistics }: Seen, layer: Layer): Minibatch {
    if (layer === at) return minibatch
    if (layer === 2 && at === 1) return descend(this.#lower.layers(1, statistics), minibatch)[1]
    throw new Error(`A minibatch at hidden layer ${at} cannot be looked at from hidden layer ${layer}.`)
  }

  /**
   * Pre-activations of hidden layer 0, [unit, example].
   *
   * @throws Unmeasurable when they are too many to be held
   */
  first(places: Int32Array): Float64Array {
    const { length: size } = places
    if (size > largestWhole)
      throw new Unmeasurable(
        `Hidden layer 0 has so many units that they can be held for at most ${largestWhole} examples; this minibatch has ${size}.`,
      )
    return this.#needed().network.first(this.#rows(places), size)
  }

  /** What a weight multiplies, [example]. */
  #inputs(seen: Seen, layer: Layer, { kind, input }: Parameter): Floats | undefined {
    if (kind !== 'weight' || input === undefined) return undefined
    const { statistics, masks, minibatch, places } = seen
    const { size } = minibatch
    if (layer === 0) {
      const { inputs } = this.#needed()
      const positions = positionsOf(this.#study)
      return Float64Array.from(places, (place) =>
        inputs.subarray(place * positions, (place + 1) * positions).includes(input) ? 1 : 0,
      )
    }
    const above = this.#layers(layer === 1 ? 0 : 1, statistics)[0]
    const column = (values: Floats) => values.subarray(input * size, (input + 1) * size)
    const preactivations =
      layer === 1
        ? this.#needed().network.first(this.#rows(places), size, input, input + 1)
        : column(minibatch.preactivations)
    const dropped = masks && this.#masks(size, layer - 1, masks)[0]
    // The activations of one unit are what it adds through a weight of 1.
    const unit = {
      ...someUnits(above, input, input + 1, false),
      weight: Float64Array.of(1),
      bias: Float64Array.of(0),
    }
    return nextPreactivations(unit, { ...minibatch, preactivations, masks: dropped && [column(dropped)] })[0]
  }

  #rows(places: Int32Array): Uint16Array {
    const { network, inputs } = this.#needed()
    const positions = positionsOf(this.#study)
    const rows = new Uint16Array(places.length * positions)
    places.forEach((place, n) => {
      for (let p = 0; p < positions; p++)
        rows[n * positions + p] = network.rowOf[inputs[place * positions + p]]
    })
    return rows
  }

  #needed(): Whole {
    if (!this.#whole) throw new Error('The whole network is needed here, and was not loaded.')
    return this.#whole
  }

  /** The masks of hidden layers `from`, ..., [unit, example]. */
  #masks(size: number, from: number, name: MaskName): Floats[] {
    return [0, 1, 2]
      .slice(from)
      .map((layer) => transpose(this.#mask(size, layer, name), size, this.#study.protocol.hidden[layer]))
  }

  #mask(size: number, layer: number, name: MaskName | PartName): Float32Array {
    return mask(this.#study.protocol, this.#condition, size, layer, name)!
  }
}

/** The same view after the two parameters have been moved by so much. */
export function displaced({ layers, minibatch, moves }: View, by: readonly [number, number]): View {
  const [layer, ...below] = layers
  const preactivations = minibatch.preactivations.slice()
  const { size } = minibatch
  const gamma = layer.batchNorm?.gamma.slice()
  const beta = layer.batchNorm?.beta.slice()
  moves.forEach(({ kind, unit, inputs }, axis) => {
    if (kind === 'gamma') gamma![unit] += by[axis]
    else if (kind === 'beta') beta![unit] += by[axis]
    else for (let n = 0; n < size; n++) preactivations[unit * size + n] += by[axis] * (inputs ? inputs[n] : 1)
  })
  return {
    layers: [
      { ...layer, batchNorm: layer.batchNorm && { ...layer.batchNorm, gamma: gamma!, beta: beta! } },
      ...below,
    ],
    minibatch: { ...minibatch, preactivations },
    moves,
  }
}

/** What the minibatch says at the parameters as they are in this view. */
export function probe({ layers, minibatch, moves }: View): Probe {
  const { cost, residuals, layers: passes } = backward(layers, minibatch)
  const contributions = new Float64Array(2 * minibatch.size)
  const gradient = moves.map(({ kind, unit, inputs }, axis) => {
    const pass = passes[0][unit]
    let sum = 0
    for (let n = 0; n < minibatch.size; n++) {
      const part = pass.gradient[n] * (inputs ? inputs[n] : 1)
      contributions[2 * n + axis] = part
      sum += part
    }
    return kind === 'gamma' || kind === 'beta' ? pass[kind] : sum
  })
  return { cost, residuals, gradient: [gradient[0], gradient[1]], contributions, units: passes[0] }
}

/** Indices of grid points, row by row, sorted so that coarser grids about the centre come first. */
export function coarseFirst(columns: number, rows: number): number[] {
  const coarseness = (index: number, length: number) => {
    const distance = Math.abs(index - (length - 1) / 2)
    return distance === 0 ? 4 : [4, 2, 1].find((step) => distance % step === 0)!
  }
  const order = (point: number) =>
    Math.min(coarseness(point % columns, columns), coarseness(Math.floor(point / columns), rows))
  return Array.from({ length: columns * rows }, (_, point) => point).sort(
    (p, q) => order(q) - order(p) || p - q,
  )
}

/**
 * Activations [example, unit], many of them zero, times the layer's weights plus the next biases: [example,
 * next unit].
 */
function sparseProducts(
  activations: Float32Array,
  { units, weight, bias }: HiddenLayer,
  size: number,
): Float64Array {
  const next = bias.length
  const products = new Float64Array(size * next)
  for (let n = 0; n < size; n++) {
    const sums = products.subarray(n * next, (n + 1) * next)
    sums.set(bias)
    for (let unit = 0; unit < units; unit++) {
      const activation = activations[n * units + unit]
      if (activation === 0) continue
      for (let k = 0, at = unit * next; k < next; k++, at++) sums[k] += activation * weight[at]
    }
  }
  return products
}
