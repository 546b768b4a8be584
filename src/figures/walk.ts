import * as Plot from '@observablehq/plot'
import type { BiasWalk } from '../data/shapes.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'

/** Draws a panel for each bias: its distance from the start by step, a line for each order with its end marked; on common axes. */
export function walk(biases: readonly BiasWalk[]): string {
  const moved = biases.map(({ paths }) => paths.map((path) => path.map((value) => value - path[0])))
  const all = moved.flat().flatMap((path) => [...path])
  const domain = [Math.min(...all), Math.max(...all)]
  const panels = biases.map(({ layer, unit }, b) => {
    const name = `Hidden layer ${layer}, bias of unit ${unit}`
    return `<div><p class="over">${name}</p>${onePanel(moved[b], domain)}</div>`
  })
  return `<div class="panels two">${panels.join('')}</div>`
}

function onePanel(paths: readonly Float64Array[], domain: readonly number[]): string {
  const last = paths[0].length - 1
  return panel({
    width: 340,
    height: 230,
    marginTop: 22,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: 56,
    x: { domain: [0, last], label: 'step', ticks: 6, labelAnchor: 'center', labelArrow: 'none' },
    y: { domain, label: 'change of the bias', ticks: 4, labelArrow: 'none', nice: true },
    marks: [
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 4 }),
      ...paths.map((path) =>
        Plot.lineY(path, {
          stroke: colour('agree'),
          strokeWidth: 1.25,
          strokeLinejoin: 'round',
          strokeOpacity: 0.85,
        }),
      ),
      Plot.dot(paths, { x: last, y: (path: Float64Array) => path[last], r: 3.5, fill: colour('agree') }),
      Plot.dot([[0, 0]], { r: 4, fill: colour('paper'), stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
}
