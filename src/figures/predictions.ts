import * as Plot from '@observablehq/plot'
import { packFilm } from '../data/film.ts'
import type { Film } from '../data/shapes.ts'
import { axisTicks, middleLabel } from '../drawing/grid.ts'
import { shapeKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel, points } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const { actual, frames } = await results.film(condition)
    const epochs = await results.training(condition)
    const shown = [...new Set([0, 5, 10, frames.length - 1])].filter((epoch) => epoch < frames.length)
    const film = {
      actual,
      predicted: Float32Array.from(frames.flatMap(({ predicted }) => [...predicted])),
      r2: Float32Array.from(epochs, ({ testR2 }) => testR2),
      mae: Float32Array.from(epochs, ({ testMae }) => testMae),
    }
    const { label } = results.condition(condition)
    return { actual, frames, shown, film, label }
  },
  draw: ({ actual, frames, shown }) => predictions({ actual, frames: shown.map((epoch) => frames[epoch]) }),
  describe({ actual, film, shown, label }) {
    const found = shown.map((epoch) => `${plainNumber(film.r2[epoch])} ${moment(epoch)}`)
    return (
      `R² is ${found.join(', ')}: predicted against actual values of ${actual.length} test deliveries, ${label}, ` +
      `at ${shown.length} moments of training, with the line of the rule.`
    )
  },
  tabulate: ({ actual, frames }) => ({
    columns: ['actual', ...frames.map(({ epoch }) => `predicted after epoch ${epoch}`)],
    rows: Array.from(actual, (value, index) => [value, ...frames.map(({ predicted }) => predicted[index])]),
  }),
  played: ({ film }) => ({ player: 'film', film }),
  file: ({ film }) => packFilm(film),
})

const moment = (epoch: number) => (epoch === 0 ? 'at the start' : `after epoch ${epoch}`)

/** Draws one small scatter plot per epoch, the rule's line through it, on axes common to all. */
export function predictions({ actual, frames }: Film): string {
  const most = Math.max(...actual, ...frames.flatMap(({ predicted }) => [...predicted]))
  const least = Math.min(0, ...frames.flatMap(({ predicted }) => [...predicted]))
  const panels = frames.map(({ epoch, predicted }) => {
    const plot = panel({
      width: 170,
      height: 150,
      marginTop: 6,
      marginRight: 8,
      marginBottom: 36,
      marginLeft: 54,
      x: { domain: [0, most], label: 'actual', ticks: axisTicks([0, most], 3), ...middleLabel },
      y: {
        domain: [least, most],
        label: 'predicted',
        ticks: axisTicks([least, most], 4),
        ...middleLabel,
        labelOffset: 50,
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
    })
    return `<div><p class="over">${epoch === 0 ? 'At the start' : `Epoch ${epoch}`}</p>${plot}</div>`
  })
  const dot = shapeKey('<circle cx="5" cy="5" r="3" fill="var(--measured)"/>', 'a test record')
  const line = shapeKey(
    '<path d="M0 9L10 1" stroke="var(--truth)" stroke-width="1.5"/>',
    'the rule, y = 10 d',
  )
  return `<div class="panels small four">${panels.join('')}</div><p class="keys">${dot}${line}</p>`
}
