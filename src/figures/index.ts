/** From an article's request to a finished figure: reads the results, draws, describes, tabulates. */
import { mean as average, max, min } from 'd3-array'
import { expectedCosine, expectedCosineOnLine } from '../../experiments/agreement.ts'
import { cosine, gradientAt, gradientsAt, mean, opposes, pairCosines } from '../data/field.ts'
import type { FilmFile } from '../data/film.ts'
import type { Results } from '../data/results.ts'
import type { AgreementByEpoch, LayerCosines, LayerLandscapes, SizeCurve } from '../data/shapes.ts'
import { plainNumber } from '../number.ts'
import { batchSize, interval } from './batch-size.ts'
import { directions } from './directions.ts'
import { epochs } from './epochs.ts'
import type { FigureKind, FigureRequest } from './kinds.ts'
import { landscape } from './landscape.ts'
import { matrix } from './matrix.ts'
import { minibatches } from './minibatches.ts'
import { predictions } from './predictions.ts'
import { training } from './training.ts'
import { walk } from './walk.ts'

/** A table of numbers with named columns. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (number | string)[])[]
}

/** All that the page needs of a figure. */
export interface Figure {
  /** HTML with SVG panels. */
  readonly picture: string
  /** The finding in words and numbers, for a reader who cannot see the picture. */
  readonly alternative: string
  /** Names of the stages whose results it shows. */
  readonly stages: readonly string[]
  /** The landscapes of several minibatches, by layer, where it shows such. */
  readonly landscapes?: readonly LayerLandscapes[]
  /** The film of training, where it shows that. */
  readonly film?: FilmFile
  table(): Table
}

/** A request whose epoch is a number and that has what its kind needs; the check of the prose sees to that. */
type Asked = Required<Omit<FigureRequest, 'epoch'>> & { readonly epoch: number }

const draws: { readonly [kind in FigureKind]: (results: Results, asked: Asked) => Promise<Figure> } = {
  async landscape(results, { condition, epoch, layer }) {
    const single = await results.single(condition, epoch, layer)
    const { units, field } = single
    return {
      picture: landscape(single),
      alternative: `${field.x.length} by ${field.y.length} arrows over the biases of units ${units[0]} and ${units[1]} of hidden layer ${layer} (${results.condition(condition).label}, epoch ${epoch}): the gradient of one minibatch's cost when the two biases are moved by up to ${plainNumber(field.x[field.x.length - 1])} from their true values, which a circle marks in the middle. ${turning(single)}`,
      stages: [results.landscapesStage(condition, epoch, 'bias')],
      table: () => fieldTable([single]),
    }
  },
  async minibatches(results, { condition, epoch, variant }) {
    const layers = await results.landscapes(condition, epoch, variant)
    return {
      picture: minibatches(layers),
      alternative: `The gradient landscapes of ${layers[0].field.minibatches} minibatches, ${results.condition(condition).label}, epoch ${epoch}, as small panels; below them their gradients at the true parameters as arrows from one point, and a histogram of the cosines of all pairs. ${layers.map(atCentre).join(' ')}`,
      stages: [results.landscapesStage(condition, epoch, variant)],
      landscapes: layers,
      table: () => fieldTable(layers),
    }
  },
  async directions(results, { condition, layer }) {
    const { checkpoints, label } = results.condition(condition)
    const moments = await Promise.all(
      checkpoints.slice(0, 2).map(async (epoch) => ({
        epoch,
        landscapes: (await results.landscapes(condition, epoch, 'bias'))[layer - 1],
      })),
    )
    return {
      picture: directions(moments),
      alternative: `The gradients of ${moments[0].landscapes.field.minibatches} minibatches over two biases of a hidden layer, ${label}, an arrow each. ${moments.map(({ epoch, landscapes }) => `Epoch ${epoch}: ${atCentre(landscapes)}`).join(' ')}`,
      stages: moments.map(({ epoch }) => results.landscapesStage(condition, epoch, 'bias')),
      table: () => ({
        columns: ['epoch', 'minibatch', 'gradient x', 'gradient y'],
        rows: moments.flatMap(({ epoch, landscapes: { field } }) =>
          gradientsAt(field).map((gradient, i) => [epoch, i, ...gradient]),
        ),
      }),
    }
  },
  async training(results, { condition }) {
    const epochs = await results.training(condition)
    const [first, last] = [epochs[0], epochs[epochs.length - 1]]
    const { checkpoints, label } = results.condition(condition)
    return {
      picture: training({ epochs, checkpoints }),
      alternative: `Two curves over ${last.epoch} epochs of training, ${label}. The mean absolute error on the test data goes from ${plainNumber(first.testMae, { digits: 0 })} to ${plainNumber(last.testMae, { digits: 1 })}; R² from ${plainNumber(first.testR2)} to ${plainNumber(last.testR2, { digits: 3 })}.`,
      stages: [`training ${condition}`],
      table: () => ({
        columns: ['epoch', 'training cost', 'test mean absolute error', 'test R2'],
        rows: epochs.map(({ epoch, cost, testMae, testR2 }) => [epoch, cost ?? '', testMae, testR2]),
      }),
    }
  },
  async predictions(results, { condition }) {
    const { actual, frames } = await results.film(condition)
    const epochs = await results.training(condition)
    const shown = [0, 2, 5, 10, frames.length - 1].filter(
      (epoch, index, all) => epoch < frames.length && all.indexOf(epoch) === index,
    )
    const found = shown.map(
      (epoch) =>
        `${plainNumber(epochs[epoch].testR2)} ${epoch === 0 ? 'at the start' : `after epoch ${epoch}`}`,
    )
    return {
      picture: predictions({ actual, frames: shown.map((epoch) => frames[epoch]) }),
      alternative: `Predicted against actual values of ${actual.length} test deliveries, ${results.condition(condition).label}, at ${shown.length} moments of training, with the line of the rule. R² is ${found.join(', ')}.`,
      stages: [`training ${condition}`],
      film: {
        actual,
        predicted: Float32Array.from(frames.flatMap(({ predicted }) => [...predicted])),
        r2: Float32Array.from(epochs, ({ testR2 }) => testR2),
        mae: Float32Array.from(epochs, ({ testMae }) => testMae),
      },
      table: () => ({
        columns: ['actual', ...frames.map(({ epoch }) => `predicted after epoch ${epoch}`)],
        rows: Array.from(actual, (value, index) => [
          value,
          ...frames.map(({ predicted }) => predicted[index]),
        ]),
      }),
    }
  },
  async matrix(results, { condition, epoch }) {
    const layers = await results.cosines(condition, epoch)
    return {
      picture: matrix(layers),
      alternative: `The cosines of all pairs of ${layers[0].count} minibatches' gradients, ${results.condition(condition).label}, epoch ${epoch}, as a matrix of colours for each layer, similar minibatches next to each other. ${layers.map(camps).join(' ')}`,
      stages: [`agreement ${condition} ${epoch}`],
      table: () => ({
        columns: ['hidden layer', 'minibatch', 'other minibatch', 'cosine'],
        rows: layers.flatMap(({ layer, count, cosines }) =>
          Array.from(cosines, (value, at) => [layer, Math.floor(at / count), at % count, value]),
        ),
      }),
    }
  },
  async 'batch-size'(results, { condition }) {
    const curves = await results.batchSizes(condition)
    return {
      picture: batchSize(curves),
      alternative: `Mean cosine of two independent minibatches against their size, ${results.condition(condition).label}, measured and predicted. ${curves.map(bySize).join(' ')}`,
      stages: [...new Set(curves.map(({ epoch }) => `agreement ${condition} ${epoch}`))],
      table: () => ({
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
            expectedCosine(noiseScale, size.batchSize),
            expectedCosineOnLine(noiseScale, size.batchSize),
          ]),
        ),
      }),
    }
  },
  async epochs(results) {
    const names = Object.keys(results.protocol.conditions)
    const runs = await Promise.all(names.map((name) => results.agreementByEpoch(name)))
    return {
      picture: epochs(runs),
      alternative: `Mean cosine of the minibatches' gradients by epoch, one panel for each of ${runs.length} ways of training. ${runs.map(lost).join(' ')}`,
      stages: names.map((name) => `training ${name}`),
      table: () => ({
        columns: ['condition', 'hidden layer', 'epoch', 'mean cosine'],
        rows: runs.flatMap(({ layers }, run) =>
          layers.flatMap(({ layer, meanCosine }) =>
            meanCosine.map((value, epoch) => [names[run], layer, epoch, value ?? '']),
          ),
        ),
      }),
    }
  },
  async walk(results, { condition }) {
    const { biases, summary } = await results.walk(condition)
    const share = (values: readonly number[]) =>
      plainNumber(average(values)!, { format: 'percent', digits: 1 })
    return {
      picture: walk(biases),
      alternative: `A bias of each layer over ${summary.steps} steps from one start, ${results.condition(condition).label}, in ${biases[0].paths.length} orders of the same data. The networks move by ${share(summary.distanceFromStart)} of their parameters' length and end ${share(summary.distances)} from each other; their predictions differ by ${plainNumber(average(summary.predictionDifferences)!, { digits: 1 })} (root mean square), where the mean absolute error is between ${plainNumber(min(summary.endMae)!, { digits: 1 })} and ${plainNumber(max(summary.endMae)!, { digits: 1 })}.`,
      stages: [`walk ${condition}`, `landscapes ${condition} ${results.protocol.walks.from}`],
      table: () => ({
        columns: ['hidden layer', 'unit', 'order', 'step', 'bias'],
        rows: biases.flatMap(({ layer, unit, paths }) =>
          paths.flatMap((path, order) =>
            Array.from(path, (value, step) => [layer, unit, order, step, value]),
          ),
        ),
      }),
    }
  },
}

const drawn = new WeakMap<Results, Map<string, Promise<Figure>>>()

/** The figure that an article asks for; drawn once for the same results. */
export function figure(results: Results, request: FigureRequest): Promise<Figure> {
  const known = drawn.get(results) ?? new Map<string, Promise<Figure>>()
  drawn.set(results, known)
  const name = figureName(request)
  const made = known.get(name) ?? draws[request.kind](results, asked(results, request))
  known.set(name, made)
  return made
}

/** A name for files that belong to a figure, such as `minibatches-none-10-bias`. */
export const figureName = ({ kind, condition, epoch, layer, variant }: FigureRequest): string =>
  [kind, condition, epoch, layer && `layer${layer}`, variant].filter((part) => part !== undefined).join('-')

/** Which moment's landscapes a figure shows, its epoch as a number. */
export const epochOf = (results: Results, request: FigureRequest): number => asked(results, request).epoch

function asked(results: Results, request: FigureRequest): Asked {
  const checkpoints = results.condition(request.condition ?? '')?.checkpoints ?? []
  const named = { start: checkpoints[0], last: checkpoints[checkpoints.length - 1] }
  const epoch = typeof request.epoch === 'string' ? named[request.epoch] : request.epoch
  return { ...request, epoch } as Asked
}

/** How far the direction of the first minibatch's gradient changes over its landscape. */
function turning({ field }: LayerLandscapes): string {
  const [centre] = gradientsAt(field)
  let least = 1
  field.y.forEach((_y, row) => {
    field.x.forEach((_x, column) => {
      least = Math.min(least, cosine(centre, gradientAt(field, 0, row, column)))
    })
  })
  const degrees = (Math.acos(Math.max(-1, least)) * 180) / Math.PI
  return `Nowhere on the grid does the gradient turn by more than ${plainNumber(degrees, { digits: 1 })} degrees from the one at the centre.`
}

/** How far the minibatches of a layer agree at the true parameters. */
function atCentre({ layer, field }: LayerLandscapes): string {
  const gradients = gradientsAt(field)
  const cosines = pairCosines(gradients)
  const zero = gradients.filter(([x, y]) => x === 0 && y === 0).length
  if (cosines.length === 0)
    return `Hidden layer ${layer}: the gradient of ${zero} of ${gradients.length} minibatches is zero.`
  const against = gradients.filter((gradient) => opposes(gradient, mean(gradients))).length
  const sum = cosines.reduce((total, value) => total + value, 0)
  const opposed = cosines.filter((value) => value < 0).length / cosines.length
  return `Hidden layer ${layer}: ${against} of ${gradients.length} point against their mean${zero > 0 ? `, ${zero} are zero` : ''}; the mean cosine of a pair is ${plainNumber(sum / cosines.length)}, and ${plainNumber(opposed, { format: 'percent', digits: 0 })} of the pairs are opposed.`
}

/** How the pairs of minibatches divide. */
function camps({ layer, cosines, count }: LayerCosines): string {
  const known = [...cosines].filter(
    (value, at) => at % count < Math.floor(at / count) && !Number.isNaN(value),
  )
  const share = (of: (value: number) => boolean) =>
    plainNumber(known.filter(of).length / known.length, { format: 'percent', digits: 0 })
  return `Hidden layer ${layer}: the mean cosine is ${plainNumber(average(known) ?? Number.NaN)}; ${share((value) => value > 0.5)} of the pairs have one above 0.5, ${share((value) => value < 0)} one below 0 and ${share((value) => value < -0.5)} one below \u22120.5.`
}

/** A curve by batch size in numbers: the noise scale, the measured values, and how far they are from either prediction. */
function bySize({ layer, epoch, noiseScale, sizes }: SizeCurve): string {
  const values = sizes.map(({ batchSize, meanCosine }) => `${plainNumber(meanCosine)} at ${batchSize}`)
  const off = (predicted: (noiseScale: number, batchSize: number) => number) =>
    plainNumber(
      max(sizes, ({ batchSize, meanCosine }) => Math.abs(meanCosine - predicted(noiseScale, batchSize)))!,
    )
  return `Hidden layer ${layer}, epoch ${epoch}, noise scale ${plainNumber(noiseScale, { digits: noiseScale < 10 ? 2 : 0 })}: ${values.join(', ')}; at most ${off(expectedCosine)} from the prediction for noise in many directions, ${off(expectedCosineOnLine)} from that for gradients along one line.`
}

/** The mean cosine at the start and at the end of a run, and where it first falls below one half. */
function lost({ label, layers }: AgreementByEpoch): string {
  const words = layers.map(({ layer, meanCosine }) => {
    const known = meanCosine.flatMap((value, epoch) => (value === null ? [] : [{ value, epoch }]))
    if (known.length === 0) return `hidden layer ${layer} has no gradient beyond rounding`
    const [first, last] = [known[0], known[known.length - 1]]
    const below = known.find(({ value }) => value < 0.5)
    return `hidden layer ${layer} from ${plainNumber(first.value)} at epoch ${first.epoch} to ${plainNumber(last.value)} at epoch ${last.epoch}, ${below ? `first below 0.5 at epoch ${below.epoch}` : 'never below 0.5'}`
  })
  return `With ${label}: ${words.join('; ')}.`
}

function fieldTable(layers: readonly LayerLandscapes[]): Table {
  return {
    columns: ['hidden layer', 'minibatch', 'x', 'y', 'gradient x', 'gradient y'],
    rows: layers.flatMap(({ layer, field: { x, y, minibatches, gradient } }) =>
      Array.from({ length: minibatches * y.length * x.length }, (_, point) => {
        const row = Math.floor(point / x.length)
        return [
          layer,
          Math.floor(row / y.length),
          x[point % x.length],
          y[row % y.length],
          gradient[2 * point],
          gradient[2 * point + 1],
        ]
      }),
    ),
  }
}
