/**
 * The geometry of a landscape as the laboratory draws it: its frame, and the paths of its arrows within it.
 */
import { arrowPath } from '../../drawing/arrow.ts'
import { type LengthScale, reach } from '../../drawing/length.ts'
import type { LabState } from './state.ts'

export const panelSize = 400
export const margins = { top: 8, right: 12, bottom: 50, left: 66 } as const

/**
 * The part of the plane of two parameters that a panel shows, in offsets from their trained values, which are
 * its middle.
 */
export interface Frame {
  /** Half the width and half the height. */
  readonly reach: readonly [x: number, y: number]
  readonly labels: readonly [x: string, y: string]
}

/** A landscape on its grid. */
export interface Scene {
  /** [y, x, 2]; NaN where it is not known. */
  readonly field: Float64Array
  /**
   * A landscape on the same grid to compare with: arrows at an obtuse angle to its arrows have the colour of
   * opposition.
   */
  readonly other?: Float64Array | undefined
  /** Offsets of the grid's columns and rows from the trained values. */
  readonly x: Float64Array
  readonly y: Float64Array
  readonly scale: LengthScale
  /** A gradient up to this length is drawn as a dot. */
  readonly roundOff: number
}

/** A frame that has room for the whole grid and an arrow at its edge. */
export const frameOf = ({ x, y }: LabState['grid'], labels: readonly [string, string]): Frame => ({
  reach: [(x.steps + 0.9) * x.step, (y.steps + 0.9) * y.step],
  labels,
})

/** Whether two frames look the same. */
export const sameFrame = (p: Frame, q: Frame): boolean =>
  String([p.reach, p.labels]) === String([q.reach, q.labels])

const [width, height] = [panelSize - margins.left - margins.right, panelSize - margins.top - margins.bottom]

/** Where an offset lies in a panel, in its pixels. */
export const toX = ({ reach }: Frame, value: number): number =>
  margins.left + ((value / reach[0] + 1) * width) / 2
export const toY = ({ reach }: Frame, value: number): number =>
  margins.top + ((1 - value / reach[1]) * height) / 2

/** The offset by which a pixel to the right or down moves a parameter. */
export const perPixel = ({ reach }: Frame): readonly [x: number, y: number] => [
  (2 * reach[0]) / width,
  (-2 * reach[1]) / height,
]

/** The paths of a scene's arrows, by colour. */
export function scenePaths(
  { field, other, x, y, scale, roundOff }: Scene,
  frame: Frame,
): { readonly agree: string; readonly opposed: string } {
  const paths = { agree: '', opposed: '' }
  for (let j = 0; j < y.length; j++) {
    for (let i = 0; i < x.length; i++) {
      const at = 2 * (j * x.length + i)
      const [right, up] = [field[at], field[at + 1]]
      if (Number.isNaN(right)) continue
      const arrow = Math.hypot(right, up) <= roundOff ? { right: 0, up: 0 } : reach([right, up], scale)
      const opposes = other && right * other[at] + up * other[at + 1] < 0
      paths[opposes ? 'opposed' : 'agree'] += arrowPath(
        toX(frame, x[i]),
        toY(frame, y[j]),
        arrow.right,
        -arrow.up,
        4,
      )
    }
  }
  return paths
}

/**
 * How many pixels the longest arrow may have: so that it reaches somewhat beyond its neighbour on the closer
 * axis.
 */
export function longestArrow({ x, y }: LabState['grid']): number {
  return Math.min(30, (1.5 * width) / (2 * Math.max(x.steps, y.steps) + 2))
}
