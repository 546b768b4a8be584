import * as Plot from '@observablehq/plot'
import type { AgreementByEpoch } from '../data/shapes.ts'
import { axisTicks, gridY, middleLabel } from '../drawing/grid.ts'
import { lineKey, withoutGradient } from '../drawing/key.ts'
import { tag } from '../drawing/markup.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber, sentence } from '../number.ts'
import { kind } from './figure.ts'

export default kind({
  async read(results) {
    const names = Object.keys(results.protocol.conditions)
    const runs = await Promise.all(names.map((name) => results.agreementByEpoch(name)))
    return { names, runs }
  },
  draw: ({ runs }) => epochs(runs),
  describe: ({ runs }) =>
    `Mean cosine of the minibatches' gradients by epoch, one panel for each of ${runs.length} ways of training. ` +
    runs.map(lost).join(' '),
  tabulate: ({ names, runs }) => ({
    columns: ['condition', 'hidden layer', 'epoch', 'mean cosine'],
    rows: runs.flatMap(({ layers }, run) =>
      layers.flatMap(({ layer, meanCosine }) =>
        meanCosine.map((value, epoch) => [names[run], layer, epoch, value ?? '']),
      ),
    ),
  }),
})

/** Dashes of the hidden layers' lines. */
const dashes = ['', '4 3']
const width = 170
const gap = 12

/**
 * Draws one small panel for each training run with a line for each layer, on common axes; a run that is
 * longer than the shortest has two panels' width. Runs without a gradient are named below.
 */
export function epochs(runs: readonly AgreementByEpoch[]): string {
  const all = runs.flatMap(({ layers }) => layers.flatMap(({ meanCosine }) => meanCosine))
  const least = Math.min(0, ...all.filter((value) => value !== null))
  const length = ({ layers }: AgreementByEpoch) => layers[0].meanCosine.length
  const shortest = Math.min(...runs.map(length))
  const isEmpty = ({ layers }: AgreementByEpoch) =>
    layers.every(({ meanCosine }) => meanCosine.every((value) => value === null))
  const panels = runs
    .filter((run) => !isEmpty(run))
    .map((run) => {
      const title = `<p class="over">${sentence(run.label)}</p>`
      const wide = length(run) > shortest
      const plot = onePanel(run, wide ? 2 * width + gap : width, least)
      return tag('div', { class: wide && 'wide' }, title, plot)
    })
  const keys = runs[0].layers.map(({ layer }, l) => lineKey(dashes[l], `hidden layer ${layer}`, 'measured'))
  const without = withoutGradient(runs.filter(isEmpty).map(({ label }) => label))
  return `<div class="panels small three">${panels.join('')}<div class="rest">${without}<p class="keys">${keys.join('')}</p></div></div>`
}

function onePanel({ layers }: AgreementByEpoch, width: number, least: number): string {
  const last = layers[0].meanCosine.length - 1
  const [epochs, values] = [axisTicks([0, last], Math.min(last + 1, 5)), axisTicks([least, 1], 3)]
  return panel({
    width,
    height: 125,
    marginTop: 22,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: 34,
    x: {
      domain: [0, last],
      label: 'epoch',
      ticks: epochs,
      ...middleLabel,
    },
    y: { domain: [least, 1], label: 'mean cosine', ticks: values, labelArrow: 'none' },
    marks: [
      gridY(values),
      ...layers.map(({ meanCosine }, l) =>
        Plot.line(meanCosine, {
          x: (_value, epoch) => epoch,
          y: (value) => value ?? Number.NaN,
          stroke: colour('measured'),
          strokeDasharray: dashes[l],
          strokeWidth: 1.75,
        }),
      ),
    ],
  })
}

/** The mean cosine at the start and at the end of a run, and where it first falls below one half. */
function lost({ label, layers }: AgreementByEpoch): string {
  const words = layers.map(({ layer, meanCosine }) => {
    const known = meanCosine.flatMap((value, epoch) => (value === null ? [] : [{ value, epoch }]))
    if (known.length === 0) return `hidden layer ${layer} has no gradient beyond rounding`
    const [first, last] = [known[0], known[known.length - 1]]
    const below = known.find(({ value }) => value < 0.5)
    const ends = [first, last]
      .map(({ value, epoch }) => `${plainNumber(value)} at epoch ${epoch}`)
      .join(' to ')
    const fall = below ? `first below 0.5 at epoch ${below.epoch}` : 'never below 0.5'
    return `hidden layer ${layer} from ${ends}, ${fall}`
  })
  return `With ${label}: ${words.join('; ')}.`
}
