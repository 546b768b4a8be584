/**
 * What the reader has chosen, as text: the address of the page, so that a link shows the same, and the
 * controls. Both are read here, by one grammar, with one message for each thing that cannot be.
 */
import type { GridAxis } from '../../../experiments/protocol.ts'
import {
  besidesOf,
  type Composition,
  epochsOf,
  initialState,
  inputsOf,
  kindsOf,
  type LabState,
  type Layer,
  largestMinibatch,
  layers,
  longestList,
  mostSteps,
  type Parameter,
  passesOf,
  publishedParameters,
  reachOf,
  residuals,
  sameParameter,
  widestStep,
} from './state.ts'
import type { Study } from './study.ts'

/** What of an address cannot be, and why; the message is for the reader. */
export interface Problem {
  readonly name: Name
  readonly text: string
  readonly message: string
}

const names = [
  'condition',
  'epoch',
  'layer',
  'x',
  'y',
  'grid',
  'moved',
  'pass',
  'masks',
  'a',
  'b',
  'beside',
] as const
/** The parts of an address. */
export type Name = (typeof names)[number]

/** A state as text, part by part. */
export type Written = { readonly [name in Name]: string }

/** The state as the query of an address, without what is as in the initial state. */
export function toQuery(state: LabState, study: Study): URLSearchParams {
  const written = write(state)
  const initial = write({
    ...initialState(study),
    parameters: publishedParameters(study, state.condition, state.epoch, state.layer),
  })
  return new URLSearchParams(
    names.filter((name) => written[name] !== initial[name]).map((name) => [name, written[name]]),
  )
}

/** The state that a query describes, and what is wrong with the query. */
export const fromQuery = (query: URLSearchParams, study: Study) =>
  read((name) => query.get(name) ?? undefined, study)

/** What the reader is told of a link that has problems. */
export const aboutLink = (problems: readonly Problem[]): string =>
  problems
    .map(({ name, text, message }) => `The link has ${name}=${shown(text)}, which cannot be: ${message}`)
    .join(' ')

/**
 * The state that these texts describe. What is left out is as in the initial state; what cannot be is
 * replaced by that too, and is among the problems.
 */
export function read(
  text: (name: Name) => string | undefined,
  study: Study,
): { state: LabState; problems: Problem[] } {
  const problems: Problem[] = []
  const part = <Value>(name: Name, parse: (text: string) => Value, otherwise: Value): Value => {
    const given = text(name)
    if (given === undefined) return otherwise
    try {
      return parse(given)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      problems.push({ name, text: given, message: error.message })
      return otherwise
    }
  }
  const initial = initialState(study)
  const condition = part('condition', oneOf('The network', Object.keys(study.conditions)), initial.condition)
  const epochs = epochsOf(study, condition)
  const epoch = part(
    'epoch',
    (given) => Number(oneOf('The epoch of this network', epochs.map(String))(given)),
    epochs.includes(initial.epoch) ? initial.epoch : epochs[0],
  )
  const layer = part('layer', layerOf, initial.layer)
  const published = publishedParameters(study, condition, epoch, layer)
  const parameter = (name: 'x' | 'y') => (given: string) =>
    readParameter(name, given, study, condition, layer)
  const x = part('x', parameter('x'), published[0])
  const y = part(
    'y',
    (given) => different(x, parameter('y')(given)),
    sameParameter(x, published[1]) ? published[0] : published[1],
  )
  const grid = part('grid', readGrid, initial.grid)
  const passes = passesOf(study, condition, layer)
  const state: LabState = {
    condition,
    epoch,
    layer,
    parameters: [x, y],
    grid,
    moved: part('moved', (given) => readMoved(given, grid), initial.moved),
    pass: part('pass', oneOf('The way through this network', passes), initial.pass),
    masks: part('masks', whole('The number of the masks', 1, 999_999), initial.masks),
    a: part('a', (given) => readComposition(given, study), initial.a),
    b: part('b', (given) => readComposition(given, study), initial.b),
    beside: part('beside', oneOf('What is shown beside this layer', besidesOf(layer)), initial.beside),
  }
  return { state, problems }
}

/** A state as text; what `read` makes the same state of. */
export function write(state: LabState): Written {
  const parameter = ({ kind, unit, input }: Parameter) =>
    [kind, unit, input].filter((part) => part !== undefined).join('.')
  const axis = ({ steps, step }: GridAxis) => `${steps}x${step}`
  return {
    condition: state.condition,
    epoch: String(state.epoch),
    layer: String(state.layer),
    x: parameter(state.parameters[0]),
    y: parameter(state.parameters[1]),
    grid: `${axis(state.grid.x)},${axis(state.grid.y)}`,
    moved: state.moved.join(','),
    pass: state.pass,
    masks: String(state.masks),
    a: writeComposition(state.a),
    b: writeComposition(state.b),
    beside: state.beside,
  }
}

/** As in an address: `published.7`, `draw.64.1.0-30.above`, `list.5.17.20-31`. */
export function writeComposition(composition: Composition): string {
  if (composition.from === 'published') return `published.${composition.number}`
  if (composition.from === 'list') return `list.${writeRecords(composition.records).join('.')}`
  const { size, seed, deliverers, residual } = composition
  return `draw.${size}.${seed}.${deliverers.join('-')}.${residual}`
}

/** Records with runs of three and more as ranges: 5, 17, 20-31. */
export function writeRecords(records: readonly number[]): string[] {
  const written: string[] = []
  for (let from = 0; from < records.length; ) {
    let to = from
    while (records[to + 1] === records[to] + 1) to++
    if (to - from < 2) to = from
    written.push(to === from ? String(records[from]) : `${records[from]}-${records[to]}`)
    from = to + 1
  }
  return written
}

/** The text of a list of records as a reader types it, as it is in an address. */
export const listed = (typed: string): string =>
  `list.${typed
    .replace(/(\d)\s*[-\u2013]\s*(?=\d)/g, '$1-')
    .split(/[\s,;]+/)
    .filter((record) => record !== '')
    .join('.')}`

/** Thrown when a text cannot be read; the message says what was found and what would be right. */
class Refusal extends Error {}

/** What was found, short enough for a sentence. */
const shown = (text: string) =>
  text === '' ? 'nothing' : `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`

const oneOf =
  <Name extends string>(what: string, names: readonly Name[]) =>
  (text: string): Name => {
    const found = names.find((name) => name === text)
    if (found === undefined) throw new Refusal(`${what} can be ${names.join(', ')}, not ${shown(text)}.`)
    return found
  }

/** Reads a whole number of a range, written without sign, zeros in front or decimals. */
const whole =
  (what: string, least: number, most: number) =>
  (text: string): number => {
    const value = /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw new Refusal(`${what} is a whole number from ${least} to ${most}, not ${shown(text)}.`)
    return value
  }

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

function layerOf(text: string): Layer {
  const found = layers.find((known) => String(known) === text)
  if (found === undefined)
    throw new Refusal(`The hidden layer can be ${layers.join(', ')}, not ${shown(text)}.`)
  return found
}

function readParameter(
  name: 'x' | 'y',
  text: string,
  study: Study,
  condition: string,
  layer: Layer,
): Parameter {
  const [kind, unit, input, ...more] = text.split('.')
  const known = oneOf(`The kind of parameter ${name}`, kindsOf(study, condition))(kind)
  const ofUnit = whole(`The unit of parameter ${name}`, 0, study.protocol.hidden[layer] - 1)(unit ?? '')
  if (known !== 'weight') {
    if (input !== undefined)
      throw new Refusal(`A ${known} is named by its unit alone, such as ${known}.${ofUnit}.`)
    return { kind: known, unit: ofUnit }
  }
  if (more.length > 0) throw new Refusal('A weight is named by unit and origin, such as weight.3.7.')
  const from = whole(`The origin of weight ${name}`, 0, inputsOf(study, layer) - 1)(input ?? '')
  return { kind: known, unit: ofUnit, input: from }
}

function different(x: Parameter, y: Parameter): Parameter {
  if (sameParameter(x, y)) throw new Refusal('x and y are the same parameter; they have to be two.')
  return y
}

function readMoved(text: string, grid: LabState['grid']): readonly [number, number] {
  const parts = text.split(',')
  if (parts.length !== 2)
    throw new Refusal(`Parameters are moved by two numbers, such as 0.01,-0.02, not by ${shown(text)}.`)
  const along = (axis: 'x' | 'y', part: string) => {
    const reach = reachOf(grid[axis])
    const value = decimal.test(part) ? Number(Number(part).toPrecision(6)) + 0 : Number.NaN
    if (!(Math.abs(value) <= reach))
      throw new Refusal(`${axis} can be moved by ${-reach} to ${reach} on this grid, not by ${shown(part)}.`)
    return value
  }
  return [along('x', parts[0]), along('y', parts[1])]
}

function readGrid(text: string): LabState['grid'] {
  const axes = text.split(',')
  if (axes.length !== 2) throw new Refusal(`A grid has two axes, such as 5x0.02,10x0.01, not ${shown(text)}.`)
  return { x: readAxis('x', axes[0]), y: readAxis('y', axes[1]) }
}

function readAxis(name: 'x' | 'y', text: string): GridAxis {
  const [steps, step, ...more] = text.split('x')
  if (step === undefined || more.length > 0)
    throw new Refusal(`An axis is written as steps x step, such as 5x0.02, not ${shown(text)}.`)
  const count = whole(`The number of steps to either side along ${name}`, 1, mostSteps)(steps)
  const size = decimal.test(step) ? Number(step) : Number.NaN
  if (!(size > 0 && size <= widestStep))
    throw new Refusal(
      `The step along ${name} is a number above 0 and at most ${widestStep}, not ${shown(step)}.`,
    )
  return { steps: count, step: size }
}

function readComposition(text: string, study: Study): Composition {
  const [from, ...parts] = text.split('.')
  if (from === 'published') {
    if (parts.length !== 1) throw new Refusal('A minibatch of the article is named by its number alone.')
    return { from, number: whole('The number of an article’s minibatch', 1, study.minibatches)(parts[0]) }
  }
  if (from === 'list') return { from, records: readRecords(parts) }
  if (from !== 'draw')
    throw new Refusal(
      `A minibatch is such as published.3, draw.64.1.0-30.above or list.5.17.20-31, not ${shown(text)}.`,
    )
  if (parts.length !== 4)
    throw new Refusal('A draw has four parts, such as draw.64.1.0-30.above: size, seed, deliverers, which.')
  const [size, seed, range, residual] = parts
  const [least, most, ...more] = range.split('-')
  if (most === undefined || more.length > 0)
    throw new Refusal(`Deliverers are a range, such as 0-30, not ${shown(range)}.`)
  const deliverers = whole('The number of deliverers', 0, study.mostDeliverers)
  const bounds = [deliverers(least), deliverers(most)] as const
  if (bounds[0] > bounds[1])
    throw new Refusal(`Deliverers are from the fewest to the most, not from ${least} to ${most}.`)
  return {
    from,
    size: whole('The size of a minibatch', 1, largestMinibatch)(size),
    seed: whole('The number of the draw', 1, 999_999)(seed),
    deliverers: bounds,
    residual: oneOf('Which deliveries are drawn', residuals)(residual),
  }
}

const mostRecord = 999_999

function readRecords(parts: readonly string[]): number[] {
  if (parts.join('') === '') throw new Refusal('A minibatch has at least one example.')
  const records = new Set<number>()
  for (const part of parts) {
    const written = /^(0|[1-9]\d{0,5})(?:-(0|[1-9]\d{0,5}))?$/.exec(part)
    if (!written)
      throw new Refusal(
        `Records are whole numbers from 0 to ${mostRecord} or ranges, such as 5, 17, 20-31; ${shown(part)} is neither.`,
      )
    const [from, to] = [Number(written[1]), Number(written[2] ?? written[1])]
    if (from > to) throw new Refusal(`A range goes up, such as 5-20, not ${shown(part)}.`)
    if (records.size + to - from + 1 > longestList)
      throw new Refusal(`At most ${longestList} records can be listed.`)
    for (let record = from; record <= to; record++) {
      if (records.has(record)) throw new Refusal(`Record ${record} is listed twice.`)
      records.add(record)
    }
  }
  return [...records]
}
