import * as Plot from '@observablehq/plot'
import { max } from 'd3-array'
import { expectedCosine } from '../../experiments/agreement.ts'
import { expectedOnLine } from '../../experiments/statistics.ts'
import type { SizeCurve, SizePoint } from '../data/shapes.ts'
import { axisTicks, gridY, middleLabel } from '../drawing/grid.ts'
import { lineKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { atNetwork, kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const curves = await results.batchSizes(condition)
    const { label, checkpoints } = results.condition(condition)
    const { most } = results.protocol.deliveries.ranges.deliverers
    return { curves, label, epoch: checkpoints[1], most }
  },
  draw: ({ curves }) => batchSize(curves),
  describe: ({ curves, label }) =>
    `Mean cosine of two independent minibatches against their size, ${label}, measured and predicted. ` +
    curves.map(bySize).join(' '),
  // Two of the largest minibatches.
  laboratory({ curves, epoch, most }, { condition }) {
    const size = max(curves.flatMap(({ sizes }) => sizes.map(({ batchSize }) => batchSize)))
    const [a, b] = [1, 2].map((seed) => `draw.${size}.${seed}.0-${most}.any`)
    return atNetwork({ condition, epoch }, { a, b })
  },
  tabulate: ({ curves }) => ({
    columns: [
      'hidden layer',
      'epoch',
      'minibatch size',
      'mean cosine',
      'low',
      'high',
      'predicted',
      'predicted on a line',
    ],
    rows: curves.flatMap(({ layer, epoch, noiseScale, sizes }) =>
      sizes.map((size) => [
        layer,
        epoch,
        size.batchSize,
        size.meanCosine,
        ...interval(size),
        inManyDirections(noiseScale, size.batchSize),
        alongLine(noiseScale, size.batchSize),
      ]),
    ),
  }),
})

/** The two predictions; a noise scale that the data do not tell from infinite predicts no agreement. */
const inManyDirections = (noiseScale: number | null, size: number) =>
  expectedCosine(noiseScale ?? Number.POSITIVE_INFINITY, size)
const alongLine = (noiseScale: number | null, size: number) =>
  expectedOnLine(noiseScale ?? Number.POSITIVE_INFINITY, size)

/** The 95 % interval of a mean cosine. */
export const interval = ({ meanCosine, standardError }: SizePoint): readonly [low: number, high: number] => [
  Math.max(-1, meanCosine - 1.96 * standardError),
  Math.min(1, meanCosine + 1.96 * standardError),
]

/**
 * How the points and lines of each checkpoint look, in the order of the checkpoints: the later, the stronger.
 */
const looks = [
  { symbol: 'square', glyph: '\u25a0', strength: 45 },
  { symbol: 'circle', glyph: '\u25cf', strength: 70 },
  { symbol: 'triangle', glyph: '\u25b2', strength: 100 },
] as const

const shade = (strength: number) =>
  `color-mix(in oklab,${colour('measured')} ${strength}%,${colour('paper')})`

/**
 * Draws, for each layer and checkpoint, measured cosines with their 95 % intervals, and two predictions from
 * the noise scale alone as lines.
 */
export function batchSize(curves: readonly SizeCurve[]): string {
  const layers = [...new Set(curves.map(({ layer }) => layer))]
  const epochs = [...new Set(curves.map(({ epoch }) => epoch))]
  const least = Math.min(0, ...curves.flatMap(({ sizes }) => sizes.map((size) => interval(size)[0])))
  const panels = layers.map((layer) => {
    const ofLayer = curves.filter((curve) => curve.layer === layer)
    return `<div><p class="over">Hidden layer ${layer}</p>${onePanel(ofLayer, epochs, least)}</div>`
  })
  const keys = epochs.map((epoch) => {
    const { strength, glyph } = lookOf(epoch, epochs)
    const moment = epoch === 0 ? 'at the start' : `epoch ${epoch}`
    return `<span class="key"><span style="color:${shade(strength)}">${glyph}</span>${moment}</span>`
  })
  keys.push(lineKey('', 'predicted, noise in many directions'))
  keys.push(lineKey('4 3', 'predicted, all gradients along one line'))
  return `<div class="panels two">${panels.join('')}</div><p class="keys">${keys.join('')}</p>`
}

const lookOf = (epoch: number, epochs: readonly number[]) => looks[epochs.indexOf(epoch) % looks.length]

function onePanel(curves: readonly SizeCurve[], epochs: readonly number[], least: number): string {
  const sizes = curves[0].sizes.map(({ batchSize }) => batchSize)
  const [first, last] = [Math.log2(sizes[0]), Math.log2(sizes[sizes.length - 1])]
  // Powers of two: where votes can be tied, odd sizes lie on another curve.
  const between = Array.from({ length: Math.floor(last - first) + 1 }, (_, i) => Math.round(2 ** (first + i)))
  const values = axisTicks([least, 1])
  return panel({
    width: 340,
    height: 180,
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
      ...middleLabel,
    },
    y: { domain: [least, 1], label: 'mean cosine of a pair', ticks: values, labelArrow: 'none' },
    marks: [
      gridY(values),
      ...curves.flatMap(({ epoch, noiseScale, sizes }, c) => {
        const { strength, symbol } = lookOf(epoch, epochs)
        // Beside each other, so that intervals of several checkpoints can be told apart.
        const x = ({ batchSize }: SizePoint) => batchSize * 1.12 ** (c - (curves.length - 1) / 2)
        const line = { x: (size: number) => size, stroke: shade(strength), strokeWidth: 1.25 }
        return [
          Plot.line(between, { ...line, y: (size) => inManyDirections(noiseScale, size) }),
          Plot.line(between, {
            ...line,
            y: (size) => alongLine(noiseScale, size),
            strokeDasharray: '4 3',
          }),
          Plot.ruleX(sizes, {
            x,
            y1: (size) => interval(size)[0],
            y2: (size) => interval(size)[1],
            stroke: shade(strength),
            strokeWidth: 1.5,
          }),
          Plot.dot(sizes, { x, y: 'meanCosine', r: 3.5, symbol, fill: shade(strength) }),
        ]
      }),
    ],
  })
}

/**
 * A curve by batch size in numbers: the noise scale, the measured values, and how far they are from either
 * prediction.
 */
function bySize({ layer, epoch, noiseScale, sizes }: SizeCurve): string {
  const values = sizes.map(({ batchSize, meanCosine }) => `${plainNumber(meanCosine)} at ${batchSize}`)
  const noise =
    noiseScale === null
      ? 'a noise scale beyond the number of training records'
      : `noise scale ${plainNumber(noiseScale, { digits: noiseScale < 10 ? 2 : 0 })}`
  const off = (predicted: typeof alongLine) =>
    plainNumber(
      max(sizes, ({ batchSize, meanCosine }) => Math.abs(meanCosine - predicted(noiseScale, batchSize)))!,
    )
  return `Hidden layer ${layer}, epoch ${epoch}, ${noise}: ${values.join(', ')}; at most ${off(inManyDirections)} from the prediction for noise in many directions, ${off(alongLine)} from that for gradients along one line.`
}
