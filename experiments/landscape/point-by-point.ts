import type { HiddenLayer, Minibatch, Move, Precision } from './layers.ts'
import { nextPreactivations, Tail } from './one-pass.ts'
import { arrays, columnOf, Unit } from './unit.ts'

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
