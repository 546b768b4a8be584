/** From an article's request to a finished figure: reads the results, draws, describes, tabulates. */
import { plainNumber } from '../number.ts'
import type { LayerLandscapes, Results } from '../results.ts'
import { compass } from './compass.ts'
import { cosine, gradientAt, gradientsAt, mean, opposes, pairCosines } from './field.ts'
import type { FigureKind, FigureRequest } from './kinds.ts'
import { landscape } from './landscape.ts'
import { minibatches } from './minibatches.ts'
import { predictions } from './predictions.ts'
import { training } from './training.ts'

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
      alternative: `The gradient landscapes of ${layers[0].field.minibatches} minibatches, ${results.condition(condition).label}, epoch ${epoch}, as small panels. ${layers.map(atCentre).join(' ')}`,
      stages: [results.landscapesStage(condition, epoch, variant)],
      table: () => fieldTable(layers),
    }
  },
  async compass(results, { condition, epoch, variant }) {
    const layers = await results.landscapes(condition, epoch, variant)
    return {
      picture: compass(layers),
      alternative: `The gradients of ${layers[0].field.minibatches} minibatches at the true parameters, ${results.condition(condition).label}, epoch ${epoch}, as arrows from one point, and a histogram of the cosines of their pairs. ${layers.map(atCentre).join(' ')}`,
      stages: [results.landscapesStage(condition, epoch, variant)],
      table: () => ({
        columns: ['hidden layer', 'minibatch', 'gradient x', 'gradient y'],
        rows: layers.flatMap(({ layer, field }) => gradientsAt(field).map((gradient, i) => [layer, i, ...gradient])),
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
      (epoch) => `${plainNumber(epochs[epoch].testR2)} ${epoch === 0 ? 'at the start' : `after epoch ${epoch}`}`,
    )
    return {
      picture: predictions({ actual, frames: shown.map((epoch) => frames[epoch]) }),
      alternative: `Predicted against actual values of ${actual.length} test deliveries, ${results.condition(condition).label}, at ${shown.length} moments of training, with the line of the rule. R² is ${found.join(', ')}.`,
      stages: [`training ${condition}`],
      table: () => ({
        columns: ['actual', ...frames.map(({ epoch }) => `predicted after epoch ${epoch}`)],
        rows: Array.from(actual, (value, index) => [value, ...frames.map(({ predicted }) => predicted[index])]),
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
