/** The laboratory's calculations: from what the reader has chosen to exact landscapes. Runs in a worker and knows nothing of the page. */
import { displacements, landscape, transpose } from '../../../experiments/landscape.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { Checkpoint, displaced, type MaskName, probe, type Seen } from './checkpoint.ts'
import { compose, fieldsOf, readExamples, type TrainingExamples } from './examples.ts'
import { type Composition, type LabState, writeComposition } from './state.ts'
import { examplesFile, networkFile, publishedFile, type Study } from './study.ts'

/** What was measured of one minibatch at the parameters as they are now. */
export interface Measured {
  /** Of its examples: their numbers in the data, deliverers, targets, and what the network predicts in this pass. */
  readonly records: Uint16Array
  readonly deliverers: Uint16Array
  readonly targets: Float64Array
  readonly outputs: Float64Array
  /** Mean absolute error. */
  readonly cost: number
  /** The gradient landscape around the parameters as they are now, [y, x, 2]. */
  readonly field: Float64Array
  readonly gradient: readonly [x: number, y: number]
  /**
   * What each example adds to the gradient, [example, 2]. Absent with fresh masks; under batch normalization with the minibatch's statistics, where an example has
   * no gradient of its own; and for gammas and betas.
   */
  readonly contributions?: Float64Array
  /** The gradient with respect to the shifts of all units of the layer: biases or, under batch normalization before the ReLU, betas. */
  readonly shifts: Float64Array
  /** Whether the build's pre-activations were used, and not those of the 8-bit weights. */
  readonly exact: boolean
  /** Largest difference of the outputs with 8-bit weights from the exact ones, where those are known. */
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

/** How the browser's landscape of a published minibatch compares with the build's. */
export interface Comparison {
  readonly layer: number
  readonly kind: 'bias' | 'beta'
  /** Largest difference of a component, calculated from the build's pre-activations. */
  readonly difference: number
  /** Root mean square difference when calculated from the 8-bit weights. */
  readonly rounding: number
  /** Root mean square length of the build's arrows. */
  readonly length: number
}

/** Says how far a calculation is. */
export type Report = (fraction: number, what: string) => void

/** Loads the tensors of a file whose address is relative to the page. */
export type Load = (file: string, report: (fraction: number) => void) => Promise<Tensors>

/** A name of the error of a measurement that was given up for a newer one. */
export const overtaken = 'Overtaken'

/** Minibatches kept ready, so that going back and forth is quick. */
const mostKept = 8

type Side = 'a' | 'b'

export class Laboratory {
  readonly #study: Study
  readonly #load: Load
  readonly #pause: () => Promise<void>
  readonly #files = new Map<string, Promise<Tensors>>()
  readonly #checkpoints = new Map<string, Checkpoint>()
  readonly #seen = new Map<string, Seen>()
  #examples: TrainingExamples | undefined
  #latest = 0

  /** @param pause lets other messages in */
  constructor(study: Study, load: Load, pause: () => Promise<void>) {
    this.#study = study
    this.#load = load
    this.#pause = pause
  }

  /**
   * Measures the two minibatches of a state. An older measurement still under way is given up: it rejects with an error of the name `overtaken`.
   *
   * @param quick leaves out all that need not follow while the reader drags
   * @param partial is given a landscape as far as it is known, where it takes long
   * @throws RangeError when a minibatch is empty or too large for what is asked
   */
  async measure(
    state: LabState,
    quick: boolean,
    report: Report,
    partial: (side: Side, field: Float64Array) => void,
  ): Promise<Measurement> {
    const turn = ++this.#latest
    const current = () => {
      if (turn !== this.#latest)
        throw Object.assign(new Error('A newer measurement was asked for.'), { name: overtaken })
    }
    const yieldTurn = async () => {
      await this.#pause()
      current()
    }
    const checkpoint = await this.#checkpoint(state.condition, state.epoch, report)
    current()
    const one = async (side: Side) => {
      const seen = await this.#see(state, side, checkpoint, report, yieldTurn)
      return this.#measure(state, side, checkpoint, seen, report, partial, yieldTurn)
    }
    const [a, b] = [await one('a'), await one('b')]
    if (quick || state.beside === 'nothing') return { a, b }
    return { a, b, all: await this.#everything(state, checkpoint, report, yieldTurn) }
  }

  /** A record of the data, field by field as far as the network reads it. */
  async record(number: number): Promise<[field: string, text: string][]> {
    const examples = await this.#trainingExamples(() => {})
    return fieldsOf(examples, examples.records.indexOf(number), this.#study)
  }

  /** Calculates the landscapes of a published minibatch as the build did, and again from the 8-bit weights, and compares with what the build published. */
  async compare(condition: string, epoch: number, number: number): Promise<Comparison[]> {
    const { grid, conditions } = this.#study
    const checkpoint = await this.#checkpoint(condition, epoch, () => {})
    const { minibatches } = await this.#trainingExamples(() => {})
    const { preactivations, ...fields } = await this.#published(condition, epoch, number)
    const places = Int32Array.from(minibatches[number - 1])
    const masks = conditions[condition].dropout > 0 ? ['landscape', number - 1] : undefined
    const steps = (exact?: Float64Array) => checkpoint.see(places, 'minibatch', masks, exact)
    const exact = await finish(steps(unitsFirst(preactivations)), () => {}, this.#pause)
    const rounded = await finish(steps(), () => {}, this.#pause)
    const [x, y] = [displacements(grid.x), displacements(grid.y)]
    return Object.entries(fields).map(([name, { data }]) => {
      const [, digit, kind] = /^layer(\d)\.(bias|beta)$/.exec(name)!
      const layer = Number(digit) as 1 | 2
      const [p, q] = conditions[condition].units[epoch][layer]
      const field = (seen: Seen) => {
        const { layers, minibatch, moves } = checkpoint.view(seen, layer, [
          { kind: kind as 'bias' | 'beta', unit: p },
          { kind: kind as 'bias' | 'beta', unit: q },
        ])
        return landscape(layers, minibatch, moves, x, y)
      }
      const [here, approximate] = [field(exact), field(rounded)]
      let [difference, errors, squares] = [0, 0, 0]
      data.forEach((value: number, at: number) => {
        difference = Math.max(difference, Math.abs(here[at] - value))
        errors += (approximate[at] - value) ** 2
        squares += value ** 2
      })
      const points = data.length / 2
      return {
        layer,
        kind: kind as 'bias' | 'beta',
        difference,
        rounding: Math.sqrt(errors / points),
        length: Math.sqrt(squares / points),
      }
    })
  }

  async #see(
    state: LabState,
    side: Side,
    checkpoint: Checkpoint,
    report: Report,
    pause: () => Promise<void>,
  ): Promise<Seen & { readonly lacking?: string; readonly exact: boolean }> {
    const composition = state[side]
    const examples = await this.#trainingExamples(report)
    const { places, lacking } = compose(composition, examples, checkpoint.outputs, this.#study.protocol.seed)
    if (places.length === 0)
      throw new RangeError(lacking ?? `Minibatch ${side.toUpperCase()} has no examples.`)
    const key = [
      state.condition,
      state.epoch,
      state.pass,
      state.masks,
      side,
      writeComposition(composition),
    ].join(' ')
    const exact = composition.from === 'published' && state.pass === 'training'
    const known = this.#seen.get(key)
    if (known) return { ...known, lacking, exact }
    const preactivations = exact
      ? unitsFirst((await this.#published(state.condition, state.epoch, composition.number)).preactivations)
      : undefined
    const { statistics, masks } = this.#mode(state, maskName(composition, state, side))
    const seen = await finish(
      checkpoint.see(places, statistics, masks, preactivations),
      (fraction) => report(fraction, `minibatch ${side.toUpperCase()}`),
      pause,
    )
    this.#keep(key, seen)
    return { ...seen, lacking, exact }
  }

  async #measure(
    state: LabState,
    side: Side,
    checkpoint: Checkpoint,
    seen: Seen & { readonly lacking?: string; readonly exact: boolean },
    report: Report,
    partial: (side: Side, field: Float64Array) => void,
    pause: () => Promise<void>,
  ): Promise<Measured> {
    const { batchNorm, dropout } = this.#study.conditions[state.condition]
    const { places, exact, lacking, second } = seen
    const { records, deliverers } = this.#examples!
    const original = checkpoint.view(seen, state.layer, state.parameters)
    const view = displaced(original, state.moved)
    const { cost, residuals, gradient, contributions, units } = probe(view)
    const [x, y] = [displacements(state.grid.x), displacements(state.grid.y)]
    let field: Float64Array
    let centre = gradient
    if (state.pass === 'fresh' && state.layer !== 0) {
      const composition = state[side]
      const name: MaskName =
        composition.from === 'published'
          ? ['fresh', composition.number - 1]
          : ['fresh', ...maskName(composition, state, side)]
      const steps = checkpoint.fresh(seen, state.layer, state, name)
      let step = steps.next()
      for (; !step.done; step = steps.next()) {
        partial(side, step.value.slice())
        const known = step.value.filter((value) => !Number.isNaN(value)).length
        report(known / step.value.length, `fresh masks for minibatch ${side.toUpperCase()}`)
        await pause()
      }
      field = step.value
      const middle = 2 * (state.grid.y.steps * x.length + state.grid.x.steps)
      centre = [field[middle], field[middle + 1]]
    } else field = landscape(view.layers, view.minibatch, view.moves, x, y)
    const own =
      !(batchNorm && seen.statistics === 'minibatch') &&
      state.parameters.every(({ kind }) => !isBatchNorm(kind))
    const comparable = !exact && !batchNorm && !dropout
    return {
      records: Uint16Array.from(places, (place) => records[place]),
      deliverers: Uint16Array.from(places, (place) => deliverers[place]),
      targets: Float64Array.from(second.targets),
      outputs: Float64Array.from(residuals, (residual, n) => residual + second.targets[n]),
      cost,
      field,
      gradient: centre,
      ...(own && { contributions }),
      shifts: Float64Array.from(units, (unit) => (batchNorm === 'before ReLU' ? unit.beta : unit.bias)),
      exact,
      ...(comparable && { rounding: roundingOf(checkpoint, seen) }),
      ...(lacking && { lacking }),
    }
  }

  async #everything(
    state: LabState,
    checkpoint: Checkpoint,
    report: Report,
    pause: () => Promise<void>,
  ): Promise<Everything> {
    if (state.layer === 0)
      throw new RangeError('All training examples together are too many for hidden layer 0.')
    const { count } = await this.#trainingExamples(report)
    const { statistics, masks } = this.#mode(state, ['training set'])
    const key = [state.condition, state.epoch, statistics, masks !== undefined, 'all'].join(' ')
    const what = `all ${count} training examples`
    const places = Int32Array.from({ length: count }, (_, place) => place)
    const seen =
      this.#seen.get(key) ??
      (await finish(checkpoint.see(places, statistics, masks), (fraction) => report(fraction, what), pause))
    this.#keep(key, seen)
    const view = displaced(checkpoint.view(seen, state.layer, state.parameters), state.moved)
    const [x, y] = [displacements(state.grid.x), displacements(state.grid.y)]
    const field = new Float64Array(2 * x.length * y.length)
    for (const [row, displacement] of y.entries()) {
      field.set(landscape(view.layers, view.minibatch, view.moves, x, [displacement]), 2 * row * x.length)
      report((row + 1) / y.length, what)
      await pause()
    }
    const { gradient, units } = probe(view)
    const beta = this.#study.conditions[state.condition].batchNorm === 'before ReLU'
    return { field, gradient, shifts: Float64Array.from(units, (unit) => (beta ? unit.beta : unit.bias)) }
  }

  #mode({ condition, pass }: LabState, name: MaskName) {
    const evaluation = pass === 'evaluation'
    return {
      statistics: evaluation ? ('running' as const) : ('minibatch' as const),
      masks: this.#study.conditions[condition].dropout > 0 && !evaluation ? name : undefined,
    }
  }

  #keep(key: string, seen: Seen) {
    this.#seen.delete(key)
    this.#seen.set(key, seen)
    if (this.#seen.size > mostKept) this.#seen.delete(this.#seen.keys().next().value!)
  }

  async #checkpoint(condition: string, epoch: number, report: Report): Promise<Checkpoint> {
    const examples = await this.#trainingExamples(report)
    const file = networkFile(condition, epoch)
    const known = this.#checkpoints.get(file)
    if (known) return known
    const tensors = await this.#file(file, (fraction) => report(fraction, 'the network'))
    const checkpoint = new Checkpoint(tensors, this.#study.conditions[condition], examples, this.#study)
    this.#checkpoints.set(file, checkpoint)
    return checkpoint
  }

  async #trainingExamples(report: Report): Promise<TrainingExamples> {
    const tensors = await this.#file(examplesFile, (fraction) => report(fraction, 'the training examples'))
    this.#examples ??= readExamples(tensors, this.#study)
    return this.#examples
  }

  #published(condition: string, epoch: number, number: number): Promise<Tensors> {
    return this.#file(publishedFile(condition, epoch, number), () => {})
  }

  /** A file is loaded once; one that failed is tried again when it is next asked for. */
  #file(name: string, report: (fraction: number) => void): Promise<Tensors> {
    const known = this.#files.get(name)
    if (known) return known
    const loading = this.#load(name, report)
    this.#files.set(name, loading)
    loading.catch(() => this.#files.delete(name))
    return loading
  }
}

function maskName(composition: Composition, { masks }: LabState, side: Side): MaskName {
  return composition.from === 'published'
    ? ['landscape', composition.number - 1]
    : ['laboratory', masks, side]
}

const isBatchNorm = (kind: string) => kind === 'gamma' || kind === 'beta'

/** A published [example, unit] as [unit, example]. */
function unitsFirst({ shape, data }: Tensors[string]): Float64Array {
  return transpose(data, shape[0], shape[1])
}

/** Largest difference of the outputs from the exact ones, at the true parameters. */
function roundingOf(checkpoint: Checkpoint, seen: Seen): number {
  const view = checkpoint.view(seen, 2, [
    { kind: 'bias', unit: 0 },
    { kind: 'bias', unit: 0 },
  ])
  const { residuals } = probe(view)
  const { targets } = seen.second
  return seen.places.reduce(
    (most, place, n) => Math.max(most, Math.abs(residuals[n] + targets[n] - checkpoint.outputs[place])),
    0,
  )
}

/** Runs a calculation to its end, with a pause after each of its steps. */
async function finish<Result>(
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
