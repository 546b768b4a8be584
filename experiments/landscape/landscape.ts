/**
 * The gradient landscape over two parameters of one hidden layer, exact: the gradient of the minibatch's L1
 * cost with respect to the two, at every point of a grid of values for them, all other parameters held.
 * Nothing in this folder imports anything from outside it at run time, so that it also runs in the reader's
 * browser.
 *
 * Moving two parameters of a layer changes the activations of at most two of its units and nothing upstream.
 * So the layer's pre-activations are taken as given; what the other units add to the next pre-activation is
 * summed once; a grid point only adds the two units' part and goes down to the output and back.
 */

import type { GridAxis } from '../protocol.ts'
import { piecewiseLinear } from './closed-form.ts'
import type { HiddenLayer, Minibatch, Move, Precision } from './layers.ts'
import { pointByPoint } from './point-by-point.ts'

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

function check({ units, batchNorm }: HiddenLayer, { unit, kind }: Move) {
  if (!Number.isInteger(unit) || unit < 0 || unit >= units)
    throw new RangeError(`The layer has units 0..${units - 1}; a parameter of unit ${unit} cannot be moved.`)
  if ((kind === 'gamma' || kind === 'beta') && !batchNorm)
    throw new RangeError(`The layer has no batch normalization, so there is no ${kind} to move.`)
}
