import * as Plot from '@observablehq/plot'
import { expectedCosine, expectedCosineOnLine } from '../../experiments/agreement.ts'
import type { SizeCurve, SizePoint } from '../data/shapes.ts'
import { colour, type Role } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'

/** The 95 % interval of a mean cosine. */
export const interval = ({ meanCosine, standardError }: SizePoint): readonly [low: number, high: number] => [
  Math.max(-1, meanCosine - 1.96 * standardError),
  Math.min(1, meanCosine + 1.96 * standardError),
]

/** How the points and lines of each checkpoint look, in the order of the checkpoints. */
const looks: readonly {
  readonly role: Role
  readonly symbol: 'circle' | 'square' | 'triangle'
  readonly glyph: string
}[] = [
  { role: 'truth', symbol: 'square', glyph: '\u25a0' },
  { role: 'agree', symbol: 'circle', glyph: '\u25cf' },
  { role: 'opposed', symbol: 'triangle', glyph: '\u25b2' },
]

/** Draws, for each layer, measured cosines with their 95 % intervals, and two predictions from the noise scale alone as lines, for each checkpoint. */
export function batchSize(curves: readonly SizeCurve[]): string {
  const layers = [...new Set(curves.map(({ layer }) => layer))]
  const epochs = [...new Set(curves.map(({ epoch }) => epoch))]
  const least = Math.min(0, ...curves.flatMap(({ sizes }) => sizes.map((size) => interval(size)[0])))
  const panels = layers.map((layer) => {
    const ofLayer = curves.filter((curve) => curve.layer === layer)
    return `<div><p class="over">Hidden layer ${layer}</p>${onePanel(ofLayer, epochs, least)}</div>`
  })
  const keys = epochs.map((epoch) => {
    const { role, glyph } = lookOf(epoch, epochs)
    return `<span class="key"><span style="color:${colour(role)}">${glyph}</span><span>${epoch === 0 ? 'at the start' : `epoch ${epoch}`}</span></span>`
  })
  return `<div class="panels two">${panels.join('')}</div><p class="keys">${keys.join('')}${lineKey('', 'predicted, noise in many directions')}${lineKey('4 3', 'predicted, all gradients along one line')}</p>`
}

const lookOf = (epoch: number, epochs: readonly number[]) => looks[epochs.indexOf(epoch) % looks.length]

function onePanel(curves: readonly SizeCurve[], epochs: readonly number[], least: number): string {
  const sizes = curves[0].sizes.map(({ batchSize }) => batchSize)
  const [first, last] = [Math.log2(sizes[0]), Math.log2(sizes[sizes.length - 1])]
  const between = Array.from({ length: 49 }, (_, i) => 2 ** (first + ((last - first) * i) / 48))
  return panel({
    width: 340,
    height: 260,
    marginTop: 24,
    marginRight: 14,
    marginBottom: 40,
    marginLeft: 44,
    x: {
      type: 'log',
      base: 2,
      domain: [sizes[0] / 1.4, sizes[sizes.length - 1] * 1.4],
      label: 'records in a minibatch',
      ticks: sizes,
      tickFormat: (size: number) => size.toLocaleString('en-US'),
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [least, 1], label: 'mean cosine of a pair', ticks: 5, labelArrow: 'none' },
    marks: [
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      ...curves.flatMap(({ epoch, noiseScale, sizes }, c) => {
        const { role, symbol } = lookOf(epoch, epochs)
        // Beside each other, so that intervals of several checkpoints can be told apart.
        const x = ({ batchSize }: SizePoint) => batchSize * 1.12 ** (c - (curves.length - 1) / 2)
        const line = { x: (size: number) => size, stroke: colour(role), strokeWidth: 1.25 }
        return [
          Plot.line(between, { ...line, y: (size) => expectedCosine(noiseScale, size) }),
          Plot.line(between, {
            ...line,
            y: (size) => expectedCosineOnLine(noiseScale, size),
            strokeDasharray: '4 3',
          }),
          Plot.ruleX(sizes, {
            x,
            y1: (size) => interval(size)[0],
            y2: (size) => interval(size)[1],
            stroke: colour(role),
            strokeWidth: 1.5,
          }),
          Plot.dot(sizes, { x, y: 'meanCosine', r: 3.5, symbol, fill: colour(role) }),
        ]
      }),
    ],
  })
}

const lineKey = (dashes: string, words: string) =>
  `<span class="key"><svg viewBox="0 0 24 10" width="24" height="10" aria-hidden="true"><path d="M0 5h24" stroke="currentcolor" stroke-dasharray="${dashes}"/></svg><span>${words}</span></span>`
