import * as Plot from '@observablehq/plot'
import type { Film } from '../data/shapes.ts'
import { colour } from '../drawing/palette.ts'
import { panel, points } from '../drawing/plot.ts'

/** Draws one small scatter plot per epoch, the rule's line through it, on axes common to all. */
export function predictions({ actual, frames }: Film): string {
  const most = Math.max(...actual, ...frames.flatMap(({ predicted }) => [...predicted]))
  const least = Math.min(0, ...frames.flatMap(({ predicted }) => [...predicted]))
  const panels = frames.map(
    ({ epoch, predicted }) =>
      `<div><p class="over">${epoch === 0 ? 'at the start' : `epoch ${epoch}`}</p>${panel({
        width: 200,
        height: 190,
        marginTop: 6,
        marginRight: 8,
        marginBottom: 38,
        marginLeft: 52,
        x: {
          domain: [0, most],
          label: 'actual',
          ticks: 3,
          labelAnchor: 'center',
          labelArrow: 'none',
          labelOffset: 34,
        },
        y: {
          domain: [least, most],
          label: 'predicted',
          ticks: 3,
          labelAnchor: 'center',
          labelArrow: 'none',
          labelOffset: 48,
        },
        marks: [
          Plot.line(
            [
              [0, 0],
              [most, most],
            ],
            { stroke: colour('truth'), strokeWidth: 1.5 },
          ),
          points(
            Array.from(actual, (value, index) => [value, predicted[index]]),
            2.5,
          ),
        ],
      })}</div>`,
  )
  return `<div class="panels scatter">${panels.join('')}</div>`
}
