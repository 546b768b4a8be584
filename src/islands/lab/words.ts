/** What the laboratory says of its measurements. */

import { degrees, type Grade, gradeOf } from '../../../experiments/grades.ts'
import { shiftOf } from '../../../experiments/parameters.ts'
import { plainNumber } from '../../number.ts'
import type { Measured, Measurement } from './measuring.ts'
import type { Composition, LabState, Parameter } from './state.ts'
import type { Study } from './study.ts'

/** Cosine of the angle between two vectors; undefined if one is no longer than `roundOff`. */
export function cosine(p: ArrayLike<number>, q: ArrayLike<number>, roundOff: number): number | undefined {
  let [product, pp, qq] = [0, 0, 0]
  for (let i = 0; i < p.length; i++) {
    product += p[i] * q[i]
    pp += p[i] * p[i]
    qq += q[i] * q[i]
  }
  if (Math.sqrt(pp) <= roundOff || Math.sqrt(qq) <= roundOff) return undefined
  return Math.max(-1, Math.min(1, product / Math.sqrt(pp * qq)))
}

/**
 * How two minibatches' gradients lie to each other; undefined where one of them is zero and has no direction.
 */
export interface Verdict {
  /** Of the angle over all shifts of the layer. */
  readonly grade: Grade | undefined
  /** Cosine over all shifts of the layer. */
  readonly layer: number | undefined
  /** Cosine over the two drawn parameters. */
  readonly pair: number | undefined
}

export function verdictOf(
  a: Pick<Measured, 'gradient' | 'shifts'>,
  b: Pick<Measured, 'gradient' | 'shifts'>,
  { roundOff, protocol }: Study,
): Verdict {
  const layer = cosine(a.shifts, b.shifts, roundOff)
  return {
    grade: layer === undefined ? undefined : gradeOf(layer, protocol.grades),
    layer,
    pair: cosine(a.gradient, b.gradient, roundOff),
  }
}

const answers: { readonly [grade in Grade]: string } = {
  with: 'With each other',
  unrelated: 'Unrelated',
  against: 'Against each other',
  opposite: 'Opposite',
}

/** The answer to the reader's question, in a word or two. */
export function answer({ a, b }: Measurement, study: Study): string {
  const { grade } = verdictOf(a, b, study)
  return grade === undefined ? 'No direction' : answers[grade]
}

/** What the answer is about, and the angles behind it. */
export function evidence({ a, b, all }: Measurement, state: LabState, study: Study): string {
  const { layer, pair } = verdictOf(a, b, study)
  const shifts = `all ${a.shifts.length} ${shiftsOf(state, study)} of hidden layer ${state.layer}`
  const parts = [
    layer === undefined
      ? `Over ${shifts}, a minibatch’s gradient is zero and points nowhere.`
      : `Over ${shifts}, the gradients of A and B are ${angle(layer)} apart (cosine ${plainNumber(layer)}).`,
    pair === undefined ? 'Over the two drawn here, one is zero.' : `Over the two drawn here, ${angle(pair)}.`,
  ]
  if (all) {
    const against = (one: Measured) => {
      const found = verdictOf(one, all, study).layer
      return found === undefined ? 'without direction' : angle(found)
    }
    parts.push(
      `From the gradient of all ${study.trainExamples.toLocaleString('en-US')} training examples, A is ${against(a)} and B ${against(b)}.`,
    )
  }
  return parts.join(' ')
}

const angle = (cosine: number) => `${plainNumber(degrees(cosine), { digits: 0 })}°`

/** Which parameters the verdict on a layer is about. */
export const shiftsOf = ({ condition }: LabState, study: Study): string =>
  shiftOf(study.conditions[condition]) === 'beta' ? 'betas' : 'biases'

/** A parameter's name: `bias of unit 3`, `weight from unit 7 to unit 3`. */
export function parameterName({ kind, unit, input }: Parameter, layer: number): string {
  if (kind !== 'weight') return `${kind} of unit ${unit}`
  return layer === 0
    ? `weight from input ${input} to unit ${unit}`
    : `weight from unit ${input} to unit ${unit}`
}

/**
 * Which parameters are drawn on which grid: `bias of unit 0 across, bias of unit 2 upwards; 11 by 21 points`.
 */
export function gridWords({ parameters, layer, grid }: LabState): string {
  const [x, y] = parameters.map((parameter) => parameterName(parameter, layer))
  return `${x} across, ${y} upwards; ${2 * grid.x.steps + 1} by ${2 * grid.y.steps + 1} points`
}

/** One-hot input -> what it stands for, such as `character 2 of Cost is “7”`. */
export function inputName(input: number, { protocol }: Study): string {
  const { alphabet, fields } = protocol.encoding
  let position = Math.floor(input / alphabet.length)
  for (const { name, characters } of fields) {
    if (position < characters)
      return `character ${position + 1} of ${name} is “${alphabet[input % alphabet.length]}”`
    position -= characters
  }
  throw new RangeError(`There is no input ${input}.`)
}

/** How a minibatch was put together, in a few words. */
export function composed(composition: Composition, { mostDeliverers }: Study): string {
  if (composition.from === 'published') return `the article’s minibatch ${composition.number}`
  if (composition.from === 'list') return 'deliveries chosen one by one'
  const { size, deliverers, residual } = composition
  const [least, most] = deliverers
  const range = least === 0 && most >= mostDeliverers ? '' : ` with ${least} to ${most} deliverers`
  const which = residual === 'any' ? '' : `, predicted too ${residual === 'above' ? 'high' : 'low'}`
  return `${size} drawn${range}${which}`
}

/** How many examples add to their minibatch's gradient, against it, and not at all. */
export function parts({
  contributions,
  gradient,
}: Measured): { with: number; against: number; none: number } | undefined {
  if (!contributions) return undefined
  const counts = { with: 0, against: 0, none: 0 }
  for (let n = 0; n < contributions.length; n += 2) {
    const along = contributions[n] * gradient[0] + contributions[n + 1] * gradient[1]
    counts[along > 0 ? 'with' : along < 0 ? 'against' : 'none']++
  }
  return counts
}

/**
 * A minibatch in a sentence: how many deliveries of which size, and on which side of them the network's
 * answers are.
 */
export function describe({ records, deliverers, targets, outputs, cost, lacking }: Measured): string {
  const above = outputs.reduce((count, output, n) => count + (output > targets[n] ? 1 : 0), 0)
  const d = Array.from(deliverers).sort((p, q) => p - q)
  const range = d[0] === d[d.length - 1] ? d[0] : `${d[0]} to ${d[d.length - 1]}`
  const sentence = `${records.length} ${records.length === 1 ? 'delivery' : 'deliveries'}, ${range} deliverers: ${above} predicted too high, ${records.length - above} not; mean error ${plainNumber(cost, { digits: 1 })}.`
  return lacking ? `${sentence} ${lacking}` : sentence
}

/** How exact a minibatch's numbers are, where that is known. */
export function exactness({ exact, rounding }: Measured): string {
  if (exact) return 'Calculated from the article’s own numbers.'
  return rounding === undefined
    ? ''
    : `Calculated from numbers rounded for the page, which puts no prediction off by more than ${plainNumber(rounding, { digits: rounding < 0.1 ? 4 : 2 })}.`
}
