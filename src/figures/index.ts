/** From an article's request to a finished figure: reads the results, draws, describes, tabulates. */

import { plainNumber } from '../number.ts'
import type { Results } from '../results.ts'
import { centreGradients, type Field, gradientAt, opposes } from './field.ts'
import type { FigureKind, FigureRequest } from './kinds.ts'
import { landscape } from './landscape.ts'
import { minibatches } from './minibatches.ts'
import { predictions } from './predictions.ts'
import { training } from './training.ts'

/** A table of numbers with named columns. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly (number | string)[]>
}

/** All that the page needs of a figure. */
export interface Figure {
  /** HTML with SVG panels. */
  readonly picture: string
  /** The finding in words and numbers, for a reader who cannot see the picture. */
  readonly alternative: string
  /** Names of the stages whose results it shows. */
  readonly stages: readonly string[]
  readonly table: Table
}

type Draw = (results: Results, request: FigureRequest) => Promise<Figure>

const draws: { readonly [kind in FigureKind]: Draw } = {
  async landscape(results) {
    const { layer, units, field } = await results.single()
    return {
      picture: landscape({ field, minibatch: 0, units }),
      alternative: `A grid of ${field.x.length} by ${field.y.length} arrows over the biases of units ${units[0]} and ${units[1]} of hidden layer ${layer}: the gradient of the cost of one minibatch when the two biases are moved by at most ${plainNumber(field.x[field.x.length - 1], { digits: 3 })} from their true values, which a circle marks in the middle. ${turning(field)}`,
      stages: ['single'],
      table: fieldTable([{ layer, field }]),
    }
  },
  async minibatches(results, request) {
    const { condition, epoch, variant } = checkpoint(results, request)
    const layers = await results.landscapes(condition, epoch, variant)
    const agreement = await results.agreement(condition, epoch)
    const found = layers.map(({ layer, field }) => {
      const centre = centreGradients(field)
      const mean = centre.reduce(([x, y], gradient) => [x + gradient[0], y + gradient[1]], [0, 0])
      const against = centre.filter((gradient) => opposes(gradient, mean as [number, number])).length
      const pair = agreement[layer]
      return `Hidden layer ${layer}: ${against} of ${centre.length} point against the mean gradient at the true parameters; over all pairs the mean cosine is ${plainNumber(pair.meanCosine)} and ${plainNumber(pair.opposedFraction, { format: 'percent', digits: 0 })} of the pairs are opposed.`
    })
    return {
      picture: minibatches({ layers }),
      alternative: `The gradient landscapes of ${layers[0].field.minibatches} minibatches, ${results.condition(condition).label}, epoch ${epoch}, as small panels. ${found.join(' ')}`,
      stages: [`landscapes ${condition} ${epoch}`],
      table: fieldTable(layers),
    }
  },
  async training(results, { condition = '' }) {
    const data = await results.training(condition)
    const [first, last] = [data.epochs[0], data.epochs[data.epochs.length - 1]]
    return {
      picture: training(data),
      alternative: `Two curves over ${last.epoch} epochs of training, ${results.condition(condition).label}. The cost goes from ${plainNumber(first.cost, { digits: 0 })} to ${plainNumber(last.cost, { digits: 1 })}; R² on the test data from ${plainNumber(first.testR2)} to ${plainNumber(last.testR2, { digits: 3 })}.`,
      stages: [`training ${condition}`],
      table: {
        columns: ['epoch', 'training cost', 'test mean absolute error', 'test R2'],
        rows: data.epochs.map(({ epoch, cost, testMae, testR2 }) => [epoch, cost, testMae, testR2]),
      },
    }
  },
  async predictions(results, { condition = '' }) {
    const { actual, frames } = await results.film(condition)
    const { epochs } = await results.training(condition)
    const shown = [0, 2, 5, 10, frames.length - 1].filter(
      (epoch, index, all) => epoch < frames.length && all.indexOf(epoch) === index,
    )
    const found = shown.map(
      (epoch) => `${epoch === 0 ? 'at the start' : `after epoch ${epoch}`} ${plainNumber(epochs[epoch].testR2)}`,
    )
    return {
      picture: predictions({ actual, frames: shown.map((epoch) => frames[epoch]) }),
      alternative: `Predicted against actual values of ${actual.length} test deliveries, ${results.condition(condition).label}. The points close in on the line of the rule as training goes on: R² is ${found.join(', ')}.`,
      stages: [`training ${condition}`],
      table: {
        columns: ['actual', ...frames.map(({ epoch }) => `predicted after epoch ${epoch}`)],
        rows: Array.from(actual, (value, index) => [value, ...frames.map(({ predicted }) => predicted[index])]),
      },
    }
  },
}

const drawn = new WeakMap<Results, Map<string, Promise<Figure>>>()

/** The figure that an article asks for; drawn once for the same results. */
export function figure(results: Results, request: FigureRequest): Promise<Figure> {
  const known = drawn.get(results) ?? new Map<string, Promise<Figure>>()
  drawn.set(results, known)
  const name = figureName(request)
  const made = known.get(name) ?? draws[request.kind](results, request)
  known.set(name, made)
  return made
}

/** A name for files that belong to a figure, such as `minibatches-none-10-exact`. */
export const figureName = ({ kind, condition, epoch, variant }: FigureRequest): string =>
  [kind, condition, epoch, variant].filter((part) => part !== undefined).join('-')

function checkpoint(results: Results, { condition = '', epoch = 'start', variant = 'exact' }: FigureRequest) {
  const { checkpoints } = results.condition(condition)
  return {
    condition,
    variant,
    epoch: epoch === 'start' ? checkpoints[0] : epoch === 'last' ? checkpoints[checkpoints.length - 1] : epoch,
  }
}

/** How much the direction changes over the landscape of the first minibatch. */
function turning(field: Field): string {
  const [row, column] = [(field.y.length - 1) / 2, (field.x.length - 1) / 2]
  const centre = gradientAt(field, 0, row, column)
  let most = 0
  field.y.forEach((_, y) => {
    field.x.forEach((_, x) => {
      const gradient = gradientAt(field, 0, y, x)
      const turn = Math.atan2(
        centre[0] * gradient[1] - centre[1] * gradient[0],
        centre[0] * gradient[0] + centre[1] * gradient[1],
      )
      most = Math.max(most, Math.abs(turn))
    })
  })
  return `Nowhere on the grid does the gradient turn by more than ${plainNumber((most * 180) / Math.PI, { digits: 1 })} degrees from the one at the centre.`
}

function fieldTable(layers: readonly { readonly layer: number; readonly field: Field }[]): Table {
  return {
    columns: ['hidden layer', 'minibatch', 'x', 'y', 'gradient x', 'gradient y'],
    rows: layers.flatMap(({ layer, field }) =>
      Array.from({ length: field.minibatches }).flatMap((_, minibatch) =>
        Array.from(field.y).flatMap((y, row) =>
          Array.from(field.x, (x, column) => [layer, minibatch, x, y, ...gradientAt(field, minibatch, row, column)]),
        ),
      ),
    ),
  }
}
