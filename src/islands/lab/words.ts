/** What the laboratory says of its measurements. */
import { plainNumber } from '../../number.ts'
import type { Measured, Measurement } from './laboratory.ts'
import type { LabState, Parameter } from './state.ts'
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

/** Whether two minibatches pull a layer in opposite directions, and the cosines that say so. */
export interface Verdict {
  /** Undefined when a gradient of the layer is zero and has no direction. */
  readonly opposite: boolean | undefined
  /** Over all shifts of the layer. */
  readonly layer: number | undefined
  /** Over the two drawn parameters. */
  readonly pair: number | undefined
}

export function verdictOf(
  a: Pick<Measured, 'gradient' | 'shifts'>,
  b: Pick<Measured, 'gradient' | 'shifts'>,
  roundOff: number,
): Verdict {
  const layer = cosine(a.shifts, b.shifts, roundOff)
  return {
    opposite: layer === undefined ? undefined : layer < 0,
    layer,
    pair: cosine(a.gradient, b.gradient, roundOff),
  }
}

/** The answer to the reader's question, in a sentence. */
export function answer({ a, b }: Measurement, { layer }: LabState, { roundOff }: Study): string {
  const { opposite } = verdictOf(a, b, roundOff)
  if (opposite === undefined) return `Neither: a minibatch leaves hidden layer ${layer} where it is.`
  return opposite
    ? `Yes: A and B pull hidden layer ${layer} in opposite directions.`
    : `No: A and B do not pull hidden layer ${layer} in opposite directions.`
}

/** The cosines behind the answer. */
export function evidence({ a, b, all }: Measurement, state: LabState, study: Study): string {
  const { layer, pair } = verdictOf(a, b, study.roundOff)
  const shifts = shiftsOf(state, study)
  const parts = [
    `The cosine of their gradients is ${written(layer)} over all ${a.shifts.length} ${shifts} of the layer${angle(layer)}, and ${written(pair)} over the two parameters drawn here.`,
  ]
  if (all) {
    const [withA, withB] = [a, b].map((one) => verdictOf(one, all, study.roundOff).layer)
    parts.push(
      `With the gradient of all ${study.trainExamples.toLocaleString('en-US')} training examples, A has a cosine of ${written(withA)} and B one of ${written(withB)}.`,
    )
  }
  return parts.join(' ')
}

/** Which parameters the verdict on a layer is about. */
export const shiftsOf = ({ condition }: LabState, study: Study): string =>
  study.conditions[condition].batchNorm === 'before ReLU' ? 'betas' : 'biases'

const written = (value: number | undefined) =>
  value === undefined ? 'undefined (a gradient is zero)' : plainNumber(value)

function angle(value: number | undefined): string {
  return value === undefined
    ? ''
    : ` (${plainNumber((Math.acos(value) * 180) / Math.PI, { digits: 0 })}° apart)`
}

/** A parameter's name: `bias of unit 3`, `weight from unit 7 to unit 3`. */
export function parameterName({ kind, unit, input }: Parameter, layer: number): string {
  if (kind !== 'weight') return `${kind} of unit ${unit}`
  return layer === 0
    ? `weight from input ${input} to unit ${unit}`
    : `weight from unit ${input} to unit ${unit}`
}

/** Which parameters are drawn on which grid: `bias of unit 0 across, bias of unit 2 upwards; 11 by 21 points`. */
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

/** How many examples pull with their minibatch, against it, and not at all. */
export function pulls({
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

/** A minibatch in a sentence or two. */
export function describe(measured: Measured): string {
  const { records, deliverers, targets, outputs, cost, exact, rounding, lacking } = measured
  const above = outputs.reduce((count, output, n) => count + (output > targets[n] ? 1 : 0), 0)
  const d = Array.from(deliverers).sort((p, q) => p - q)
  const sentences = [
    `${records.length} ${records.length === 1 ? 'delivery' : 'deliveries'} with ${d[0] === d[d.length - 1] ? d[0] : `${d[0]} to ${d[d.length - 1]}`} deliverers; ${above} predicted too high, mean error ${plainNumber(cost, { digits: 1 })}.`,
  ]
  if (lacking) sentences.push(lacking)
  if (exact) sentences.push('Computed from the build’s own pre-activations.')
  else if (rounding !== undefined)
    sentences.push(
      `Its 8-bit weights put the outputs off by at most ${plainNumber(rounding, { digits: rounding < 0.1 ? 4 : 2 })}.`,
    )
  return sentences.join(' ')
}
