/** The gradients of all minibatches as arrows in rows of ten, and how one moment of them is drawn. */
import { type Gradient, mean, opposes } from '../data/field.ts'
import { arrowPath } from './arrow.ts'
import { cell, cornerOf } from './cells.ts'
import { reach, rootLength } from './length.ts'

/** The arrows of one moment as paths, by side, and how many lie on the smaller one. */
export interface ArrowGrid {
  readonly agree: string
  readonly opposed: string
  readonly against: number
}

/**
 * Draws gradients, one a cell, each about its middle; the longest of the moment spans four fifths of a cell.
 */
export function arrowGrid(gradients: readonly Gradient[]): ArrowGrid {
  const scale = rootLength(Math.max(...gradients.map((gradient) => Math.hypot(...gradient))), 0.8 * cell.size)
  const common = mean(gradients)
  const paths = { agree: '', opposed: '' }
  let against = 0
  for (const [i, gradient] of gradients.entries()) {
    const [left, top] = cornerOf(i, gradients.length)
    const { right, up } = reach(gradient, scale)
    const side = opposes(gradient, common) ? 'opposed' : 'agree'
    if (side === 'opposed') against++
    paths[side] += arrowPath(left + (cell.size - right) / 2, top + (cell.size + up) / 2, right, -up, 8)
  }
  return { ...paths, against }
}

/** The annotation of a moment. */
export const againstWords = (against: number, count: number): string =>
  against === 0 ? `all ${count} arrows point one way` : `${against} of ${count} arrows point the other way`

/** How an epoch is named. */
export const momentWords = (epoch: number): string =>
  epoch === 0 ? 'Before the first step' : `After epoch ${epoch}`
