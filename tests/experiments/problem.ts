/** Small random networks with examples to run through them, for comparisons with the oracles. */

import { type Examples, initialParameters, mask, type Parameters } from '../../experiments/network.ts'
import type { BatchNormPlacement, Condition, Encoding, Loss, Protocol } from '../../experiments/protocol.ts'
import { permutation, stream } from '../../experiments/random.ts'
import { maskNames } from '../../experiments/streams.ts'
import { tiny } from './harness.ts'
import { oracle, type Setting } from './oracle.ts'

export interface Problem {
  readonly protocol: Protocol
  readonly condition: Condition
  readonly parameters: Parameters
  readonly examples: Examples
  /** All examples, shuffled and some of them left out. */
  readonly members: Int32Array
  /** What the oracles read of the members: one-hot inputs [example][input], and targets [example]. */
  readonly inputs: readonly (readonly number[])[]
  readonly targets: readonly number[]
  readonly setting: Setting
}

/** 6 characters of a 4-letter alphabet: 24 inputs, of which the padding's never occur. */
const encoding: Encoding = { alphabet: 'abc_', padding: '_', fields: [{ name: 'word', characters: 6 }] }

/**
 * A network whose batch-normalization parameters and running statistics are random too. The targets are such
 * that half of the residuals are positive, and none is near zero.
 */
export function problem({
  seed = 1,
  dropout = 0,
  placement = null,
  statistics = 'minibatch',
  hidden = [7, 5, 4],
  size = 12,
  loss,
}: {
  seed?: number
  dropout?: number
  placement?: BatchNormPlacement | null
  statistics?: Setting['statistics']
  hidden?: Protocol['hidden']
  size?: number
  loss?: Loss
} = {}): Problem {
  const from = stream(seed, 'problem')
  const condition: Condition = {
    ...tiny.conditions.none,
    dropout,
    batchNorm: placement,
    ...(loss && { loss }),
  }
  const protocol: Protocol = { ...tiny, seed, encoding, hidden }
  const random: { [what: string]: () => number } = {
    bias: () => from.normal(0.1, 0.4),
    gamma: () => from.normal(1, 0.3),
    beta: () => from.normal(0.2, 0.4),
    mean: () => from.normal(0.2, 0.3),
    variance: () => 0.2 + from.uniform(),
  }
  const parameters: Parameters = Object.fromEntries(
    Object.entries(initialParameters(protocol, condition)).map(([name, tensor]) => {
      const draw = random[name.split('.')[1]]
      return [
        name,
        draw
          ? { ...tensor, data: tensor.data.map(draw) }
          : { ...tensor, data: tensor.data.map((w) => 3 * w) },
      ]
    }),
  )

  const [positions, letters] = [encoding.fields[0].characters, encoding.alphabet.length]
  const count = size + 3
  const examples: Examples = {
    positions,
    codes: Uint16Array.from(
      { length: count * positions },
      (_, at) => (at % positions) * letters + from.integer(0, letters - 2),
    ),
    targets: new Float32Array(count),
  }
  const members = permutation(count, from).subarray(0, size)
  const setting: Setting = {
    placement,
    epsilon: protocol.training.batchNorm.epsilon,
    statistics,
    ...(loss && { loss }),
    masks: dropout
      ? hidden.map((_, layer) => mask(protocol, condition, size, layer, maskNames.probe(0))!)
      : undefined,
  }
  const { inputs, targets } = asRead(examples, members, positions * letters)
  const { outputs } = oracle(parameters, inputs, targets, setting)
  members.forEach((member, n) => {
    const residual = 0.1 + Math.abs(from.normal(0, 1))
    examples.targets[member] = outputs[n] + (n % 2 ? residual : -residual)
  })
  return {
    protocol,
    condition,
    parameters,
    examples,
    members,
    ...asRead(examples, members, positions * letters),
    setting,
  }
}

/** The members of the examples as the oracles read them. */
export function asRead({ codes, positions, targets }: Examples, members: Int32Array, inputs: number) {
  return {
    inputs: Array.from(members, (member) => {
      const ones = new Set(codes.subarray(member * positions, (member + 1) * positions))
      return Array.from({ length: inputs }, (_, input) => (ones.has(input) ? 1 : 0))
    }),
    targets: Array.from(members, (member) => targets[member]),
  }
}

/** What can be done to a hidden layer, by name. */
export const regularizers: { readonly [name: string]: { dropout?: number; placement?: BatchNormPlacement } } =
  {
    'no regularizer': {},
    dropout: { dropout: 0.3 },
    'batch norm before the ReLU': { placement: 'before ReLU' },
    'batch norm after the ReLU': { placement: 'after ReLU' },
    'dropout and batch norm before the ReLU': { dropout: 0.3, placement: 'before ReLU' },
    'dropout and batch norm after the ReLU': { dropout: 0.3, placement: 'after ReLU' },
  }

/** Other losses than the absolute error, by name. */
export const losses: { readonly [name: string]: { placement?: BatchNormPlacement; loss: Loss } } = {
  'the squared error': { loss: 'squared' },
  // About half of the residuals are beyond the threshold.
  'the Huber loss': { loss: { huber: 0.8 } },
  'the squared error and batch norm': { loss: 'squared', placement: 'before ReLU' },
}
