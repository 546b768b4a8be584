import type { Encoding } from './protocol.ts'

/** Number of characters that the network reads of a record: 35 in the published study. */
export const positions = (encoding: Encoding) =>
  encoding.fields.reduce((sum, field) => sum + field.characters, 0)

/** Number of one-hot inputs: positions x characters of the alphabet, 525 in the published study. */
export const inputCount = (encoding: Encoding) => positions(encoding) * encoding.alphabet.length

/** A record as the network reads it: of each field the first characters, padded on the right. */
export function characters(fields: { readonly [name: string]: string }, encoding: Encoding): string {
  return encoding.fields
    .map(({ name, characters }) => {
      const text = fields[name]
      if (text === undefined)
        throw new RangeError(`The record has no field "${name}"; it has: ${Object.keys(fields).join(', ')}.`)
      return text.slice(0, characters).padEnd(characters, encoding.padding)
    })
    .join('')
}

/**
 * The one-hot encoding of a text of `positions` characters, as the indices of its ones: entry p is p x (size
 * of the alphabet) + the character's place in the alphabet. Throws a RangeError for a character outside the
 * alphabet.
 */
export function encode(text: string, encoding: Encoding): Uint16Array {
  return Uint16Array.from(text, (character, position) => {
    const index = encoding.alphabet.indexOf(character)
    if (index < 0)
      throw new RangeError(
        `Character "${character}" at position ${position} of "${text}" is not in the alphabet "${encoding.alphabet}".`,
      )
    return position * encoding.alphabet.length + index
  })
}
