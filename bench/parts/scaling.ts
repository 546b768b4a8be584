import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import { group, mean } from 'd3-array'
import { JSDOM } from 'jsdom'
import { displacements, landscape } from '../../experiments/landscape/landscape.ts'
import { paper } from '../../experiments/protocol.ts'
import { type Line, spread } from '../measure.ts'
import type { Bench, Part } from '../part.ts'
import { synthetic } from '../synthetic.ts'

interface Cost {
  readonly of: 'landscapes' | 'training'
  /** What is varied, and its value. */
  readonly by: string
  readonly value: number
  /** The value as a multiple of the study's. */
  readonly factor: number
  /** Of the processor: more telling than the clock when the machine is busy. */
  readonly seconds: number
}

const factors = [0.25, 0.5, 1, 2, 4]
const repeats = 5
const { grid, minibatches } = paper.landscapes

/**
 * How the costs, as processor time, grow with minibatches, grid points, examples, width and epochs; drawn in
 * bench/results/scaling.svg. The lines give the exponents.
 */
export const scaling: Part = async (bench) => {
  const costs = [...(await landscapes()), ...(await training(bench))]
  await writeFile(join(bench.results, 'scaling.svg'), picture(costs))
  const series = [...group(costs, ({ of, by }) => `${of} by ${by}`)]
  return series.map(
    ([what, points]): Line => ({
      part: 'scaling',
      what: `exponent of ${what}`,
      unit: '',
      spread: spread([exponent(points)]),
      note: points.map(({ value, seconds }) => `${value}: ${(1000 * seconds).toPrecision(2)} ms`).join(', '),
    }),
  )
}

/** Hidden layer 1's panels in closed form, without activations. */
async function landscapes(): Promise<Cost[]> {
  const { x, y } = grid
  const finer = (axis: typeof x, factor: number) =>
    displacements({ steps: Math.round(axis.steps * Math.sqrt(factor)), step: axis.step / Math.sqrt(factor) })
  const draw = async (panels: number, made = synthetic(), fineness = 1) => {
    const axes = [finer(x, fineness), finer(y, fineness)] as const
    return least(async () => {
      const before = process.cpuUsage()
      for (let panel = 0; panel < panels; panel++) landscape(made.layers, made.minibatch, made.moves, ...axes)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
  }
  const costs: Cost[] = []
  for (const factor of factors) {
    const cost = (by: string, value: number, seconds: number) =>
      costs.push({ of: 'landscapes', by, value, factor, seconds })
    const panels = Math.round(factor * minibatches)
    cost('minibatches', panels, await draw(panels))
    const points = finer(x, factor).length * finer(y, factor).length
    cost('grid points', points, await draw(minibatches, synthetic(), factor))
    cost('examples', 64 * factor, await draw(minibatches, synthetic({ examples: 64 * factor })))
    cost('width', 100 * factor, await draw(minibatches, synthetic({ units: 100 * factor })))
  }
  return costs
}

/** Steps of one worker on the first engine. */
async function training(bench: Bench): Promise<Cost[]> {
  const { askProcessor } = await bench.worker(bench.engines[0])
  const perEpoch = Math.floor(
    (paper.deliveries.count * paper.deliveries.trainFraction) / paper.training.batchSize,
  )
  const costs: Cost[] = []
  for (const factor of factors) {
    for (const [by, task, value, count] of [
      ['epochs', 'step', factor / 5, Math.round((factor / 5) * perEpoch)],
      ['examples', 'sizedStep', paper.training.batchSize * factor, paper.training.batchSize * factor],
      ['width', 'wideStep', paper.hidden[0] * factor, paper.hidden[0] * factor],
    ] as const)
      costs.push({
        of: 'training',
        by,
        value,
        factor,
        seconds: await least(() => askProcessor({ task, count })),
      })
  }
  return costs
}

/** The shortest of the repeats, in seconds: the one that the rest of the machine disturbed least. */
const least = async (measure: () => Promise<number>) => {
  const samples: number[] = []
  for (let repeat = 0; repeat <= repeats; repeat++) samples.push((await measure()) / 1000)
  return Math.min(...samples)
}

/** The slope of log cost over log size, by least squares. */
function exponent(points: readonly Cost[]): number {
  const at = points.map(({ value, seconds }) => [Math.log(value), Math.log(seconds)])
  const [meanX, meanY] = [0, 1].map((axis) => mean(at, (point) => point[axis]) ?? Number.NaN)
  const covariance = at.reduce((sum, [u, v]) => sum + (u - meanX) * (v - meanY), 0)
  return covariance / at.reduce((sum, [u]) => sum + (u - meanX) ** 2, 0)
}

/**
 * The largest size of each line, and a place for its name: at its height, or as far above the one below as a
 * line of text needs.
 */
function labels<C extends Cost & { readonly relative: number }>(data: readonly C[]) {
  const ends = data.filter(({ factor }) => factor === factors.at(-1)).sort((a, b) => a.relative - b.relative)
  const placed: { [of: string]: number } = {}
  return ends.map((end) => {
    placed[end.of] = Math.max(end.relative, 1.18 * (placed[end.of] ?? 0))
    return { ...end, place: placed[end.of] }
  })
}

/** Costs relative to those at the study's size, over size. Grey: in proportion. */
function picture(costs: readonly Cost[]): string {
  const { document } = new JSDOM('').window
  const unit = new Map(
    costs.filter(({ factor }) => factor === 1).map((cost) => [`${cost.of} ${cost.by}`, cost.seconds]),
  )
  const data = costs.map((cost) => ({ ...cost, relative: cost.seconds / unit.get(`${cost.of} ${cost.by}`)! }))
  const channels = { x: 'factor', y: 'relative', fx: 'of', stroke: 'by' } as const
  const titles = { landscapes: 'Landscapes of 50 minibatches', training: 'Training' }
  const multiples = {
    type: 'log',
    base: 2,
    ticks: factors,
    tickFormat: (value: number) => `${value}x`,
  } as const
  const svg = Plot.plot({
    document,
    width: 820,
    height: 380,
    marginTop: 45,
    marginLeft: 55,
    marginRight: 90,
    marginBottom: 40,
    style: { background: 'white', color: '#222', fontFamily: 'sans-serif', fontSize: '12px' },
    x: { ...multiples, label: 'size, as a multiple of the study’s' },
    y: { ...multiples, label: 'processor time, as a multiple of the study’s', grid: true },
    fx: { label: null, padding: 0.35, tickFormat: (of: Cost['of']) => titles[of] },
    color: { range: ['#1b6e7a', '#b5521b', '#5b4a9c', '#3f7d20', '#8a1c4a'] },
    marks: [
      Plot.line(
        factors.map((factor) => [factor, factor]),
        { stroke: '#bbb', strokeWidth: 6, strokeOpacity: 0.5 },
      ),
      Plot.line(data, channels),
      Plot.dot(data, { ...channels, fill: 'by', r: 2.5 }),
      Plot.text(labels(data), {
        ...channels,
        y: 'place',
        stroke: null,
        fill: 'by',
        text: 'by',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute(
    'aria-label',
    'Processor time of the landscapes and of training against minibatches, grid points, examples, width and epochs, relative to the study, on logarithmic axes.',
  )
  return `${svg.outerHTML}\n`
}
