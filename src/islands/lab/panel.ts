/** A landscape as the laboratory draws it: a frame by Observable Plot, and arrows that can be redrawn within it at every move. For the build and for the page. */
import * as Plot from '@observablehq/plot'
import { arrowPath } from '../../drawing/arrow.ts'
import { type LengthScale, reach } from '../../drawing/length.ts'
import { colour } from '../../drawing/palette.ts'

export const panelSize = 400

/** The part of the plane of two parameters that a panel shows, in offsets from their true values. */
export interface Frame {
  readonly centre: readonly [x: number, y: number]
  /** Half the width and half the height. */
  readonly reach: readonly [x: number, y: number]
  readonly labels: readonly [x: string, y: string]
}

/** A landscape on its grid. */
export interface Scene {
  /** [y, x, 2]; NaN where it is not known. */
  readonly field: Float64Array
  /** A landscape on the same grid to compare with: arrows at an obtuse angle to its arrows have the colour of opposition. */
  readonly other?: Float64Array
  /** Offsets of the grid's columns and rows from the true values. */
  readonly x: Float64Array
  readonly y: Float64Array
  readonly scale: LengthScale
  /** A gradient up to this length is drawn as a dot. */
  readonly roundOff: number
}

/** The paths of a scene's arrows, by colour, for those grid points that lie in the frame. */
export function scenePaths(
  { field, other, x, y, scale, roundOff }: Scene,
  { centre, reach: size }: Frame,
  toX: (value: number) => number,
  toY: (value: number) => number,
): { readonly agree: string; readonly opposed: string } {
  const paths = { agree: '', opposed: '' }
  const within = (value: number, axis: 0 | 1) => Math.abs(value - centre[axis]) <= size[axis]
  for (let j = 0; j < y.length; j++) {
    if (!within(y[j], 1)) continue
    for (let i = 0; i < x.length; i++) {
      const at = 2 * (j * x.length + i)
      const [right, up] = [field[at], field[at + 1]]
      if (Number.isNaN(right) || !within(x[i], 0)) continue
      const arrow = Math.hypot(right, up) <= roundOff ? { right: 0, up: 0 } : reach([right, up], scale)
      const opposes = other && right * other[at] + up * other[at + 1] < 0
      paths[opposes ? 'opposed' : 'agree'] += arrowPath(toX(x[i]), toY(y[j]), arrow.right, -arrow.up, 4)
    }
  }
  return paths
}

/** What Plot draws: axes, grid lines and, above them, what `marks` adds. */
export function framePlot({ centre, reach: size, labels }: Frame, marks: Plot.Markish[]) {
  const axis = (index: 0 | 1) =>
    ({
      domain: [centre[index] - size[index], centre[index] + size[index]],
      label: labels[index],
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      tickFormat: (value: number) => String(Number(value.toPrecision(6))).replace('-', '\u2212'),
    }) as const
  return {
    width: panelSize,
    height: panelSize,
    marginTop: 8,
    marginRight: 12,
    marginBottom: 44,
    marginLeft: 60,
    x: axis(0),
    y: axis(1),
    marks: [
      Plot.gridX({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      ...marks,
    ],
  } satisfies Plot.PlotOptions
}

/** A mark that draws a scene's arrows as two paths, of the classes `agree` and `opposed`. */
export function sceneMark(scene: Scene, frame: Frame): Plot.Markish {
  return (_index, scales, _channels, _dimensions, { document }) => {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g')
    const paths = scenePaths(
      scene,
      frame,
      scales.x as (value: number) => number,
      scales.y as (value: number) => number,
    )
    for (const role of ['agree', 'opposed'] as const) {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
      path.setAttribute('class', role)
      path.setAttribute('d', paths[role])
      path.setAttribute('fill', 'none')
      path.setAttribute('stroke', colour(role))
      path.setAttribute('stroke-width', '1.2')
      path.setAttribute('stroke-linecap', 'round')
      group.append(path)
    }
    return group
  }
}

/** The circle at the true parameters. */
export const truthMark = (): Plot.Markish =>
  Plot.dot([[0, 0]], { r: 8, stroke: colour('truth'), strokeWidth: 2 })

/** A frame about the point `moved` that has room for the whole grid and an arrow at its edge. */
export function frameOf(
  grid: { readonly x: { steps: number; step: number }; readonly y: { steps: number; step: number } },
  moved: readonly [number, number],
  labels: readonly [string, string],
): Frame {
  return {
    centre: moved,
    reach: [(grid.x.steps + 0.9) * grid.x.step, (grid.y.steps + 0.9) * grid.y.step],
    labels,
  }
}

/** How many pixels the longest arrow may have: so that it reaches somewhat beyond its neighbour on the closer axis. */
export function longestArrow(grid: { readonly x: { steps: number }; readonly y: { steps: number } }): number {
  const room = panelSize - 60
  return Math.min(30, (1.5 * room) / (2 * Math.max(grid.x.steps, grid.y.steps) + 2))
}
