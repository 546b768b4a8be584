import type { HiddenLayer, Minibatch, Move } from './layers.ts'
import { nextPreactivations } from './one-pass.ts'

/**
 * The landscape over two units of a layer with at most one hidden layer below it, without batch
 * normalization, example by example. There an example's output is piecewise linear in the moved units'
 * activations a and b, of which a differs by column of the grid and b by row. On so small a grid nearly every
 * unit below stays on one side of its ReLU: those are summed to one linear function. If all do, and the
 * residual keeps its sign, the example adds one number to each column and one to each row. Otherwise the
 * units that switch within the grid are looked at point by point. Same mathematics as `pointByPoint`, another
 * order of summation.
 */
export function piecewiseLinear(
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
