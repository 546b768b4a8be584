/** A checkpoint's network at work on minibatches of training examples: down to the layer whose landscape is drawn, and the landscape. */
import {
  backward,
  descend,
  displacements,
  type HiddenLayer,
  landscape,
  type Minibatch,
  type Move,
  nextPreactivations,
  transpose,
  type UnitPass,
} from '../../../experiments/landscape.ts'
import { mask } from '../../../experiments/network.ts'
import { QuantizedNetwork, type Statistics, someUnits } from '../../../experiments/quantized.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import type { TrainingExamples } from './examples.ts'
import { inputsOf, type LabState, type Layer, type Parameter } from './state.ts'
import type { StudiedCondition, Study } from './study.ts'

type Floats = Minibatch['preactivations']

/** Names the dropout masks of a minibatch; see `mask`. */
export type MaskName = readonly (string | number)[]

/** A minibatch on its way through the network. */
export interface Seen {
  readonly places: Int32Array
  /** The rows of each example's ones, [example, position]. */
  readonly rows: Uint16Array
  readonly statistics: Statistics
  /** Without them nothing is dropped. */
  readonly masks?: MaskName
  /** As hidden layer 1 sees it. */
  readonly second: Minibatch
}

/** The chosen layer and those below it, the minibatch as the layer sees it, and the two parameters to move. */
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

/** Examples passed through hidden layer 0 at once where they do not depend on each other; as in the build, so that dropout masks are the same. */
const chunk = 400

/** The largest minibatch whose hidden layer 0 is held in memory as a whole. */
export const largestWhole = 512

export class Checkpoint {
  /** What the exact network predicts for the training examples in evaluation mode. */
  readonly outputs: Float32Array
  readonly #study: Study
  readonly #condition: StudiedCondition
  readonly #examples: TrainingExamples
  readonly #network: QuantizedNetwork

  constructor(tensors: Tensors, condition: StudiedCondition, examples: TrainingExamples, study: Study) {
    const { outputs, ...parameters } = tensors
    this.outputs = outputs.data as Float32Array
    this.#study = study
    this.#condition = condition
    this.#examples = examples
    this.#network = new QuantizedNetwork(parameters, inputsOf(study, 0), {
      placement: condition.batchNorm,
      epsilon: study.epsilon,
    })
  }

  /**
   * Takes a minibatch down to hidden layer 1, yielding the fraction done.
   *
   * @param exact the pre-activations of hidden layer 1 if they are known, [unit, example]
   */
  *see(
    places: Int32Array,
    statistics: Statistics,
    masks: MaskName | undefined,
    exact?: Float64Array,
  ): Generator<number, Seen> {
    const { positions, inputs, targets } = this.#examples
    const rows = new Uint16Array(places.length * positions)
    places.forEach((place, n) => {
      for (let p = 0; p < positions; p++)
        rows[n * positions + p] = this.#network.rowOf[inputs[place * positions + p]]
    })
    return {
      places,
      rows,
      statistics,
      masks,
      second: {
        size: places.length,
        preactivations: exact ?? (yield* this.#second(rows, places.length, statistics, masks)),
        targets: Float64Array.from(places, (place) => targets[place]),
        masks: masks && this.#masks(places.length, 1, masks),
      },
    }
  }

  *#second(
    rows: Uint16Array,
    size: number,
    statistics: Statistics,
    masks: MaskName | undefined,
  ): Generator<number, Float64Array> {
    if (this.#condition.batchNorm && statistics === 'minibatch')
      return yield* this.#network.second(rows, size, statistics, masks && this.#mask(size, 0, masks))
    const { positions } = this.#examples
    const units = this.#study.protocol.hidden[1]
    const all = new Float64Array(units * size)
    for (let from = 0; from < size; from += chunk) {
      const count = Math.min(chunk, size - from)
      const first = masks && this.#mask(count, 0, size > chunk ? [...masks, from] : masks)
      const steps = this.#network.second(
        rows.subarray(from * positions, (from + count) * positions),
        count,
        statistics,
        first,
      )
      let step = steps.next()
      for (; !step.done; step = steps.next()) yield (from + step.value * count) / size
      for (let unit = 0; unit < units; unit++)
        all.set(step.value.subarray(unit * count, (unit + 1) * count), unit * size + from)
    }
    return all
  }

  /** @throws RangeError if hidden layer 0 is asked for and the minibatch is too large to hold it */
  view(seen: Seen, layer: Layer, parameters: readonly [Parameter, Parameter]): View {
    const [p, q] = parameters
    return {
      layers: this.#network.layers(layer, seen.statistics),
      minibatch: this.#minibatch(seen, layer),
      moves: [
        { kind: p.kind, unit: p.unit, inputs: this.#inputs(seen, layer, p) },
        { kind: q.kind, unit: q.unit, inputs: this.#inputs(seen, layer, q) },
      ],
    }
  }

  /**
   * The landscape with dropout masks of its own at every grid point, [y, x, 2]: after every few points the field as far as it is known, the coarse grid first, NaN
   * elsewhere. The masks of a point are named by `masks` and its place in the grid.
   */
  *fresh(
    seen: Seen,
    layer: 1 | 2,
    { parameters, moved, grid }: Pick<LabState, 'parameters' | 'moved' | 'grid'>,
    masks: MaskName,
  ): Generator<Float64Array, Float64Array> {
    const { places, rows, second } = seen
    const { size } = second
    const [x, y] = [displacements(grid.x), displacements(grid.y)]
    const [first] = this.#network.layers(0, 'minibatch')
    const next = first.bias.length
    const kept = transpose(this.#first(seen), first.units, size).map((value) => Math.max(0, value))
    const field = new Float64Array(2 * x.length * y.length).fill(Number.NaN)
    const points = coarseFirst(x.length, y.length)
    for (const [done, point] of points.entries()) {
      const name = [...masks, point]
      const activations = this.#mask(size, 0, name).map((factor, at) => factor * kept[at])
      const here: Seen = {
        places,
        rows,
        statistics: 'minibatch',
        masks: name,
        second: {
          ...second,
          preactivations: transpose(sparseProducts(activations, first, size), size, next),
          masks: this.#masks(size, 1, name),
        },
      }
      const { layers, minibatch, moves } = displaced(this.view(here, layer, parameters), moved)
      const arrow = landscape(
        layers,
        minibatch,
        moves,
        [x[point % x.length]],
        [y[Math.floor(point / x.length)]],
      )
      field.set(arrow, 2 * point)
      if (done % 8 === 7) yield field
    }
    return field
  }

  #minibatch(seen: Seen, layer: Layer): Minibatch {
    const { second, statistics, masks } = seen
    if (layer === 0)
      return {
        ...second,
        preactivations: this.#first(seen),
        masks: masks && this.#masks(second.size, 0, masks),
      }
    return layer === 1 ? second : descend(this.#network.layers(1, statistics), second)[1]
  }

  #first({ rows, second: { size } }: Seen): Float64Array {
    if (size > largestWhole)
      throw new RangeError(
        `All units of hidden layer 0 can be held for at most ${largestWhole} examples; this minibatch has ${size}.`,
      )
    return this.#network.first(rows, size)
  }

  /** What a weight multiplies, [example]. */
  #inputs(seen: Seen, layer: Layer, { kind, input }: Parameter): Floats | undefined {
    if (kind !== 'weight' || input === undefined) return undefined
    const { rows, statistics, masks, second } = seen
    const { size } = second
    if (layer === 0) {
      const row = this.#network.rowOf[input]
      const { positions } = this.#examples
      return Float64Array.from({ length: size }, (_, n) =>
        row >= 0 && rows.subarray(n * positions, (n + 1) * positions).includes(row) ? 1 : 0,
      )
    }
    const above = this.#network.layers(layer - 1, statistics)[0]
    const column = (values: Floats) => values.subarray(input * size, (input + 1) * size)
    const preactivations =
      layer === 1 ? this.#network.first(rows, size, input, input + 1) : column(second.preactivations)
    const dropped = masks && this.#masks(size, layer - 1, masks)[0]
    // The activations of one unit are what it adds through a weight of 1.
    const unit = {
      ...someUnits(above, input, input + 1, false),
      weight: Float64Array.of(1),
      bias: Float64Array.of(0),
    }
    return nextPreactivations(unit, { ...second, preactivations, masks: dropped && [column(dropped)] })[0]
  }

  /** The masks of hidden layers `from`, ..., [unit, example]. */
  #masks(size: number, from: number, name: MaskName): Floats[] {
    return [0, 1, 2]
      .slice(from)
      .map((layer) => transpose(this.#mask(size, layer, name), size, this.#study.protocol.hidden[layer]))
  }

  #mask(size: number, layer: number, name: MaskName): Float32Array {
    return mask(this.#study.protocol, this.#condition, size, layer, ...name)!
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

/** Activations [example, unit], many of them zero, times the layer's weights plus the next biases: [example, next unit]. */
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
