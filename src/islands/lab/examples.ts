/**
 * The training examples as the laboratory has them, and the minibatches that a reader puts together from
 * them.
 */
import { permutation, stream } from '../../../experiments/random.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import type { Composition } from './state.ts'
import type { Study } from './study.ts'

export interface TrainingExamples {
  readonly count: number
  readonly deliverers: Uint16Array
  readonly targets: Float64Array
  /** The examples' numbers in the whole data. */
  readonly records: Uint16Array
  /** The article's minibatches, as places among the training examples. */
  readonly minibatches: readonly Uint16Array[]
}

/** The arrays of the examples' file; see the page that writes it. */
export function readExamples(
  { deliverers, records, minibatches }: Tensors,
  { protocol }: Study,
): TrainingExamples {
  const size = minibatches.shape[1]
  const members = Uint16Array.from(minibatches.data)
  return {
    count: deliverers.data.length,
    deliverers: Uint16Array.from(deliverers.data),
    targets: Float64Array.from(deliverers.data, (count) => protocol.targetFactor * count),
    records: Uint16Array.from(records.data),
    minibatches: Array.from({ length: minibatches.shape[0] }, (_, i) =>
      members.subarray(i * size, (i + 1) * size),
    ),
  }
}

/** The one-hot inputs that are one, [example, position], from the characters' places in the alphabet. */
export function readInputs({ characters }: Tensors, { protocol }: Study): Uint16Array {
  const positions = characters.shape[1]
  const letters = protocol.encoding.alphabet.length
  return Uint16Array.from(characters.data, (character, at) => (at % positions) * letters + character)
}

/** How many characters are read of each example. */
export const positionsOf = ({ protocol }: Study): number =>
  protocol.encoding.fields.reduce((sum, { characters }) => sum + characters, 0)

/**
 * A minibatch as places among the training examples; `lacking` says what of the composition could not be had.
 */
export interface Members {
  readonly places: Int32Array
  readonly lacking?: string
}

/**
 * The members of a minibatch, in ascending order unless they are the article's or listed.
 *
 * @param above 1 for each training example whose target the network exceeds in evaluation mode, else 0
 */
export function compose(
  composition: Composition,
  examples: TrainingExamples,
  above: ArrayLike<number>,
  seed: number,
): Members {
  if (composition.from === 'published')
    return { places: Int32Array.from(examples.minibatches[composition.number - 1]) }
  const { records, deliverers, count } = examples
  if (composition.from === 'list') {
    const places = composition.records.map((record) => records.indexOf(record))
    const missing = composition.records.filter((_, i) => places[i] < 0)
    return {
      places: Int32Array.from(places.filter((place) => place >= 0)),
      ...(missing.length > 0 && { lacking: `Not among the training examples: ${some(missing)}.` }),
    }
  }
  const { size, deliverers: range, residual } = composition
  const fits = (place: number) =>
    deliverers[place] >= range[0] &&
    deliverers[place] <= range[1] &&
    (residual === 'any' || (above[place] === 1) === (residual === 'above'))
  const fitting = Int32Array.from({ length: count }, (_, place) => place).filter(fits)
  const order = permutation(fitting.length, stream(seed, 'laboratory', 'draw', composition.seed))
  return {
    places: order
      .slice(0, size)
      .map((at) => fitting[at])
      .sort(),
    ...(fitting.length < size && {
      lacking:
        fitting.length === 0
          ? `None of the ${count} training examples is like that.`
          : `Only ${fitting.length} of the ${count} training examples are like that, so the minibatch has ${fitting.length}.`,
    }),
  }
}

/** The first few of many numbers. */
const some = (numbers: readonly number[]) =>
  numbers.length > 10
    ? `${numbers.slice(0, 10).join(', ')} and ${numbers.length - 10} more`
    : numbers.join(', ')

/** The text of an example, field by field, as far as the network reads it. */
export function fieldsOf(inputs: Uint16Array, place: number, study: Study): [name: string, text: string][] {
  const { alphabet, padding, fields } = study.protocol.encoding
  let from = place * positionsOf(study)
  return fields.map(({ name, characters }) => {
    const codes = inputs.subarray(from, from + characters)
    from += characters
    let text = Array.from(codes, (input) => alphabet[input % alphabet.length]).join('')
    while (text.endsWith(padding)) text = text.slice(0, -padding.length)
    return [name, text]
  })
}
