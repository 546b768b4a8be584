/** Everything that the reader has chosen in the laboratory, and its form in the address of the page, so that a link shows the same. */
import type { GridAxis } from '../../../experiments/protocol.ts'
import type { Study } from './study.ts'

/** Hidden layers, of which the landscape can be drawn. */
export const layers = [0, 1, 2] as const
export type Layer = (typeof layers)[number]

/** A parameter of the layer: of one of its units, a weight with the input that it multiplies. */
export interface Parameter {
  readonly kind: 'bias' | 'weight' | 'gamma' | 'beta'
  readonly unit: number
  /** Only of a weight: the unit of the layer above or, for hidden layer 0, the one-hot input. */
  readonly input?: number
}

export const parameterKinds = ['bias', 'weight', 'gamma', 'beta'] as const

/**
 * How a minibatch passes through the network: as in training, its masks held over the grid; with fresh masks at every grid point; or as in evaluation, without
 * masks and with running statistics.
 */
export const passes = ['training', 'fresh', 'evaluation'] as const
export type Pass = (typeof passes)[number]

/** On which side of its target the network's prediction is, in evaluation mode at the true parameters. */
export const residuals = ['any', 'above', 'below'] as const
export type Residual = (typeof residuals)[number]

/** How a minibatch is put together. */
export type Composition =
  /** One of the published minibatches, counted from 1. */
  | { readonly from: 'published'; readonly number: number }
  /** Training examples drawn at random without replacement, among those with so many deliverers and such a residual. */
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
const besides = ['nothing', 'all', 'difference'] as const
export type Beside = (typeof besides)[number]

export interface LabState {
  readonly condition: string
  readonly epoch: number
  readonly layer: Layer
  readonly parameters: readonly [x: Parameter, y: Parameter]
  /** How far the two parameters are moved from their true values. */
  readonly moved: readonly [x: number, y: number]
  readonly grid: { readonly x: GridAxis; readonly y: GridAxis }
  readonly pass: Pass
  /** Names the dropout masks of minibatches that are not published. */
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

/** The two parameters whose landscape is published; of hidden layer 0, which is not published, the biases of its first two units. */
export function publishedParameters(
  study: Study,
  condition: string,
  epoch: number,
  layer: Layer,
): readonly [Parameter, Parameter] {
  const { batchNorm, units } = study.conditions[condition]
  const [x, y] = units[epoch][layer] ?? [0, 1]
  const kind = batchNorm === 'before ReLU' ? 'beta' : 'bias'
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

/** The state as the query of an address, without what is as in the initial state. */
export function toQuery(state: LabState, study: Study): URLSearchParams {
  const written = write(state)
  const initial = write({
    ...initialState(study),
    parameters: publishedParameters(study, state.condition, state.epoch, state.layer),
  })
  return new URLSearchParams(Object.entries(written).filter(([name, value]) => value !== initial[name]))
}

/**
 * The state that a query describes. What it leaves out is as in the initial state; what it has that cannot be is replaced by that too, with a sentence about it
 * among the `problems`.
 */
export function fromQuery(query: URLSearchParams, study: Study): { state: LabState; problems: string[] } {
  const problems: string[] = []
  const read = <Value>(
    name: string,
    parse: (text: string) => Value | undefined,
    otherwise: Value,
    valid: string,
  ) => {
    const text = query.get(name)
    if (text === null) return otherwise
    const value = parse(text)
    if (value === undefined) problems.push(`The link says ${name}=${text}, but ${name} can only be ${valid}.`)
    return value ?? otherwise
  }
  const initial = initialState(study)
  const conditions = Object.keys(study.conditions)
  const condition = read('condition', oneOf(conditions), initial.condition, conditions.join(', '))
  const epochs = epochsOf(study, condition)
  const epoch = read(
    'epoch',
    (text) => epochs.find((known) => String(known) === text),
    epochs.includes(initial.epoch) ? initial.epoch : epochs[0],
    epochs.join(', '),
  )
  const layer = read(
    'layer',
    (text) => layers.find((known) => String(known) === text),
    initial.layer,
    layers.join(', '),
  )
  const published = publishedParameters(study, condition, epoch, layer)
  const parameter = (name: 'x' | 'y', otherwise: Parameter) =>
    read(
      name,
      (text) => readParameter(text, study, condition, layer),
      otherwise,
      `a parameter of hidden layer ${layer}, such as bias.0`,
    )
  const x = parameter('x', published[0])
  const y = parameter('y', published[1])
  const passes = passesOf(study, condition, layer)
  const state: LabState = {
    condition,
    epoch,
    layer,
    parameters: sameParameter(x, y) ? published : [x, y],
    moved: read('moved', readPoint, initial.moved, 'two numbers, such as 0.01,-0.02'),
    grid: read(
      'grid',
      readGrid,
      initial.grid,
      'two axes of at most 20 steps to each side, such as 5x0.02,10x0.01',
    ),
    pass: read('pass', oneOf(passes), initial.pass, passes.join(', ')),
    masks: read('masks', whole(1, 999_999), initial.masks, 'a whole number'),
    a: read('a', (text) => readComposition(text, study), initial.a, 'a minibatch, such as published.3'),
    b: read('b', (text) => readComposition(text, study), initial.b, 'a minibatch, such as published.3'),
    beside: read('beside', oneOf(besidesOf(layer)), initial.beside, besidesOf(layer).join(', ')),
  }
  return { state, problems }
}

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

/** The longest grid offered to either side. */
export const mostSteps = 20

function write(state: LabState): { [name: string]: string } {
  const parameter = ({ kind, unit, input }: Parameter) =>
    [kind, unit, input].filter((part) => part !== undefined).join('.')
  const axis = ({ steps, step }: GridAxis) => `${steps}x${step}`
  return {
    condition: state.condition,
    epoch: String(state.epoch),
    layer: String(state.layer),
    x: parameter(state.parameters[0]),
    y: parameter(state.parameters[1]),
    moved: state.moved.map(short).join(','),
    grid: `${axis(state.grid.x)},${axis(state.grid.y)}`,
    pass: state.pass,
    masks: String(state.masks),
    a: writeComposition(state.a),
    b: writeComposition(state.b),
    beside: state.beside,
  }
}

/** As in an address: `published.7`, `draw.64.1.0-30.above`, `list.5.17.208`. */
export function writeComposition(composition: Composition): string {
  if (composition.from === 'published') return `published.${composition.number}`
  if (composition.from === 'list') return ['list', ...composition.records].join('.')
  const { size, seed, deliverers, residual } = composition
  return `draw.${size}.${seed}.${deliverers.join('-')}.${residual}`
}

function readComposition(text: string, study: Study): Composition | undefined {
  const [from, ...parts] = text.split('.')
  if (from === 'published') {
    const number = parts.length === 1 ? whole(1, study.minibatches)(parts[0]) : undefined
    return number === undefined ? undefined : { from, number }
  }
  if (from === 'list') {
    const records = parts.map(whole(0, 999_999))
    return records.length === 0 ||
      records.length > longestList ||
      records.includes(undefined) ||
      new Set(records).size < records.length
      ? undefined
      : { from, records: records as number[] }
  }
  if (from !== 'draw' || parts.length !== 4) return undefined
  const size = whole(1, largestMinibatch)(parts[0])
  const seed = whole(1, 999_999)(parts[1])
  const [least, most] = parts[2].split('-').map(whole(0, study.mostDeliverers))
  const residual = oneOf(residuals)(parts[3])
  if (size === undefined || seed === undefined || least === undefined || most === undefined || !residual)
    return undefined
  return least > most ? undefined : { from, size, seed, deliverers: [least, most], residual }
}

function readParameter(text: string, study: Study, condition: string, layer: Layer): Parameter | undefined {
  const [name, ...indices] = text.split('.')
  const kind = oneOf(kindsOf(study, condition))(name)
  const unit = whole(0, study.protocol.hidden[layer] - 1)(indices[0] ?? '')
  if (kind === undefined || unit === undefined || indices.length !== (kind === 'weight' ? 2 : 1))
    return undefined
  if (kind !== 'weight') return { kind, unit }
  const input = whole(0, inputsOf(study, layer) - 1)(indices[1])
  return input === undefined ? undefined : { kind, unit, input }
}

function readPoint(text: string): [number, number] | undefined {
  const [x, y, ...more] = text.split(',').map(Number)
  return more.length === 0 && [x, y].every((value) => Math.abs(value) <= 1000) ? [x, y] : undefined
}

function readGrid(text: string): LabState['grid'] | undefined {
  const axes = text.split(',').map((axis) => {
    const [steps, step, ...more] = axis.split('x')
    const count = whole(1, mostSteps)(steps)
    const size = Number(step)
    return more.length === 0 && count !== undefined && size > 0 && size <= 100
      ? { steps: count, step: size }
      : undefined
  })
  return axes.length === 2 && axes[0] && axes[1] ? { x: axes[0], y: axes[1] } : undefined
}

const oneOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name | undefined =>
    names.find((name) => name === text)

/** Reads a whole number of a range, written without sign, zeros in front or decimals. */
const whole =
  (least: number, most: number) =>
  (text: string): number | undefined =>
    /^(0|[1-9]\d{0,8})$/.test(text) && Number(text) >= least && Number(text) <= most
      ? Number(text)
      : undefined

/** A number to six significant digits, in as few characters as that takes. */
const short = (value: number) => String(Number(value.toPrecision(6)))
