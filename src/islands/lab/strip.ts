/** What each example adds to its minibatch's gradient, by the number of its deliverers. */
import * as Plot from '@observablehq/plot'
import { mean } from 'd3-array'
import { type Arrow, arrows } from '../../drawing/arrow.ts'
import { middleLabel } from '../../drawing/grid.ts'
import { type LengthScale, linearLength, reach } from '../../drawing/length.ts'
import { colour } from '../../drawing/palette.ts'
import { plotted } from '../../drawing/plotted.ts'
import type { Measured } from './measuring.ts'
import { panelSize } from './panel.ts'
import type { Side } from './state.ts'

/** Up to so many examples each has its own arrow; more are added up by deliverers. */
const mostArrows = 256
const height = 170
const margins = { marginTop: 6, marginRight: 12, marginBottom: 40, marginLeft: 12 }
const floor = 10

/** One arrow of the strip: the examples it stands for and what they add to the gradient. */
export interface Part {
  /** Indices of members of the minibatch. */
  readonly members: readonly number[]
  readonly deliverers: number
  readonly sum: readonly [x: number, y: number]
  /** Rows above the axis, from 0. */
  readonly row: number
}

/**
 * One part for each example, stacked where they would overlap; of a large minibatch one for the examples of
 * neighbouring numbers of deliverers.
 */
export function partsOf({ deliverers, contributions }: Measured, most: number): Part[] {
  if (!contributions) return []
  const of = (n: number): [number, number] => [contributions[2 * n], contributions[2 * n + 1]]
  const place = (d: number) => Math.sqrt(d / most)
  const members = Array.from(deliverers, (_, n) => n).sort((p, q) => deliverers[p] - deliverers[q] || p - q)
  if (members.length > mostArrows) {
    const bins = new Map<number, number[]>()
    for (const n of members) {
      const bin = Math.round(place(deliverers[n]) * 24)
      bins.set(bin, [...(bins.get(bin) ?? []), n])
    }
    return [...bins.values()].map((members) => {
      const parts = members.map(of)
      const total = (axis: 0 | 1) => parts.reduce((sum, one) => sum + one[axis], 0)
      const middle = mean(members, (n) => deliverers[n]) ?? Number.NaN
      return { members, deliverers: middle, sum: [total(0), total(1)], row: 0 }
    })
  }
  const ends: number[] = []
  const gap = 11 / (panelSize - margins.marginLeft - margins.marginRight)
  return members.map((n) => {
    const at = place(deliverers[n])
    let row = ends.findIndex((end) => at - end >= gap)
    if (row < 0) row = ends.length
    ends[row] = at
    return { members: [n], deliverers: deliverers[n], sum: of(n), row }
  })
}

/** The strip of a minibatch. */
export function stripPicture(measured: Measured, side: Side, most: number): SVGSVGElement {
  const picture = plotted(stripPlot(partsOf(measured, most), measured.gradient, most))
  picture.setAttribute('role', 'img')
  picture.setAttribute(
    'aria-label',
    `What each example adds to the gradient of minibatch ${side.toUpperCase()}, by deliverers; the table below has the numbers`,
  )
  return picture
}

/** Draws the parts as arrows, those against the minibatch's gradient in the colour of opposition. */
function stripPlot(
  shown: readonly Part[],
  gradient: readonly [number, number],
  most: number,
): Plot.PlotOptions {
  const rows = Math.max(1, ...shown.map(({ row }) => row + 1))
  const room = height - margins.marginTop - margins.marginBottom - floor
  const single = shown.every(({ members }) => members.length === 1)
  const longest = Math.max(...shown.map(({ sum }) => Math.hypot(...sum)))
  const scale: LengthScale = linearLength(longest, single ? 13 : 44)
  const spacing = single ? Math.min(12, room / rows) : 0
  const all = shown.map(({ deliverers, sum, row }) => ({
    x: deliverers,
    y: single ? floor + (row + 0.5) * spacing : room / 2,
    against: sum[0] * gradient[0] + sum[1] * gradient[1] < 0,
    ...reach(sum, scale),
  }))
  const style = { head: 4.5, width: 1.4, anchor: 'middle' } as const
  const side = (against: boolean): Arrow[] => all.filter((arrow) => arrow.against === against)
  return {
    width: panelSize,
    height,
    ...margins,
    x: {
      type: 'sqrt',
      domain: [0, most],
      ticks: [0, 5, 10, 20, 40, 80, 120, 160].filter((tick) => tick <= most),
      label: 'deliverers of the example',
      ...middleLabel,
    },
    y: { domain: [0, room + floor], axis: null },
    marks: [
      Plot.ruleY([0], { stroke: colour('grid') }),
      arrows(side(false), { role: 'agree', ...style }),
      arrows(side(true), { role: 'opposed', ...style }),
    ],
  }
}
