import * as Plot from '@observablehq/plot'
import { colour } from './palette.ts'
import { panel, shortNumber } from './plot.ts'

/** Predicted against actual values of some test examples, at some epochs. */
export interface Predictions {
  readonly actual: Float32Array
  readonly frames: readonly { readonly epoch: number; readonly predicted: Float32Array }[]
}

/** Draws one small scatter plot per epoch, the rule's line through it, on axes common to all. */
export function predictions({ actual, frames }: Predictions): string {
  const most = Math.max(...actual, ...frames.flatMap(({ predicted }) => [...predicted]))
  const least = Math.min(0, ...frames.flatMap(({ predicted }) => [...predicted]))
  const panels = frames.map(
    ({ epoch, predicted }) =>
      `<div><p class="over">${epoch === 0 ? 'at the start' : `epoch ${epoch}`}</p>${panel({
        width: 170,
        height: 170,
        marginTop: 6,
        marginRight: 8,
        marginBottom: 32,
        marginLeft: 34,
        x: { domain: [0, most], label: 'actual', ticks: 3, labelAnchor: 'center', labelArrow: 'none' },
        y: { domain: [least, most], label: 'predicted', ticks: 3, labelAnchor: 'center', labelArrow: 'none' },
        marks: [
          Plot.line(
            [
              [0, 0],
              [most, most],
            ],
            { stroke: colour('truth'), strokeWidth: 1.5 },
          ),
          points(actual, predicted),
        ],
      })}</div>`,
  )
  return `<div class="panels scatter">${panels.join('')}</div>`
}

/** Many points as one path: each a line of no length with round ends. */
function points(xs: Float32Array, ys: Float32Array): Plot.Markish {
  return (_index, scales, _channels, _dimensions, context) => {
    const x = scales.x as (value: number) => number
    const y = scales.y as (value: number) => number
    const path = context.document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute(
      'd',
      Array.from(xs, (value, index) => `M${shortNumber(x(value))} ${shortNumber(y(ys[index]))}h0`).join(''),
    )
    path.setAttribute('stroke', colour('agree'))
    path.setAttribute('stroke-width', '2.5')
    path.setAttribute('stroke-linecap', 'round')
    path.setAttribute('stroke-opacity', '.6')
    return path
  }
}
