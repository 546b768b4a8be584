import * as Plot from '@observablehq/plot'
import type { AgreementByEpoch } from '../data/shapes.ts'
import { colourKey } from '../drawing/key.ts'
import { colour, type Role } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'

const roles: readonly Role[] = ['agree', 'opposed']
const width = 200
const gap = 12

/** Draws one small panel for each training run with a line for each layer, on common axes; a run that is longer than the shortest has two panels' width. */
export function epochs(runs: readonly AgreementByEpoch[]): string {
  const all = runs.flatMap(({ layers }) => layers.flatMap(({ meanCosine }) => meanCosine))
  const least = Math.min(0, ...all.filter((value) => value !== null))
  const length = ({ layers }: AgreementByEpoch) => layers[0].meanCosine.length
  const shortest = Math.min(...runs.map(length))
  const panels = runs.map((run) => {
    const wide = length(run) > shortest
    return `<div${wide ? ' class="wide"' : ''}><p class="over">${run.label}</p>${onePanel(run, wide ? 2 * width + gap : width, least)}</div>`
  })
  const keys = runs[0].layers.map(({ layer }, l) => colourKey(roles[l], `hidden layer ${layer}`))
  return `<div class="panels scatter">${panels.join('')}</div><p class="keys">${keys.join('')}</p>`
}

function onePanel({ layers }: AgreementByEpoch, width: number, least: number): string {
  const last = layers[0].meanCosine.length - 1
  const empty = layers.every(({ meanCosine }) => meanCosine.every((value) => value === null))
  return panel({
    width,
    height: 150,
    marginTop: 22,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: 34,
    x: {
      domain: [0, last],
      label: 'epoch',
      ticks: Math.min(last, 5),
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [least, 1], label: 'mean cosine', ticks: 3, labelArrow: 'none' },
    marks: [
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 3 }),
      ...layers.map(({ meanCosine }, l) =>
        Plot.line(meanCosine, {
          x: (_value, epoch) => epoch,
          y: (value) => value ?? Number.NaN,
          stroke: colour(roles[l]),
          strokeWidth: 1.75,
        }),
      ),
      Plot.text(empty ? ['no gradient', 'beyond rounding'] : [], {
        x: () => last / 2,
        y: (_line, i) => 0.6 - 0.2 * i,
        fill: colour('muted'),
      }),
    ],
  })
}
