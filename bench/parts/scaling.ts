import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import { group } from 'd3-array'
import { JSDOM } from 'jsdom'
import { displacements, landscape } from '../../experiments/landscape.ts'
import { paper } from '../../experiments/protocol.ts'
import type { Bench, Part } from '../bench.ts'
import { type Line, spread, time } from '../measure.ts'
import { synthetic } from '../synthetic.ts'

interface Cost {
  readonly of: 'landscapes' | 'training'
  /** What is varied, and its value. */
  readonly by: string
  readonly value: number
  readonly seconds: number
}

const factors = [0.25, 0.5, 1, 2, 4]
const repeats = 5
const { grid, minibatches } = paper.landscapes

/** How the costs grow with minibatches, grid points, examples, width and epochs; drawn in bench/results/scaling.svg. The lines give the exponents. */
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
  const scaledAxis = (axis: typeof x, factor: number) =>
    displacements({ steps: Math.round(axis.steps * factor), step: axis.step / factor })
  const cost = async (by: string, value: number, panels: number, made: ReturnType<typeof synthetic>, finer = 1) => {
    const axes = [scaledAxis(x, finer), scaledAxis(y, finer)] as const
    const draw = () => {
      for (let panel = 0; panel < panels; panel++) landscape(made.layers, made.minibatch, made.moves, ...axes)
    }
    return { of: 'landscapes', by, value, seconds: await least(() => time(draw)) } as const
  }
  const costs: Cost[] = []
  for (const factor of factors) {
    const panels = minibatches
    const fewer = Math.round(factor * panels)
    costs.push(await cost('minibatches', fewer, fewer, synthetic()))
    const finer = Math.sqrt(factor)
    const points = scaledAxis(x, finer).length * scaledAxis(y, finer).length
    costs.push(await cost('grid points', points, panels, synthetic(), finer))
    costs.push(await cost('examples', 64 * factor, panels, synthetic({ examples: 64 * factor })))
    costs.push(await cost('width of the layer', 100 * factor, panels, synthetic({ units: 100 * factor })))
  }
  return costs
}

/** Steps of one worker on the first engine. */
async function training(bench: Bench): Promise<Cost[]> {
  const { ask } = await bench.worker(bench.engines[0])
  const perEpoch = Math.floor((paper.deliveries.count * paper.deliveries.trainFraction) / paper.training.batchSize)
  const costs: Cost[] = []
  for (const factor of factors) {
    const epochs = factor / 5
    const seconds = await least(() => ask({ task: 'step', count: Math.round(epochs * perEpoch) }))
    costs.push({ of: 'training', by: 'epochs', value: epochs, seconds })
    for (const [by, of, count] of [
      ['examples', 'sizedStep', paper.training.batchSize * factor],
      ['width of the layer', 'wideStep', paper.hidden[0] * factor],
    ] as const)
      costs.push({ of: 'training', by, value: count, seconds: await least(() => ask({ task: of, count })) })
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
  const [meanX, meanY] = [0, 1].map((axis) => at.reduce((sum, point) => sum + point[axis], 0) / at.length)
  const covariance = at.reduce((sum, [u, v]) => sum + (u - meanX) * (v - meanY), 0)
  return covariance / at.reduce((sum, [u]) => sum + (u - meanX) ** 2, 0)
}

function picture(costs: readonly Cost[]): string {
  const { document } = new JSDOM('').window
  const options = {
    x: 'value',
    y: (d: Cost) => 1000 * d.seconds,
    fx: 'by',
    fy: 'of',
    stroke: '#1b6e7a',
    fill: '#1b6e7a',
  } as const
  const svg = Plot.plot({
    document,
    width: 1000,
    height: 420,
    marginLeft: 50,
    marginRight: 75,
    style: { background: 'white', color: '#222', fontFamily: 'sans-serif', fontSize: '12px' },
    x: { type: 'log', label: null, ticks: 4, tickFormat: '~s' },
    y: { type: 'log', label: 'milliseconds', grid: true, ticks: 4, tickFormat: '~s' },
    fx: { label: null, padding: 0.15 },
    fy: { label: null },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.line(costs, { ...options, fill: 'none' }),
      Plot.dot(costs, { ...options, r: 2.5, stroke: 'none' }),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute(
    'aria-label',
    'Time of the landscapes of 50 minibatches, and of training, against minibatches, grid points, examples, width and epochs, on logarithmic axes.',
  )
  return `${svg.outerHTML}\n`
}
