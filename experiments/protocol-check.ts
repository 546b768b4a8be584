/** What a protocol may say: the range of each number, and how numbers must agree. */

import { z } from 'zod'
import type { Protocol } from './protocol.ts'

/** Something in a protocol that cannot be so. */
export interface Fault {
  /** Where: names of fields and places in lists. */
  readonly path: readonly (string | number)[]
  /** What is there and what would be right. */
  readonly message: string
}

const count = z.int().min(1)
const whole = z.int().min(0)
const positive = z.number().positive()
const amount = z.number().min(0)
/** A share of a whole. */
const share = z.number().min(0).max(1)
const angle = z.number().min(0).max(180)
const text = z.string().min(1)
const range = z.tuple([whole, whole]).readonly()
const axis = z.strictObject({ steps: count, step: positive })
const grid = z.strictObject({ x: axis, y: axis })
const list = <T extends z.ZodType>(of: T) => z.array(of).min(1).readonly()

/** Names are parts of stages' names, of files' names and of addresses. */
const name = /^[a-z0-9]+(-[a-z0-9]+)*$/

const condition = z.strictObject({
  label: text,
  dropout: z.number().min(0).lt(1),
  batchNorm: z.enum(['before ReLU', 'after ReLU']).nullable(),
  weightDecay: amount,
  learningRate: positive,
  epochs: count,
  checkpoints: list(whole),
  loss: z.union([z.enum(['absolute', 'squared']), z.strictObject({ huber: positive })]).exactOptional(),
  composition: z
    .enum(['reshuffled', 'fixed', 'repeated', 'stratified by target', 'sorted by target'])
    .exactOptional(),
  optimizer: z.literal('gradient descent').exactOptional(),
  frozenBiases: z.boolean().exactOptional(),
  optimizerAt: whole.exactOptional(),
})

/** Each value in its range. */
export const protocolSchema = z.strictObject({
  seed: whole,
  deliveries: z.strictObject({
    count,
    trainFraction: z.number().gt(0).lt(1),
    ranges: z.strictObject({
      deliverers: z.strictObject({ logMean: z.number(), logDeviation: amount, most: count }),
      busyFraction: z.strictObject({ mean: z.number(), deviation: amount }),
      orderSpread: amount,
      store: range,
      market: range,
      year: z.int().min(1000).max(9999),
      cost: z.strictObject({ logMean: z.number(), logDeviation: amount, least: whole }),
      transit: range,
      estimate: range,
    }),
  }),
  encoding: z.strictObject({
    alphabet: text,
    padding: z.string().length(1),
    fields: list(z.strictObject({ name: text, characters: count })),
  }),
  targetFactor: positive,
  target: z.literal('cost x busy').exactOptional(),
  // Two units of hidden layers 1 and 2 are drawn.
  hidden: z.tuple([count, z.int().min(2), z.int().min(2)]).readonly(),
  training: z.strictObject({
    batchSize: count,
    clipNorm: positive,
    adam: z.strictObject({
      beta1: z.number().min(0).lt(1),
      beta2: z.number().min(0).lt(1),
      epsilon: positive,
    }),
    batchNorm: z.strictObject({ epsilon: positive, momentum: share }),
    filmed: count,
    whole: z.int().min(2),
  }),
  landscapes: z.strictObject({
    // One minibatch agrees with nobody.
    minibatches: z.int().min(2),
    batchSize: count,
    roundOff: amount,
    roundOffSingle: amount,
    grid,
    single: grid,
  }),
  agreement: z.strictObject({ batchSizes: list(count), pairs: z.int().min(2), bootstrap: count }),
  grades: z.strictObject({ opposite: angle.min(90), unrelated: z.number().min(0).max(90) }),
  constants: z.array(z.number().gt(0).lt(1)).readonly(),
  claims: z.strictObject({
    from: whole,
    at: whole,
    opposed: share,
    agree: z.number().min(-1).max(1),
    explains: share,
    half: share,
    accurate: share,
    alike: share,
    sameError: amount,
    smallPart: share,
    nearlyAll: share,
    far: amount,
    unstable: angle,
    calm: angle,
  }),
  measures: z.strictObject({
    pairs: count,
    minibatches: z.int().min(2),
    walks: z.int().min(2),
    huber: positive,
  }),
  walks: z.strictObject({
    conditions: z.array(text).readonly(),
    from: whole,
    epochs: count,
    orders: z.int().min(2),
  }),
  conditions: z.record(z.string(), condition),
}) satisfies z.ZodType<Protocol>

/** All that is wrong with a protocol: first what cannot be read at all, then what does not go together. */
export function faultsOf(protocol: unknown): Fault[] {
  const { data, error } = protocolSchema.safeParse(protocol)
  // Relations can only be asked of numbers that are there.
  if (!data) return error.issues.flatMap((issue) => faults(issue, protocol))
  const named = Object(protocol).conditions
  return [...(Object.getPrototypeOf(named) === Object.prototype ? [] : [inherited]), ...disagreements(data)]
}

const inherited: Fault = {
  path: ['conditions', '__proto__'],
  message: 'is a name that JavaScript keeps for itself',
}

function faults(issue: z.core.$ZodIssue, protocol: unknown): Fault[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a field of the protocol' }))
  const found = path.reduce<unknown>((value, part) => Object(value)[part], protocol)
  if (found === undefined) return [{ path, message: 'is missing' }]
  const right = issue.message
    .replace(/^Invalid (input|option): /, '')
    .replace(/^Too (small|big): /, '')
    .replace('expected int, received number', 'expected a whole number')
  return [{ path, message: `is ${JSON.stringify(found)}; ${right}` }]
}

function* disagreements(protocol: Protocol): Generator<Fault> {
  const { deliveries, encoding, training, landscapes, agreement, grades, walks, conditions } = protocol
  const train = Math.round(deliveries.count * deliveries.trainFraction)
  const test = deliveries.count - train
  const split = `deliveries.count and trainFraction leave ${train} records for training and ${test} for testing`
  const most = (path: Fault['path'], value: number, bound: number, why: string): Fault[] =>
    value > bound ? [{ path, message: `is ${value}; at most ${bound}: ${why}` }] : []

  for (const field of ['store', 'market', 'transit', 'estimate'] as const) {
    const [least, greatest] = deliveries.ranges[field]
    if (least > greatest)
      yield { path: ['deliveries', 'ranges', field], message: `goes from ${least} down to ${greatest}` }
  }
  if (new Set(encoding.alphabet).size < encoding.alphabet.length)
    yield { path: ['encoding', 'alphabet'], message: 'has a character twice' }
  if (!encoding.alphabet.includes(encoding.padding))
    yield { path: ['encoding', 'padding'], message: `is "${encoding.padding}", which the alphabet lacks` }

  yield* most(['training', 'batchSize'], training.batchSize, train, split)
  yield* most(['training', 'filmed'], training.filmed, test, split)
  const { minibatches, batchSize } = landscapes
  if (minibatches * batchSize > train) {
    const needed = `${minibatches} minibatches of ${batchSize} need ${minibatches * batchSize} records`
    yield { path: ['landscapes', 'minibatches'], message: `is too many: ${needed}; ${split}` }
  }
  if (!ascending(agreement.batchSizes))
    yield { path: ['agreement', 'batchSizes'], message: 'is not in ascending order, each size once' }
  const against = 90 + grades.unrelated
  if (grades.opposite <= against)
    yield { path: ['grades', 'opposite'], message: `is ${grades.opposite}; above ${against}, 90 + unrelated` }

  const names = Object.keys(conditions)
  if (names.length === 0) yield { path: ['conditions'], message: 'is empty; at least one condition' }
  const known = `known are ${names.join(', ')}`
  for (const [named, { epochs, checkpoints, optimizerAt, batchNorm }] of Object.entries(conditions)) {
    const path = ['conditions', named]
    if (!name.test(named))
      yield { path, message: 'is no name: small letters and digits, with hyphens between them' }
    if (checkpoints[0] !== 0 || !ascending(checkpoints))
      yield { path: [...path, 'checkpoints'], message: `is [${checkpoints}]; ascending, the first of them 0` }
    for (const [place, epoch] of checkpoints.entries())
      yield* most([...path, 'checkpoints', place], epoch, epochs, 'the epochs of this condition')
    yield* most([...path, 'optimizerAt'], optimizerAt ?? 0, epochs, 'the epochs of this condition')
    if (batchNorm && training.batchSize < 2)
      yield { path: ['training', 'batchSize'], message: `is 1; ${named} normalizes minibatches: at least 2` }
  }

  for (const [place, walked] of walks.conditions.entries()) {
    const path = ['walks', 'conditions', place]
    if (!names.includes(walked)) yield { path, message: `is "${walked}", no condition; ${known}` }
    else if (!conditions[walked].checkpoints.includes(walks.from))
      yield { path: ['walks', 'from'], message: `is ${walks.from}, no checkpoint of ${walked}` }
  }
}

const ascending = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1])
