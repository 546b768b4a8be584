import * as Plot from '@observablehq/plot'
import { packEpochs } from '../data/epochs.ts'
import { type Gradient, mean, opposes } from '../data/field.ts'
import { againstWords, arrowGrid, momentWords } from '../drawing/arrow-grid.ts'
import { cellsSize } from '../drawing/cells.ts'
import { axisTicks, gridY, middleLabel } from '../drawing/grid.ts'
import { colourKey } from '../drawing/key.ts'
import { tag } from '../drawing/markup.ts'
import { colour, type Role } from '../drawing/palette.ts'
import { mark, panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { atNetwork, kind } from './figure.ts'

export default kind({
  async read(results, { condition, layer }) {
    const [, shown] = results.condition(condition).checkpoints
    const { units, epochs } = await results.drawnBiases(condition, layer, shown)
    const tooHigh = await results.tooHigh(condition)
    return { layer, units, epochs, tooHigh, shown, label: results.condition(condition).label }
  },
  draw: hero,
  describe({ epochs, tooHigh, shown, layer, units, label }) {
    const against = epochs.map(countAgainst)
    const percent = (epoch: number) => plainNumber(tooHigh[epoch], { format: 'percent', digits: 0 })
    const said = (epoch: number) =>
      `${momentWords(epoch)} ${percent(epoch)} of the records are predicted too high, and ` +
      `${againstWords(against[epoch], epochs[epoch].length)}.`
    const last = epochs.length - 1
    const split = against.filter((count) => count > 0).length
    return (
      `${said(0)} ${said(shown)} ${said(last)} At ${split} of the ${epochs.length} moments some arrows oppose ` +
      `the mean. The gradients of ${epochs[0].length} minibatches over the biases of units ${units.join(' and ')} ` +
      `of hidden layer ${layer}, ${label}, an arrow each, and by epoch the share of records predicted too high ` +
      `and of minibatches that point the other way.`
    )
  },
  laboratory: ({ shown, layer }, { condition }) =>
    atNetwork({ condition, epoch: shown }, { layer: String(layer) }),
  tabulate: ({ epochs, tooHigh }) => ({
    columns: ['epoch', 'share of records predicted too high', 'minibatches against the mean', 'minibatches'],
    rows: epochs.map((gradients, epoch) => [
      epoch,
      tooHigh[epoch],
      countAgainst(gradients),
      gradients.length,
    ]),
  }),
  played: ({ epochs, shown }) => ({ player: 'epochs', epochs: epochs.length, shown }),
  file: ({ epochs }) => packEpochs(epochs),
})

/** What the figure of arrows by epoch shows. */
export interface Hero {
  readonly epochs: readonly (readonly Gradient[])[]
  /** Share of the records that are predicted too high, by epoch. */
  readonly tooHigh: readonly number[]
  /** The epoch whose arrows are drawn. */
  readonly shown: number
}

/**
 * Draws the arrows of one epoch, one a minibatch, in rows of ten, and beside them two curves by epoch with a
 * mark at the one shown: how many records are predicted too high, and how many arrows point against the mean.
 */
export function hero({ epochs, tooHigh, shown }: Hero): string {
  const { agree, opposed, against } = arrowGrid(epochs[shown])
  const count = epochs[shown].length
  const [width, height] = cellsSize(count)
  const arrows = tag(
    'svg',
    { class: 'panel volley', viewBox: `0 0 ${width} ${height}` },
    tag('path', { class: 'agree', d: agree }),
    tag('path', { class: 'opposed', d: opposed }),
  )
  const moment = tag('strong', { 'data-part': 'moment' }, momentWords(shown))
  const words = tag(
    'span',
    { class: against > 0 && 'some', 'data-part': 'against' },
    againstWords(against, count),
  )
  const shares = epochs.map((gradients) => countAgainst(gradients) / gradients.length)
  const left = tag('div', {}, `<p class="over">${moment}${words}</p>`, arrows)
  const right = tag(
    'div',
    { class: 'timeline' },
    '<p class="over">Records predicted too high</p>',
    timeline(tooHigh, shown, 'measured', 1),
    '<p class="over">Minibatches that point the other way</p>',
    timeline(shares, shown, 'opposed', Math.max(0.5, ...shares)),
  )
  const keys = colourKey('agree', 'with the mean gradient') + colourKey('opposed', 'against it')
  return `<div class="hero-panels">${left}${right}</div><p class="keys">${keys}</p>`
}

const countAgainst = (gradients: readonly Gradient[]): number => {
  const common = mean(gradients)
  return gradients.filter((gradient) => opposes(gradient, common)).length
}

/** A share by epoch as an area under a line, half of all marked, with an upright line at the epoch shown. */
function timeline(shares: readonly number[], shown: number, role: Role, most: number): string {
  const last = shares.length - 1
  const height = most === 1 ? 130 : 110
  const x = (_share: number, epoch: number) => epoch
  const values = axisTicks([0, most], 3)
  return panel({
    width: 340,
    height,
    marginTop: 6,
    marginRight: 12,
    marginBottom: most === 1 ? 20 : 36,
    marginLeft: 40,
    x: { domain: [0, last], label: most === 1 ? null : 'epoch', ticks: axisTicks([0, last]), ...middleLabel },
    y: { domain: [0, most], label: null, ticks: values, tickFormat: '%' },
    marks: [
      gridY(values),
      Plot.areaY(shares, { x, y: (share) => share, fill: colour(role), fillOpacity: 0.15 }),
      Plot.line(shares, { x, y: (share) => share, stroke: colour(role), strokeWidth: 1.75 }),
      mark('path', (x, y) => ({
        class: 'now',
        d: `M0 ${y(0)}V${y(most)}`,
        transform: `translate(${x(shown)} 0)`,
        'data-from': x(0),
        'data-to': x(last),
      })),
    ],
  })
}
