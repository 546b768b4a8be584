/** What the laboratory loads, decoded; of each kind the few that were used last are kept. */
import { QuantizedNetwork } from '../../../experiments/quantized.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { Arrivals, Lower } from './checkpoint.ts'
import { readExamples, readInputs, type TrainingExamples } from './examples.ts'
import { Recent } from './recent.ts'
import { inputsOf } from './state.ts'
import {
  arrivalsFile,
  charactersFile,
  examplesFile,
  lowerFile,
  networkFile,
  publishedFile,
  type Study,
} from './study.ts'

/** Says how far a calculation is. */
export type Report = (fraction: number, what: string) => void

/** Loads the tensors of a file whose address is relative to the page. */
export type Load = (file: string, report: (fraction: number) => void) => Promise<Tensors>

export class Files {
  readonly #study: Study
  readonly #examples: Shelf<TrainingExamples>
  readonly #inputs: Shelf<Uint16Array>
  readonly #lowers: Shelf<Lower>
  readonly #arrivals: Shelf<Arrivals>
  readonly #networks: Shelf<QuantizedNetwork>
  readonly #published: Shelf<Tensors>

  constructor(study: Study, load: Load) {
    this.#study = study
    this.#examples = new Shelf(load, 1)
    this.#inputs = new Shelf(load, 1)
    this.#lowers = new Shelf(load, 4)
    this.#arrivals = new Shelf(load, 3)
    this.#networks = new Shelf(load, 2)
    this.#published = new Shelf(load, 64)
  }

  examples(report: Report): Promise<TrainingExamples> {
    return this.#examples.get(
      examplesFile,
      (tensors) => readExamples(tensors, this.#study),
      (fraction) => report(fraction, 'the training examples'),
    )
  }

  /** The one-hot inputs that are one, [example, position]. */
  inputs(report: Report): Promise<Uint16Array> {
    return this.#inputs.get(
      charactersFile,
      (tensors) => readInputs(tensors, this.#study),
      (fraction) => report(fraction, 'the text of the training examples'),
    )
  }

  lower(condition: string, epoch: number, report: Report): Promise<Lower> {
    return this.#lowers.get(
      lowerFile(condition, epoch),
      (tensors) => new Lower(tensors, this.#batchNorm(condition)),
      (fraction) => report(fraction, 'the lower layers'),
    )
  }

  arrivals(condition: string, epoch: number, layer: 1 | 2, report: Report): Promise<Arrivals> {
    return this.#arrivals.get(
      arrivalsFile(condition, epoch, layer),
      (tensors) => new Arrivals(tensors),
      (fraction) => report(fraction, `hidden layer ${layer}`),
    )
  }

  network(condition: string, epoch: number, report: Report): Promise<QuantizedNetwork> {
    return this.#networks.get(
      networkFile(condition, epoch),
      ({ outputs, ...parameters }) =>
        new QuantizedNetwork(parameters, inputsOf(this.#study, 0), this.#batchNorm(condition)),
      (fraction) => report(fraction, 'the whole network'),
    )
  }

  /** A minibatch of the article, counted from 1, as the build had it. */
  published(condition: string, epoch: number, number: number, report: Report): Promise<Tensors> {
    return this.#published.get(
      publishedFile(condition, epoch, number),
      (tensors) => tensors,
      (fraction) => report(fraction, `minibatch ${number} of the article`),
    )
  }

  #batchNorm(condition: string) {
    return { placement: this.#study.conditions[condition].batchNorm, epsilon: this.#study.epsilon }
  }
}

/**
 * Files of one kind. Each is loaded once as long as it is kept; one that failed is tried again when next
 * asked for.
 */
class Shelf<Value> {
  readonly #load: Load
  readonly #kept: Recent<Promise<Value>>

  constructor(load: Load, most: number) {
    this.#load = load
    this.#kept = new Recent(most)
  }

  get(file: string, decode: (tensors: Tensors) => Value, report: (fraction: number) => void): Promise<Value> {
    const known = this.#kept.get(file)
    if (known) return known
    const loading = this.#load(file, report).then(decode)
    this.#kept.set(file, loading)
    loading.catch(() => this.#kept.delete(file))
    return loading
  }
}
