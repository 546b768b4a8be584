/** The training examples as the laboratory has them, and the minibatches that a reader puts together from them. */
import { permutation, stream } from '../../../experiments/random.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import type { Composition } from './state.ts'
import type { Study } from './study.ts'

export interface TrainingExamples {
  readonly count: number
  readonly positions: number
  /** The one-hot inputs that are one, [example, position]. */
  readonly inputs: Uint16Array
  readonly deliverers: Uint16Array
  readonly targets: Float64Array
  /** The examples' numbers in the whole data. */
  readonly records: Uint16Array
  /** The published minibatches, as places among the training examples. */
  readonly minibatches: readonly Uint16Array[]
}

/** The arrays of the examples' file; see the page that writes it. */
export function readExamples(tensors: Tensors, { protocol }: Study): TrainingExamples {
  const { characters, deliverers, records, minibatches } = tensors
  const [count, positions] = characters.shape
  const letters = protocol.encoding.alphabet.length
  const size = minibatches.shape[1]
  const members = minibatches.data as Uint16Array
  return {
    count,
    positions,
    inputs: Uint16Array.from(characters.data, (character, at) => (at % positions) * letters + character),
    deliverers: deliverers.data as Uint16Array,
    targets: Float64Array.from(deliverers.data, (count) => protocol.targetFactor * count),
    records: records.data as Uint16Array,
    minibatches: Array.from({ length: minibatches.shape[0] }, (_, i) =>
      members.subarray(i * size, (i + 1) * size),
    ),
  }
}

/** A minibatch as places among the training examples; `lacking` says what of the composition could not be had. */
export interface Members {
  readonly places: Int32Array
  readonly lacking?: string
}

/**
 * The members of a minibatch, in ascending order unless published.
 *
 * @param outputs what the network predicts for the training examples in evaluation mode
 */
export function compose(
  composition: Composition,
  examples: TrainingExamples,
  outputs: ArrayLike<number>,
  seed: number,
): Members {
  if (composition.from === 'published')
    return { places: Int32Array.from(examples.minibatches[composition.number - 1]) }
  const { records, deliverers, targets, count } = examples
  if (composition.from === 'list') {
    const places = composition.records.map((record) => records.indexOf(record))
    const missing = composition.records.filter((_, i) => places[i] < 0)
    return {
      places: Int32Array.from(places.filter((place) => place >= 0)),
      ...(missing.length > 0 && { lacking: `Not among the training examples: ${missing.join(', ')}.` }),
    }
  }
  const { size, deliverers: range, residual } = composition
  const fits = (place: number) =>
    deliverers[place] >= range[0] &&
    deliverers[place] <= range[1] &&
    (residual === 'any' || outputs[place] > targets[place] === (residual === 'above'))
  const fitting = Int32Array.from({ length: count }, (_, place) => place).filter(fits)
  const order = permutation(fitting.length, stream(seed, 'laboratory', 'draw', composition.seed))
  return {
    places: order
      .slice(0, size)
      .map((at) => fitting[at])
      .sort(),
    ...(fitting.length < size && {
      lacking: `Only ${fitting.length} of the ${count} training examples are like that, so the minibatch has ${fitting.length}.`,
    }),
  }
}

/** The text of an example, field by field, as far as the network reads it. */
export function fieldsOf(
  examples: TrainingExamples,
  place: number,
  { protocol }: Study,
): [name: string, text: string][] {
  const { alphabet, padding, fields } = protocol.encoding
  let from = place * examples.positions
  return fields.map(({ name, characters }) => {
    const codes = examples.inputs.subarray(from, from + characters)
    from += characters
    let text = Array.from(codes, (input) => alphabet[input % alphabet.length]).join('')
    while (text.endsWith(padding)) text = text.slice(0, -padding.length)
    return [name, text]
  })
}
