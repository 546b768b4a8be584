/**
 * Measuring: from what the reader has chosen to exact landscapes and gradients. Knows nothing of the page.
 */
import { displacements, landscape } from '../../../experiments/landscape/landscape.ts'
import { transpose } from '../../../experiments/landscape/layers.ts'
import { shiftOf } from '../../../experiments/parameters.ts'
import { type MaskName, maskNames } from '../../../experiments/streams.ts'
import { writeComposition } from './address.ts'
import { Checkpoint, displaced, probe, type Seen, Unmeasurable, type View, type Whole } from './checkpoint.ts'
import { compose, fieldsOf, type TrainingExamples } from './examples.ts'
import type { Files, Report } from './files.ts'
import { Recent } from './recent.ts'
import type { LabState, Side } from './state.ts'
import { isPlain, type StudiedCondition, type Study } from './study.ts'

/** What was measured of one minibatch. */
export interface Measured {
  /**
   * Of its examples: their numbers in the data, deliverers, targets, and what the network predicts in this
   * pass.
   */
  readonly records: Uint16Array
  readonly deliverers: Uint16Array
  readonly targets: Float64Array
  readonly outputs: Float64Array
  /** Mean absolute error at the parameters as they are now. */
  readonly cost: number
  /** The gradient landscape on the grid about the trained parameters, [y, x, 2]. */
  readonly field: Float64Array
  /** The gradient at the parameters as they are now. */
  readonly gradient: readonly [x: number, y: number]
  /**
   * What each example adds to the gradient, [example, 2]. Absent under batch normalization with the
   * minibatch's statistics, where an example has no gradient of its own; and for gammas and betas.
   */
  readonly contributions?: Float64Array
  /** The gradient with respect to the shifts of all units of the layer: biases or, where those act, betas. */
  readonly shifts: Float64Array
  /** Where its pre-activations come from: the article's own, or rounded ones. */
  readonly exact: boolean
  /** Largest error that rounding causes in an output, over all training examples; where that is known. */
  readonly rounding?: number
  /** What of the composition could not be had. */
  readonly lacking?: string
}

/** The landscape of all training examples as one minibatch. */
export type Everything = Pick<Measured, 'field' | 'gradient' | 'shifts'>

export interface Measurement {
  readonly a: Measured
  readonly b: Measured
  readonly all?: Everything
}

/** Says how far a landscape is that takes long. */
export type Partial = (side: Side, field: Float64Array) => void

/** A name of the error of a measurement that was given up for a newer one. */
export const overtaken = 'Overtaken'

/** A measurement under way: whom to tell, and whether it is still wanted. */
interface Errand {
  readonly report: Report
  readonly partial: Partial
  /** Lets other messages in; rejects when the measurement was overtaken. */
  pause(): Promise<void>
}

/** A minibatch that has been brought to a hidden layer, and what it took. */
interface Arrived {
  readonly key: string
  readonly seen: Seen
  readonly masksAt: (point: number) => MaskName
  readonly exact: boolean
  readonly rounding: number | undefined
  readonly lacking: string | undefined
}

export class Laboratory {
  readonly #study: Study
  readonly #files: Files
  readonly #pause: () => Promise<void>
  readonly #seen = new Recent<Seen>(4)
  readonly #fields = new Recent<Float64Array>(8)
  #latest = 0

  /** @param pause lets other messages in */
  constructor(study: Study, files: Files, pause: () => Promise<void>) {
    this.#study = study
    this.#files = files
    this.#pause = pause
  }

  /**
   * Measures the two minibatches of a state. An older measurement still under way is given up: it rejects
   * with an error of the name `overtaken`.
   *
   * @throws Unmeasurable when a minibatch is empty or too large for what is asked
   */
  async measure(state: LabState, report: Report, partial: Partial): Promise<Measurement> {
    const turn = ++this.#latest
    const pause = async () => {
      await this.#pause()
      if (turn !== this.#latest)
        throw Object.assign(new Error('A newer measurement was asked for.'), { name: overtaken })
    }
    const errand: Errand = { report, partial, pause }
    const examples = await this.#files.examples(report)
    const checkpoint = await this.#checkpoint(state, examples, errand)
    const a = await this.#side(state, 'a', examples, checkpoint, errand)
    const b = await this.#side(state, 'b', examples, checkpoint, errand)
    if (state.beside === 'nothing') return { a, b }
    return { a, b, all: await this.#everything(state, examples, checkpoint, errand) }
  }

  /** A record of the data, field by field as far as the network reads it. */
  async record(number: number): Promise<[field: string, text: string][]> {
    const { records } = await this.#files.examples(() => {})
    const inputs = await this.#files.inputs(() => {})
    return fieldsOf(inputs, records.indexOf(number), this.#study)
  }

  /** The network as far as the state needs it. */
  async #checkpoint(state: LabState, { targets }: TrainingExamples, errand: Errand) {
    const { condition, epoch } = state
    const { report, pause } = errand
    const lower = await this.#files.lower(condition, epoch, report)
    const whole = this.#needsWhole(state) ? await this.#whole(condition, epoch, report) : undefined
    await pause()
    const studied = this.#study.conditions[condition]
    return { at: new Checkpoint(this.#study, studied, targets, lower, whole), above: lower.above }
  }

  async #whole(condition: string, epoch: number, report: Report): Promise<Whole> {
    const [network, inputs] = await Promise.all([
      this.#files.network(condition, epoch, report),
      this.#files.inputs(report),
    ])
    return { network, inputs }
  }

  /** Whether what the lower layers get of every example is not enough. */
  #needsWhole(state: LabState): boolean {
    const { pass, a, b, beside } = state
    if (needsFirst(state)) return true
    if (beside !== 'nothing' && !this.#passedAsWhole(state)) return true
    return [a, b].some(({ from }) => !(from === 'published' && pass === 'training') && !this.#passed(state))
  }

  /** Whether the build passed each training example as this state does: alone, by what is known of it. */
  #passed({ condition, pass }: LabState): boolean {
    const studied = this.#study.conditions[condition]
    return isPlain(studied) || (studied.dropout === 0 && pass === 'evaluation')
  }

  /** Whether the build passed all training examples as this state does. */
  #passedAsWhole(state: LabState): boolean {
    const { batchNorm, dropout } = this.#study.conditions[state.condition]
    return this.#passed(state) || (dropout > 0 && batchNorm === null && state.pass !== 'evaluation')
  }

  async #side(
    state: LabState,
    side: Side,
    examples: TrainingExamples,
    checkpoint: { readonly at: Checkpoint; readonly above: ArrayLike<number> },
    errand: Errand,
  ): Promise<Measured> {
    const arrived = await this.#arrive(state, side, examples, checkpoint, errand)
    const { seen, exact, rounding, lacking } = arrived
    const field = await this.#field(state, side, arrived, checkpoint.at, errand)
    const view = checkpoint.at.view(seen, state.layer, state.parameters)
    const { cost, residuals, gradient, contributions, units } = probe(displaced(view, state.moved))
    const studied = this.#study.conditions[state.condition]
    const own =
      !(studied.batchNorm && seen.statistics === 'minibatch') &&
      state.parameters.every(({ kind }) => !isBatchNorm(kind))
    const { records, deliverers } = examples
    const { targets } = seen.minibatch
    return {
      records: Uint16Array.from(seen.places, (place) => records[place]),
      deliverers: Uint16Array.from(seen.places, (place) => deliverers[place]),
      targets: Float64Array.from(targets),
      outputs: Float64Array.from(residuals, (residual, n) => residual + targets[n]),
      cost,
      field,
      gradient,
      ...(own && { contributions }),
      shifts: shiftsOf(units, studied),
      exact,
      ...(rounding !== undefined && { rounding }),
      ...(lacking && { lacking }),
    }
  }

  /** Composes a minibatch and brings it to the hidden layer that is drawn, or to the one above. */
  async #arrive(
    state: LabState,
    side: Side,
    examples: TrainingExamples,
    { at: checkpoint, above }: { readonly at: Checkpoint; readonly above: ArrayLike<number> },
    { report, pause }: Errand,
  ): Promise<Arrived> {
    const { condition, epoch, pass, layer, grid } = state
    const composition = state[side]
    const { places, lacking } = compose(composition, examples, above, this.#study.protocol.seed)
    if (places.length === 0)
      throw new Unmeasurable(lacking ?? `Minibatch ${side.toUpperCase()} has no examples.`)
    const number = composition.from === 'published' ? composition.number - 1 : undefined
    const masksAt = (point: number): MaskName =>
      number === undefined
        ? maskNames.freshLaboratory(state.masks, side, point)
        : maskNames.fresh(number, point)
    const held = number === undefined ? maskNames.laboratory(state.masks, side) : maskNames.landscape(number)
    // The parameters are in the middle of the grid as trained.
    const masks: MaskName = pass === 'fresh' ? masksAt(middleOf(grid)) : held
    const { statistics, dropped } = this.#mode(state)
    const exact = composition.from === 'published' && pass === 'training' && !needsFirst(state)
    const arrivals =
      !exact && this.#passed(state) && !needsFirst(state)
        ? await this.#files.arrivals(condition, epoch, this.#arrivalLayer(state) === 2 ? 2 : 1, report)
        : undefined
    const arrive = async (): Promise<Seen> => {
      const named = dropped ? masks : undefined
      if (composition.from === 'published' && exact) {
        const published = await this.#files.published(condition, epoch, composition.number, report)
        const { shape, data } = published.preactivations
        return checkpoint.arrived(places, 1, transpose(data, shape[0], shape[1]), statistics, named)
      }
      if (arrivals)
        return checkpoint.arrived(places, this.#arrivalLayer(state), arrivals.of(places), statistics, named)
      if (layer === 0) return checkpoint.arrived(places, 0, checkpoint.first(places), statistics, named)
      if (pass === 'fresh') return checkpoint.redrawn(places)(masks)
      const steps = checkpoint.see(places, statistics, named)
      return finish(steps, (fraction) => report(fraction, `minibatch ${side.toUpperCase()}`), pause)
    }
    const way = [condition, epoch, pass, ...masks, exact, arrivals !== undefined, this.#arrivalLayer(state)]
    const key = [...way, writeComposition(composition)].join(' ')
    const seen = this.#seen.get(key) ?? (await arrive())
    this.#seen.set(key, seen)
    return { key, seen, masksAt, exact, rounding: arrivals?.rounding, lacking }
  }

  /** The hidden layer to which the build's pass takes the examples for this state. */
  #arrivalLayer({ condition, layer, parameters }: LabState): 0 | 1 | 2 {
    if (layer === 0) return 0
    const plain = isPlain(this.#study.conditions[condition])
    return plain && layer === 2 && parameters.every(({ kind }) => kind !== 'weight') ? 2 : 1
  }

  async #field(
    state: LabState,
    side: Side,
    { key: arrived, seen, masksAt }: Arrived,
    checkpoint: Checkpoint,
    { report, partial, pause }: Errand,
  ): Promise<Float64Array> {
    const { layer, parameters, grid, pass } = state
    const key = `${arrived} ${drawn(state)}`
    const known = this.#fields.get(key)
    if (known) return known
    let field: Float64Array
    if (pass === 'fresh' && layer !== 0) {
      const steps = checkpoint.fresh(seen.places, layer, state, masksAt)
      let step = steps.next()
      for (; !step.done; step = steps.next()) {
        partial(side, step.value.slice())
        const done = step.value.filter((value) => !Number.isNaN(value)).length
        report(done / step.value.length, `new masks at every point for minibatch ${side.toUpperCase()}`)
        await pause()
      }
      field = step.value
    } else {
      const view = checkpoint.view(seen, layer, parameters)
      field = await rows(view, grid, (fraction) => report(fraction, 'the landscape'), pause)
    }
    this.#fields.set(key, field)
    return field
  }

  async #everything(
    state: LabState,
    { count }: TrainingExamples,
    { at: checkpoint }: { readonly at: Checkpoint },
    { report, pause }: Errand,
  ): Promise<Everything> {
    const { condition, epoch, layer, parameters, grid, moved } = state
    if (layer === 0) throw new Unmeasurable('All training examples together are too many for hidden layer 0.')
    const what = `all ${count} training examples`
    const { statistics, dropped } = this.#mode(state)
    const named: MaskName | undefined = dropped ? maskNames.trainingSet() : undefined
    const at = this.#arrivalLayer(state) === 2 ? 2 : 1
    const key = `${condition} ${epoch} ${statistics} ${dropped} all at ${at}`
    const places = Int32Array.from({ length: count }, (_, place) => place)
    const arrive = async () => {
      if (this.#passedAsWhole(state)) {
        const arrivals = await this.#files.arrivals(condition, epoch, at, report)
        return checkpoint.arrived(places, at, arrivals.of(places), statistics, named)
      }
      return finish(checkpoint.see(places, statistics, named), (fraction) => report(fraction, what), pause)
    }
    const seen = this.#seen.get(key) ?? (await arrive())
    this.#seen.set(key, seen)
    const view = checkpoint.view(seen, layer, parameters)
    const fieldKey = `${key} ${drawn(state)}`
    const field =
      this.#fields.get(fieldKey) ?? (await rows(view, grid, (fraction) => report(fraction, what), pause))
    this.#fields.set(fieldKey, field)
    const { gradient, units } = probe(displaced(view, moved))
    return { field, gradient, shifts: shiftsOf(units, this.#study.conditions[condition]) }
  }

  #mode({ condition, pass }: LabState) {
    const evaluation = pass === 'evaluation'
    return {
      statistics: evaluation ? ('running' as const) : ('minibatch' as const),
      dropped: this.#study.conditions[condition].dropout > 0 && !evaluation,
    }
  }
}

/**
 * Whether hidden layer 0 itself has to be calculated: to be drawn, masked anew, or read by a weight that is
 * drawn.
 */
const needsFirst = ({ layer, pass, parameters }: LabState): boolean =>
  layer === 0 || pass === 'fresh' || (layer === 1 && parameters.some(({ kind }) => kind === 'weight'))

/** The place of the middle point in a grid. */
const middleOf = ({ x, y }: LabState['grid']): number => y.steps * (2 * x.steps + 1) + x.steps

/** What of a state decides which landscape is drawn of a minibatch. */
const drawn = ({ layer, parameters, grid }: LabState) => JSON.stringify([layer, parameters, grid])

const isBatchNorm = (kind: string) => kind === 'gamma' || kind === 'beta'

function shiftsOf(
  units: readonly { readonly bias: number; readonly beta: number }[],
  condition: StudiedCondition,
): Float64Array {
  const shift = shiftOf(condition)
  return Float64Array.from(units, (unit) => unit[shift])
}

/** Up to so many examples a landscape is drawn in one go. */
const atOnce = 512

/** A landscape, for a large minibatch row by row with a pause after each. */
async function rows(
  { layers, minibatch, moves }: View,
  grid: LabState['grid'],
  report: (fraction: number) => void,
  pause: () => Promise<void>,
): Promise<Float64Array> {
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  if (minibatch.size <= atOnce) return landscape(layers, minibatch, moves, x, y)
  const field = new Float64Array(2 * x.length * y.length)
  for (const [row, displacement] of y.entries()) {
    field.set(landscape(layers, minibatch, moves, x, [displacement]), 2 * row * x.length)
    report((row + 1) / y.length)
    await pause()
  }
  return field
}

/** Runs a calculation to its end, with a pause after each of its steps. */
export async function finish<Result>(
  steps: Generator<number, Result>,
  report: (fraction: number) => void,
  pause: () => Promise<void>,
): Promise<Result> {
  let step = steps.next()
  for (; !step.done; step = steps.next()) {
    report(step.value)
    await pause()
  }
  return step.value
}
