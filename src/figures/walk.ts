import * as Plot from '@observablehq/plot'
import { extent, max, mean, min, nice } from 'd3-array'
import type { BiasWalk } from '../data/shapes.ts'
import { axisTicks, gridY, middleLabel } from '../drawing/grid.ts'
import { lineKey, shapeKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const { biases, summary } = await results.walk(condition)
    return { biases, summary, label: results.condition(condition).label }
  },
  draw: ({ biases }) => walk(biases),
  describe({ biases, summary, label }) {
    const share = (values: readonly number[]) =>
      plainNumber(mean(values) ?? Number.NaN, { format: 'percent', digits: 1 })
    const one = (value: number | undefined) => plainNumber(value ?? Number.NaN, { digits: 1 })
    return (
      `The networks move by ${share(summary.distanceFromStart)} of their parameters' length and end ` +
      `${share(summary.distances)} from each other; their predictions differ by ` +
      `${one(mean(summary.predictionDifferences))} (root mean square), where the mean absolute error is between ` +
      `${one(min(summary.endMae))} and ${one(max(summary.endMae))}. A bias of each layer over ${summary.steps} ` +
      `steps from one start, ${label}, in ${biases[0].paths.length} orders of the same data.`
    )
  },
  laboratory: () => '#walks',
  tabulate: ({ biases }) => ({
    columns: ['hidden layer', 'unit', 'order', 'step', 'bias'],
    rows: biases.flatMap(({ layer, unit, paths }) =>
      paths.flatMap((path, order) => Array.from(path, (value, step) => [layer, unit, order, step, value])),
    ),
  }),
})

/** Dashes of the hidden layers' lines. */
const dashes = ['', '4 3']

/**
 * Draws each bias's distance from the start by step, a line for each order with its end marked; layers on one
 * panel.
 */
export function walk(biases: readonly BiasWalk[]): string {
  const moved = biases.map(({ paths }) => paths.map((path) => path.map((value) => value - path[0])))
  const last = biases[0].paths[0].length - 1
  const [least = 0, most = 1] = extent(moved.flat().flatMap((path) => [...path]))
  const domain = nice(least, most, 4)
  const values = axisTicks(domain)
  const picture = panel({
    width: 380,
    height: 210,
    marginTop: 22,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: 60,
    x: { domain: [0, last], label: 'step', ticks: axisTicks([0, last]), ...middleLabel },
    y: { domain, label: 'change of the bias', ticks: values, labelArrow: 'none' },
    marks: [
      gridY(values),
      ...moved.flatMap((paths, b) =>
        paths.map((path) =>
          Plot.lineY(path, {
            stroke: colour('measured'),
            strokeDasharray: dashes[b],
            strokeWidth: 1.25,
            strokeLinejoin: 'round',
            strokeOpacity: 0.85,
          }),
        ),
      ),
      Plot.dot(moved.flat(), {
        x: last,
        y: (path: Float64Array) => path[last],
        r: 3.5,
        fill: colour('measured'),
      }),
      Plot.dot([[0, 0]], { r: 4, fill: colour('paper'), stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  const keys = biases.map(({ layer, unit }, b) =>
    lineKey(dashes[b], `bias of unit ${unit}, hidden layer ${layer}`, 'measured'),
  )
  keys.push(shapeKey(`<circle cx="5" cy="5" r="3.5" fill="${colour('measured')}"/>`, 'an end'))
  return `<div class="panels one">${picture}</div><p class="keys">${keys.join('')}</p>`
}
