/** Everything that the reader has chosen in the laboratory, and what can be chosen. */
import { type ParameterKind, shiftOf } from '../../../experiments/parameters.ts'
import type { GridAxis } from '../../../experiments/protocol.ts'
import type { Study } from './study.ts'

/** Hidden layers, of which the landscape can be drawn. */
export const layers = [0, 1, 2] as const
export type Layer = (typeof layers)[number]

/** A parameter of the layer: of one of its units, a weight with the input that it multiplies. */
export interface Parameter {
  readonly kind: ParameterKind
  readonly unit: number
  /** Only of a weight: the unit of the layer above or, for hidden layer 0, the one-hot input. */
  readonly input?: number
}

export const parameterKinds: readonly ParameterKind[] = ['bias', 'weight', 'gamma', 'beta']

/**
 * How a minibatch passes through the network: as in training, its masks held over the grid; with fresh masks
 * at every grid point; or as in evaluation, without masks and with running statistics.
 */
export const passes = ['training', 'fresh', 'evaluation'] as const
export type Pass = (typeof passes)[number]

/** On which side of its target the network's prediction is, in evaluation mode at the true parameters. */
export const residuals = ['any', 'above', 'below'] as const
export type Residual = (typeof residuals)[number]

/** How a minibatch is put together. */
export type Composition =
  /** One of the article's minibatches, counted from 1. */
  | { readonly from: 'published'; readonly number: number }
  /** Drawn at random without replacement, among those with so many deliverers and such a residual. */
  | {
      readonly from: 'draw'
      readonly size: number
      readonly seed: number
      readonly deliverers: readonly [least: number, most: number]
      readonly residual: Residual
    }
  /** These records, by their number in the data. */
  | { readonly from: 'list'; readonly records: readonly number[] }

export const largestMinibatch = 4096

/** The longest list of single examples: as many as an address can carry everywhere. */
export const longestList = 1000

/** What is shown beside the two landscapes. */
export const besides = ['nothing', 'all', 'difference'] as const
export type Beside = (typeof besides)[number]

/** The two minibatches. */
export type Side = 'a' | 'b'

export interface LabState {
  readonly condition: string
  readonly epoch: number
  readonly layer: Layer
  readonly parameters: readonly [x: Parameter, y: Parameter]
  /** How far the two parameters are moved from their trained values; within the grid. */
  readonly moved: readonly [x: number, y: number]
  readonly grid: { readonly x: GridAxis; readonly y: GridAxis }
  readonly pass: Pass
  /** Names the dropout masks of minibatches that are not the article's. */
  readonly masks: number
  readonly a: Composition
  readonly b: Composition
  readonly beside: Beside
}

/** What the laboratory shows when it is opened. */
export function initialState(study: Study): LabState {
  const condition = Object.keys(study.conditions)[0]
  const epochs = epochsOf(study, condition)
  const epoch = epochs[1] ?? epochs[0]
  return {
    condition,
    epoch,
    layer: 2,
    parameters: publishedParameters(study, condition, epoch, 2),
    moved: [0, 0],
    grid: study.grid,
    pass: 'training',
    masks: 1,
    a: { from: 'published', number: 1 },
    b: { from: 'published', number: 2 },
    beside: 'nothing',
  }
}

/** The epochs of a condition's checkpoints, ascending. */
export const epochsOf = (study: Study, condition: string): number[] =>
  Object.keys(study.conditions[condition].units)
    .map(Number)
    .sort((p, q) => p - q)

/**
 * The two parameters that the article draws; of hidden layer 0, which it does not draw, the biases of two
 * units.
 */
export function publishedParameters(
  study: Study,
  condition: string,
  epoch: number,
  layer: Layer,
): readonly [Parameter, Parameter] {
  const { batchNorm, units } = study.conditions[condition]
  const [x, y] = units[epoch][layer] ?? [0, 1]
  const kind = shiftOf({ batchNorm })
  return [
    { kind, unit: x },
    { kind, unit: y },
  ]
}

/** The number of units of the layer above, or of inputs above hidden layer 0. */
export const inputsOf = ({ protocol }: Study, layer: Layer): number =>
  layer === 0
    ? protocol.encoding.alphabet.length *
      protocol.encoding.fields.reduce((sum, { characters }) => sum + characters, 0)
    : protocol.hidden[layer - 1]

/** The passes that differ from each other for this layer under this condition. */
export function passesOf(study: Study, condition: string, layer: Layer): Pass[] {
  const { dropout, batchNorm } = study.conditions[condition]
  if (dropout > 0) return layer === 0 ? ['training', 'evaluation'] : ['training', 'fresh', 'evaluation']
  return batchNorm ? ['training', 'evaluation'] : ['training']
}

/** What can be shown beside this layer: of hidden layer 0 all training examples at once are too many. */
export const besidesOf = (layer: Layer): readonly Beside[] => (layer === 0 ? ['nothing'] : besides)

/** The kinds of parameters that a unit has under this condition. */
export const kindsOf = (study: Study, condition: string): Parameter['kind'][] =>
  parameterKinds.filter(
    (kind) => study.conditions[condition].batchNorm || kind === 'bias' || kind === 'weight',
  )

export const sameParameter = (p: Parameter, q: Parameter): boolean =>
  p.kind === q.kind && p.unit === q.unit && p.input === q.input

/** The longest grid offered to either side, and its widest step. */
export const mostSteps = 20
export const widestStep = 100

/** How far a parameter can be moved: to the edge of the grid. */
export const reachOf = ({ steps, step }: GridAxis): number => Number((steps * step).toPrecision(6))
