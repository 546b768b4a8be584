/**
 * The gradient landscape over two parameters of one hidden layer, exact: the gradient of the minibatch's L1
 * cost with respect to the two, at every point of a grid of values for them, all other parameters held. Plain
 * TypeScript without imports at run time, so that it also runs in the reader's browser.
 *
 * Moving two parameters of a layer changes the activations of at most two of its units and nothing upstream.
 * So the layer's pre-activations are taken as given; what the other units add to the next pre-activation is
 * summed once; a grid point only adds the two units' part and goes down to the output and back.
 *
 * Arrays are row-major [unit, example]: the examples of a unit are neighbours, which is what batch statistics
 * and the inner loops need.
 */

import type { ParameterKind } from './parameters.ts'
import type { BatchNormPlacement, GridAxis } from './protocol.ts'

type Floats = Float64Array | Float32Array

/**
 * Batch normalization of one layer. `running` statistics replace those of the minibatch in evaluation mode.
 */
export interface BatchNorm {
  readonly placement: BatchNormPlacement
  readonly gamma: Floats
  readonly beta: Floats
  readonly epsilon: number
  readonly running?: { readonly mean: Floats; readonly variance: Floats }
}

/**
 * A hidden layer from its pre-activations on: how they become activations, and the dense layer that reads
 * those.
 */
export interface HiddenLayer {
  readonly units: number
  readonly batchNorm?: BatchNorm
  /** Weights from this layer's units into the next layer, [units, next units]. */
  readonly weight: Floats
  /** Biases of the next layer, [next units]. */
  readonly bias: Floats
}

/**
 * How the hidden layers from `first` on use named parameters, in training mode, or in evaluation mode with
 * running statistics.
 */
export function layersFrom(
  parameters: { readonly [name: string]: { readonly data: Floats } },
  first: number,
  batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number },
  statistics: 'minibatch' | 'running' = 'minibatch',
): HiddenLayer[] {
  const layers: HiddenLayer[] = []
  for (let layer = first; parameters[`hidden${layer}.weight`]; layer++) {
    const name = `hidden${layer}`
    const next = parameters[`hidden${layer + 1}.weight`] ? `hidden${layer + 1}` : 'output'
    const data = (parameter: string) => parameters[`${name}.${parameter}`].data
    layers.push({
      units: data('bias').length,
      weight: parameters[`${next}.weight`].data,
      bias: parameters[`${next}.bias`].data,
      batchNorm: batchNorm.placement
        ? {
            placement: batchNorm.placement,
            epsilon: batchNorm.epsilon,
            gamma: data('gamma'),
            beta: data('beta'),
            running:
              statistics === 'running' ? { mean: data('mean'), variance: data('variance') } : undefined,
          }
        : undefined,
    })
  }
  return layers
}

/** A matrix [row, column] as [column, row]. */
export function transpose(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const transposed = new Float64Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) transposed[c * rows + r] = matrix[r * columns + c]
  return transposed
}

/** A minibatch as the moved layer, `layers[0]`, sees it. */
export interface Minibatch {
  readonly size: number
  /** Pre-activations of `layers[0]`, [unit, example]. */
  readonly preactivations: Floats
  /** Targets, [example]. */
  readonly targets: Floats
  /**
   * Inverted dropout masks of `layers[0]`, `layers[1]`, ...: [unit, example], 0 or 1 / (1 - p); absent
   * without dropout.
   */
  readonly masks?: readonly Floats[]
}

/**
 * One of the two parameters that are moved: the unit's bias, a weight into it (then `inputs` has the
 * activation that the weight multiplies, [example]), or its batch-normalization gamma or beta.
 */
export interface Move {
  readonly kind: ParameterKind
  readonly unit: number
  readonly inputs?: Floats
}

/** Arithmetic of the computation: every intermediate result is stored with this precision. */
export type Precision = 'float64' | 'float32'

/**
 * Displacements along an axis, `2 steps + 1` of them; the middle one is exactly 0 and they are exactly
 * symmetric.
 */
export function displacements({ steps, step }: GridAxis): Float64Array {
  return Float64Array.from({ length: 2 * steps + 1 }, (_, i) => (i - steps) * step)
}

/**
 * The gradient landscape, [y, x, 2]: at [j, i] the derivatives of the mean absolute error of the minibatch
 * with respect to moves[0] and moves[1], in cost per unit of the parameter, when moves[0] is displaced by
 * x[i] and moves[1] by y[j]. The derivative of |r| at 0 and of the ReLU at 0 is taken as 0. Source: the chain
 * rule; for batch normalization, Ioffe and Szegedy (2015), section 3.
 *
 * @throws RangeError if a moved unit is not in the layer, or a batch-normalization parameter is moved in a
 *   layer that has none.
 */
export function landscape(
  layers: readonly HiddenLayer[],
  minibatch: Minibatch,
  moves: readonly [Move, Move],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  precision: Precision = 'float64',
): Float64Array {
  const [layer, ...below] = layers
  for (const move of moves) check(layer, move)
  const linear =
    layers.length <= 2 && layers.every(({ batchNorm }) => !batchNorm) && moves[0].unit !== moves[1].unit
  return linear && precision === 'float64'
    ? piecewiseLinear(layer, below[0], minibatch, moves, x, y)
    : pointByPoint(layers, minibatch, moves, x, y, precision)
}

/**
 * The landscape by one forward and backward pass below the moved layer for each grid point: any layers,
 * either precision. See `landscape`.
 */
export function pointByPoint(
  layers: readonly HiddenLayer[],
  minibatch: Minibatch,
  moves: readonly [Move, Move],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  precision: Precision = 'float64',
): Float64Array {
  const [layer, ...below] = layers
  const array = arrays[precision]
  const { size } = minibatch
  const moved = [...new Set(moves.map((move) => move.unit))]
  const units = moved.map((index) => new Unit(layer, index, size, minibatch.masks?.[0], array))
  const base = nextPreactivations(layer, minibatch, { without: moved, precision })
  const tail = new Tail(below, minibatch, array)
  const field = new Float64Array(y.length * x.length * 2)
  const place = (unit: Unit, ...displacements: readonly [number, number]) => {
    unit.z.set(columnOf(minibatch.preactivations, unit.index, size))
    unit.gammaShift = unit.betaShift = 0
    moves.forEach((move, axis) => {
      if (move.unit === unit.index) displace(unit, move, displacements[axis])
    })
    unit.forward()
  }
  // The first unit moves with every point, the other one, if there is one, from row to row.
  const [everywhere, byRow] = units
  const rowSums = byRow ? base.map((column) => column.slice()) : base
  for (let j = 0; j < y.length; j++) {
    if (byRow) {
      place(byRow, 0, y[j])
      byRow.addTo(rowSums, base)
    }
    for (let i = 0; i < x.length; i++) {
      place(everywhere, x[i], y[j])
      everywhere.addTo(tail.preactivations, rowSums)
      const gradient = tail.run()
      for (const unit of units) {
        unit.pullBack(gradient)
        moves.forEach((move, axis) => {
          if (move.unit === unit.index) field[2 * (j * x.length + i) + axis] = derivative(unit, move)
        })
      }
    }
  }
  return field
}

/**
 * The landscape over two units of a layer with at most one hidden layer below it, without batch
 * normalization, example by example. There an example's output is piecewise linear in the moved units'
 * activations a and b, of which a differs by column of the grid and b by row. On so small a grid nearly every
 * unit below stays on one side of its ReLU: those are summed to one linear function. If all do, and the
 * residual keeps its sign, the example adds one number to each column and one to each row. Otherwise the
 * units that switch within the grid are looked at point by point. Same mathematics as `pointByPoint`, another
 * order of summation.
 */
function piecewiseLinear(
  layer: HiddenLayer,
  below: HiddenLayer | undefined,
  minibatch: Minibatch,
  [p, q]: readonly [Move, Move],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): Float64Array {
  const { size, targets, masks } = minibatch
  const next = layer.bias.length
  const base = nextPreactivations(layer, minibatch, { without: [p.unit, q.unit] })
  const [a, b] = [new MovedUnit(p, x, minibatch), new MovedUnit(q, y, minibatch)]
  const field = new Float64Array(2 * x.length * y.length)
  const byColumn = new Float64Array(x.length)
  const byRow = new Float64Array(y.length)
  // Of each switching unit: its pre-activation without the moved units, their weights into it, and its weight
  // into the output.
  const switching = {
    z: new Float64Array(next),
    a: new Float64Array(next),
    b: new Float64Array(next),
    weight: new Float64Array(next),
  }
  for (let n = 0; n < size; n++) {
    a.take(n)
    b.take(n)
    if (!a.open && !b.open) continue
    // The linear part of the residual, constant + linearA a + linearB b.
    let constant = below ? below.bias[0] - targets[n] : -targets[n]
    let linearA = 0
    let linearB = 0
    let switches = 0
    for (let k = 0; k < next; k++) {
      const z = base[k][n]
      const weightA = layer.weight[p.unit * next + k]
      const weightB = layer.weight[q.unit * next + k]
      const weight = below ? below.weight[k] * (masks ? masks[1][k * size + n] : 1) : 1
      const side = below ? sideOf(z, weightA, a, weightB, b) : 1
      if (side > 0) {
        constant += weight * z
        linearA += weight * weightA
        linearB += weight * weightB
      } else if (side === 0) {
        switching.z[switches] = z
        switching.a[switches] = weightA
        switching.b[switches] = weightB
        switching.weight[switches++] = weight
      }
    }
    const sign = sideOf(constant, linearA, a, linearB, b) / size
    if (switches === 0 && sign !== 0) {
      for (let i = 0; i < x.length; i++) byColumn[i] += sign * linearA * a.slopes[i]
      for (let j = 0; j < y.length; j++) byRow[j] += sign * linearB * b.slopes[j]
      continue
    }
    for (let j = 0, at = 0; j < y.length; j++) {
      for (let i = 0; i < x.length; i++, at += 2) {
        let residual = constant + linearA * a.values[i] + linearB * b.values[j]
        let byA = linearA
        let byB = linearB
        for (let s = 0; s < switches; s++) {
          const z = switching.z[s] + switching.a[s] * a.values[i] + switching.b[s] * b.values[j]
          if (z <= 0) continue
          residual += switching.weight[s] * z
          byA += switching.weight[s] * switching.a[s]
          byB += switching.weight[s] * switching.b[s]
        }
        const sign = Math.sign(residual) / size
        field[at] += sign * byA * a.slopes[i]
        field[at + 1] += sign * byB * b.slopes[j]
      }
    }
  }
  for (let j = 0, at = 0; j < y.length; j++) {
    for (let i = 0; i < x.length; i++, at += 2) {
      field[at] += byColumn[i]
      field[at + 1] += byRow[j]
    }
  }
  return field
}

/** The activation of a moved unit for one example at a time, along the unit's axis of the grid. */
class MovedUnit {
  /** Activations, and their derivatives with respect to the parameter. */
  readonly values: Float64Array
  readonly slopes: Float64Array
  /** The range of the activations, and whether the ReLU opens anywhere. */
  least = 0
  most = 0
  open = false
  readonly #move: Move
  readonly #displacements: ArrayLike<number>
  readonly #minibatch: Minibatch

  constructor(move: Move, displacements: ArrayLike<number>, minibatch: Minibatch) {
    this.values = new Float64Array(displacements.length)
    this.slopes = new Float64Array(displacements.length)
    this.#move = move
    this.#displacements = displacements
    this.#minibatch = minibatch
  }

  take(example: number) {
    const { values, slopes } = this
    const { unit, inputs } = this.#move
    const { size, preactivations, masks } = this.#minibatch
    const mask = masks ? masks[0][unit * size + example] : 1
    const input = inputs ? inputs[example] : 1
    let least = Infinity
    let most = 0
    this.open = false
    for (let i = 0; i < values.length; i++) {
      const z = preactivations[unit * size + example] + this.#displacements[i] * input
      values[i] = z > 0 ? z * mask : 0
      slopes[i] = z > 0 ? mask * input : 0
      if (slopes[i] !== 0) this.open = true
      if (values[i] < least) least = values[i]
      if (values[i] > most) most = values[i]
    }
    this.least = least
    this.most = most
  }
}

/**
 * The sign that constant + slopeA a + slopeB b has for all activations of two moved units; 0 if it changes,
 * or comes so near 0 that round-off may decide.
 */
function sideOf(constant: number, slopeA: number, a: MovedUnit, slopeB: number, b: MovedUnit): -1 | 0 | 1 {
  const least = constant + slopeA * (slopeA > 0 ? a.least : a.most) + slopeB * (slopeB > 0 ? b.least : b.most)
  const most = constant + slopeA * (slopeA > 0 ? a.most : a.least) + slopeB * (slopeB > 0 ? b.most : b.least)
  const roundOff = 1e-12 * (Math.abs(constant) + Math.abs(least) + Math.abs(most))
  return least > roundOff ? 1 : most < -roundOff ? -1 : 0
}

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

const arrays = { float64: Float64Array, float32: Float32Array } as const
type ArrayOf = (typeof arrays)[Precision]

const columnOf = (matrix: Floats, unit: number, size: number) =>
  matrix.subarray(unit * size, (unit + 1) * size)

function check({ units, batchNorm }: HiddenLayer, { unit, kind }: Move) {
  if (!Number.isInteger(unit) || unit < 0 || unit >= units)
    throw new RangeError(`The layer has units 0..${units - 1}; a parameter of unit ${unit} cannot be moved.`)
  if ((kind === 'gamma' || kind === 'beta') && !batchNorm)
    throw new RangeError(`The layer has no batch normalization, so there is no ${kind} to move.`)
}

function displace(unit: Unit, { kind, inputs }: Move, displacement: number) {
  if (kind === 'gamma') unit.gammaShift += displacement
  else if (kind === 'beta') unit.betaShift += displacement
  else for (let n = 0; n < unit.z.length; n++) unit.z[n] += inputs ? displacement * inputs[n] : displacement
}

/** The derivative of the cost with respect to a parameter of the unit, after the unit's `pullBack`. */
function derivative(unit: Unit, { kind, inputs }: Move): number {
  if (kind === 'gamma') return unit.gammaGradient
  if (kind === 'beta') return unit.betaGradient
  return unit.total(unit.gradient, inputs)
}

/** One hidden unit over the examples of a minibatch: pre-activations to activations, and gradients back. */
class Unit {
  /** Which unit of the layer it is; may be changed, to use the same memory for one unit after another. */
  index: number
  /** Pre-activations; activations; gradient with respect to the pre-activations. All [example]. */
  readonly z: Floats
  readonly out: Floats
  readonly gradient: Floats
  gammaShift = 0
  betaShift = 0
  gammaGradient = 0
  betaGradient = 0
  readonly #layer: HiddenLayer
  /** Of all units of the layer, [unit, example]. */
  readonly #masks: Floats | undefined
  readonly #normalized: Floats
  #inverseDeviation = 0

  constructor(layer: HiddenLayer, index: number, size: number, masks: Floats | undefined, array: ArrayOf) {
    this.index = index
    this.#layer = layer
    this.#masks = masks
    this.z = new array(size)
    this.out = new array(size)
    this.gradient = new array(size)
    this.#normalized = new array(layer.batchNorm ? size : 0)
  }

  forward() {
    const { z, out } = this
    const placement = this.#layer.batchNorm?.placement
    if (placement === 'before ReLU') this.#normalize(z, out, true)
    else {
      rectify(z, out)
      if (placement) this.#normalize(out, out, false)
    }
    this.#drop(out)
  }

  /** Puts into `next` what `sums` has and this unit adds: pre-activations [next unit][example]. */
  addTo(next: readonly Floats[], sums: readonly Floats[] = next) {
    const { out } = this
    const { weight: weights } = this.#layer
    for (let k = 0; k < next.length; k++) {
      const weight = weights[this.index * next.length + k]
      const [column, sum] = [next[k], sums[k]]
      for (let n = 0; n < out.length; n++) column[n] = sum[n] + weight * out[n]
    }
  }

  /**
   * From the gradient of the next pre-activations, [next unit][example], to that of this unit's, in
   * `gradient`.
   */
  pullBack(next: readonly Floats[]) {
    const { z, out, gradient } = this
    const { weight: weights } = this.#layer
    const [first, ...others] = next
    const offset = this.index * next.length
    const weight = weights[offset]
    for (let n = 0; n < gradient.length; n++) gradient[n] = weight * first[n]
    for (let k = 0; k < others.length; k++) {
      const weight = weights[offset + 1 + k]
      const column = others[k]
      for (let n = 0; n < gradient.length; n++) gradient[n] += weight * column[n]
    }
    this.#drop(gradient)
    const placement = this.#layer.batchNorm?.placement
    if (placement === 'before ReLU') {
      // With dropout `out` is 0 also where the mask is, but there the gradient is 0 already.
      gate(gradient, out)
      this.#normalizeBack(gradient)
    } else {
      if (placement) this.#normalizeBack(gradient)
      gate(gradient, z)
    }
  }

  /** Whether the ReLU lets at least one example through. */
  get open(): boolean {
    const gated = this.#layer.batchNorm?.placement === 'before ReLU' ? this.out : this.z
    return gated.some((value: number) => value > 0)
  }

  #drop(column: Floats) {
    const masks = this.#masks
    const offset = this.index * column.length
    if (masks) for (let n = 0; n < column.length; n++) column[n] *= masks[offset + n]
  }

  #normalize(from: Floats, to: Floats, rectified: boolean) {
    const { gamma, beta, epsilon, running } = this.#layer.batchNorm!
    const normalized = this.#normalized
    const size = from.length
    const mean = running ? running.mean[this.index] : this.total(from) / size
    for (let n = 0; n < size; n++) normalized[n] = from[n] - mean
    const variance = running ? running.variance[this.index] : this.total(normalized, normalized) / size
    const inverseDeviation = 1 / Math.sqrt(variance + epsilon)
    this.#inverseDeviation = inverseDeviation
    const scale = gamma[this.index] + this.gammaShift
    const shift = beta[this.index] + this.betaShift
    for (let n = 0; n < size; n++) {
      normalized[n] *= inverseDeviation
      const value = scale * normalized[n] + shift
      to[n] = rectified && !(value > 0) ? 0 : value
    }
  }

  #normalizeBack(gradient: Floats) {
    const { gamma, running } = this.#layer.batchNorm!
    const normalized = this.#normalized
    const size = gradient.length
    const single = gradient instanceof Float32Array
    let [byGamma, byBeta] = [0, 0]
    for (let n = 0; n < size; n++) {
      byGamma += gradient[n] * normalized[n]
      byBeta += gradient[n]
      if (single) {
        byGamma = Math.fround(byGamma)
        byBeta = Math.fround(byBeta)
      }
    }
    this.gammaGradient = byGamma
    this.betaGradient = byBeta
    const scale = (gamma[this.index] + this.gammaShift) * this.#inverseDeviation
    const mean = running ? 0 : this.betaGradient / size
    const projection = running ? 0 : this.gammaGradient / size
    for (let n = 0; n < size; n++) gradient[n] = scale * (gradient[n] - mean - normalized[n] * projection)
  }

  /** The sum of a column, or of the products of two, with the precision of the computation. */
  total(column: Floats, other?: Floats): number {
    let total = 0
    if (this.z instanceof Float32Array) {
      for (let n = 0; n < column.length; n++)
        total = Math.fround(total + (other ? column[n] * other[n] : column[n]))
    } else if (other) for (let n = 0; n < column.length; n++) total += column[n] * other[n]
    else for (let n = 0; n < column.length; n++) total += column[n]
    return total
  }
}

/** The layers below the moved one, down to the cost and back up. */
class Tail {
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

function rectify(from: Floats, to: Floats) {
  for (let n = 0; n < from.length; n++) to[n] = from[n] > 0 ? from[n] : 0
}

/** Keeps the gradient where the rectified value is positive. */
function gate(gradient: Floats, rectified: Floats) {
  for (let n = 0; n < gradient.length; n++) if (!(rectified[n] > 0)) gradient[n] = 0
}

function meanAbsolute(values: Floats): number {
  let total = 0
  for (let n = 0; n < values.length; n++) total += Math.abs(values[n])
  return total / values.length
}
