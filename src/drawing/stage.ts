/**
 * The panel in which a player shows one landscape: its geometry, and its arrows as paths. The build draws the
 * axes around it.
 */

import { type Field, type Gradient, gradientAt, gradientsAt, longest, mean, opposes } from '../data/field.ts'
import { arrowPath } from './arrow.ts'
import { type LengthScale, reach, rootLength } from './length.ts'

/** Pixels of the panel's own coordinates. */
export const stage = {
  width: 440,
  height: 440,
  marginTop: 10,
  marginRight: 14,
  marginBottom: 46,
  marginLeft: 62,
}

/** The values that an axis of the panel spans: the grid's, and room for an arrow on either side. */
export function span(axis: Float64Array): [from: number, to: number] {
  const most = axis[axis.length - 1] + 1.5 * (axis[1] - axis[0])
  return [-most, most]
}

/**
 * How long the arrows are: one scale for all minibatches of a layer, by the square root as in the small
 * panels.
 */
export const arrowLength = (field: Field): LengthScale => rootLength(longest(field), 16)

/**
 * The arrows of a landscape, by whether they point against the mean gradient of all minibatches at their grid
 * point.
 */
export interface LandscapePaths {
  readonly agree: string
  readonly opposed: string
}

/** Prepares a field for drawing; the function returned draws the landscape of a minibatch. */
export function drawer(field: Field): (minibatch: number) => LandscapePaths {
  const scale = arrowLength(field)
  const x = place(field.x, stage.marginLeft, stage.width - stage.marginRight)
  const y = place(field.y, stage.height - stage.marginBottom, stage.marginTop)
  const points = Array.from(field.y, (_y, row) =>
    Array.from(field.x, (_x, column): [number, number, Gradient] => [
      row,
      column,
      mean(gradientsAt(field, row, column)),
    ]),
  ).flat()
  return (minibatch) => {
    const paths = { agree: '', opposed: '' }
    for (const [row, column, common] of points) {
      const gradient = gradientAt(field, minibatch, row, column)
      const { right, up } = reach(gradient, scale)
      paths[opposes(gradient, common) ? 'opposed' : 'agree'] += arrowPath(x[column], y[row], right, -up, 4)
    }
    return paths
  }
}

/** Where the values of an axis lie between the pixels `from` and `to`. */
function place(axis: Float64Array, from: number, to: number): number[] {
  const [least, most] = span(axis)
  return Array.from(axis, (value) => from + ((value - least) / (most - least)) * (to - from))
}
