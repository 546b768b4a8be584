import type { Floats, HiddenLayer, Minibatch, Precision } from './layers.ts'
import { type ArrayOf, arrays, columnOf, Unit } from './unit.ts'

/** What one pass says of a hidden unit. */
export interface UnitPass {
  /** Whether the unit's ReLU is open for at least one example. */
  readonly active: boolean
  /**
   * Gradients of the cost with respect to the unit's bias, gamma and beta (0 without batch normalization).
   */
  readonly bias: number
  readonly gamma: number
  readonly beta: number
  /** Gradient of the cost with respect to the unit's pre-activation, by example. */
  readonly gradient: Floats
}

/**
 * One forward and backward pass from the pre-activations of `layers[0]`: the mean absolute error, the
 * residuals output - target, and each unit of each layer.
 */
export function backward(
  layers: readonly HiddenLayer[],
  minibatch: Minibatch,
  precision: Precision = 'float64',
): { readonly cost: number; readonly residuals: Floats; readonly layers: readonly (readonly UnitPass[])[] } {
  const tail = new Tail(layers, minibatch, arrays[precision])
  tail.preactivations.forEach((column, unit) => {
    column.set(columnOf(minibatch.preactivations, unit, minibatch.size))
  })
  tail.run()
  return {
    cost: meanAbsolute(tail.residuals),
    residuals: tail.residuals,
    layers: tail.layers.map((units) =>
      units.map((unit) => ({
        active: unit.open,
        bias: unit.total(unit.gradient),
        gamma: unit.gammaGradient,
        beta: unit.betaGradient,
        gradient: unit.gradient,
      })),
    ),
  }
}

/** The minibatch as each of the layers sees it, that of `layers[0]` given. */
export function descend(
  layers: readonly HiddenLayer[],
  minibatch: Minibatch,
  precision: Precision = 'float64',
): Minibatch[] {
  const seen = [minibatch]
  for (const layer of layers.slice(0, -1)) {
    const above = seen[seen.length - 1]
    const columns = nextPreactivations(layer, above, { precision })
    const preactivations = new arrays[precision](columns.length * above.size)
    columns.forEach((column, unit) => {
      preactivations.set(column, unit * above.size)
    })
    seen.push({ ...above, preactivations, masks: above.masks?.slice(1) })
  }
  return seen
}

/**
 * Pre-activations of the layer after `layer`, [next unit][example], without what the units in `without` add.
 */
export function nextPreactivations(
  layer: HiddenLayer,
  { size, preactivations, masks }: Minibatch,
  { without = [], precision = 'float64' }: { without?: readonly number[]; precision?: Precision } = {},
): Floats[] {
  const array = arrays[precision]
  const next = layer.bias.length
  const unit = new Unit(layer, 0, size, masks?.[0], array)
  const activations = new array(layer.units * size)
  for (let index = 0; index < layer.units; index++) {
    if (without.includes(index)) continue
    unit.index = index
    unit.z.set(columnOf(preactivations, index, size))
    unit.forward()
    activations.set(unit.out, index * size)
  }
  // Example by example, because most activations are 0 and add nothing.
  const columns = Array.from({ length: next }, () => new array(size))
  const sums = new array(next)
  for (let n = 0; n < size; n++) {
    sums.set(layer.bias)
    for (let index = 0; index < layer.units; index++) {
      const activation = activations[index * size + n]
      if (activation === 0) continue
      for (let k = 0; k < next; k++) sums[k] += layer.weight[index * next + k] * activation
    }
    for (let k = 0; k < next; k++) columns[k][n] = sums[k]
  }
  return columns
}

/** The layers below the moved one, down to the cost and back up. */
export class Tail {
  /**
   * Where to put the pre-activations of the first of the layers, [unit][example]; of the output if there is
   * no layer.
   */
  readonly preactivations: readonly Floats[]
  readonly layers: readonly (readonly Unit[])[]
  readonly residuals: Floats
  readonly #biases: readonly Floats[]
  readonly #output: Floats
  readonly #outputGradient: Floats
  readonly #targets: Floats

  constructor(layers: readonly HiddenLayer[], { size, targets, masks }: Minibatch, array: ArrayOf) {
    const firstMask = (masks?.length ?? 0) - layers.length
    this.layers = layers.map((layer, l) =>
      Array.from(
        { length: layer.units },
        (_, index) => new Unit(layer, index, size, masks?.[firstMask + l], array),
      ),
    )
    this.#biases = layers.map(({ bias }) => new array(bias))
    this.#targets = targets
    this.#output = new array(size)
    this.#outputGradient = new array(size)
    this.residuals = new array(size)
    this.preactivations = this.layers[0]?.map((unit) => unit.z) ?? [this.#output]
  }

  /**
   * Runs `preactivations` to the cost and back; returns the gradient with respect to them, [unit][example].
   */
  run(): readonly Floats[] {
    const { layers, residuals } = this
    layers.forEach((units, l) => {
      const next = layers[l + 1]?.map((unit) => unit.z) ?? [this.#output]
      for (let k = 0; k < next.length; k++) next[k].fill(this.#biases[l][k])
      for (const unit of units) {
        unit.forward()
        unit.addTo(next)
      }
    })
    for (let n = 0; n < residuals.length; n++) {
      residuals[n] = this.#output[n] - this.#targets[n]
      this.#outputGradient[n] = Math.sign(residuals[n]) / residuals.length
    }
    let gradient: readonly Floats[] = [this.#outputGradient]
    for (let l = layers.length - 1; l >= 0; l--) {
      for (const unit of layers[l]) unit.pullBack(gradient)
      gradient = layers[l].map((unit) => unit.gradient)
    }
    return gradient
  }
}

function meanAbsolute(values: Floats): number {
  let total = 0
  for (let n = 0; n < values.length; n++) total += Math.abs(values[n])
  return total / values.length
}
