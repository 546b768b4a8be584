/** What a player says of a minibatch, in words. */
import { cosine, type Gradient, mean } from '../../data/field.ts'
import { magnitude, numberHtml, plainNumber } from '../../number.ts'

/** How numbers are written: as plain text, or as HTML. */
export interface Writer {
  readonly number: typeof plainNumber
}

export const plain: Writer = { number: plainNumber }
export const html: Writer = { number: numberHtml }

/**
 * The gradient of a minibatch at the true parameters, how it lies to the mean of all, and how to the pinned
 * one.
 */
export function reading(
  centres: readonly Gradient[],
  { minibatch, pinned }: { readonly minibatch: number; readonly pinned?: number | undefined },
  writer: Writer,
): string {
  const gradient = centres[minibatch]
  const components = gradient.map((component) => {
    const { value, style } = magnitude(component)
    return writer.number(value, style)
  })
  const words = [
    `gradient (${components.join(', ')})`,
    cosineWords(gradient, mean(centres), 'the mean', writer),
  ]
  if (pinned === minibatch) words.push('pinned')
  else if (pinned !== undefined)
    words.push(cosineWords(gradient, centres[pinned], `minibatch\u00a0${pinned + 1}`, writer))
  return words.join('; ')
}

/** The cosine of a gradient to another that has a name, in words. */
export function cosineWords(gradient: Gradient, other: Gradient, name: string, { number }: Writer): string {
  const value = cosine(gradient, other)
  return Number.isNaN(value)
    ? `no angle to ${name}, a length being zero`
    : `cosine ${number(value)} to ${name}`
}
