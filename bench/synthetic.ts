/** Random layers and minibatches of any size, for what depends on sizes alone. */

import type { HiddenLayer, Minibatch, Move } from '../experiments/landscape/layers.ts'
import { paper } from '../experiments/protocol.ts'
import { stream } from '../experiments/random.ts'

/** The published sizes where none is given: units of hidden layers 1 and 2, examples. */
export function synthetic({ units = paper.hidden[1], next = paper.hidden[2], examples = 64 } = {}): {
  layers: HiddenLayer[]
  minibatch: Minibatch
  moves: [Move, Move]
} {
  const from = stream(paper.seed, 'synthetic', units, next, examples)
  const normal = (size: number, deviation: number) =>
    Float32Array.from({ length: size }, () => from.normal(0, deviation))
  return {
    layers: [
      { units, weight: normal(units * next, 1 / Math.sqrt(units)), bias: normal(next, 0.1) },
      { units: next, weight: normal(next, 1 / Math.sqrt(next)), bias: normal(1, 0.1) },
    ],
    minibatch: {
      size: examples,
      preactivations: Float64Array.from(normal(units * examples, 1)),
      targets: Float64Array.from(normal(examples, 1)),
    },
    moves: [
      { kind: 'bias', unit: 0 },
      { kind: 'bias', unit: 1 },
    ],
  }
}
