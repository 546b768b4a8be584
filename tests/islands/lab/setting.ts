/** Problems of the oracles as the laboratory meets them. */
import { activeInputs } from '../../../experiments/network.ts'
import { QuantizedNetwork, quantize } from '../../../experiments/quantized.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { Checkpoint, Lower } from '../../../src/islands/lab/checkpoint.ts'
import type { Study } from '../../../src/islands/lab/study.ts'
import type { Problem } from '../../experiments/problem.ts'

/** A study of one condition, `some`, with checkpoints after epochs 0 and 10. */
export function studyOf({ protocol, condition, examples, setting }: Problem, most = 9): Study {
  return {
    protocol,
    epsilon: setting.epsilon,
    grid: { x: { steps: 1, step: 0.02 }, y: { steps: 2, step: 0.01 } },
    roundOff: 1e-12,
    minibatches: 2,
    batchSize: 4,
    trainExamples: examples.targets.length,
    mostDeliverers: most,
    conditions: {
      some: {
        label: 'some condition',
        dropout: condition.dropout,
        batchNorm: condition.batchNorm,
        units: { 0: { 1: [0, 1], 2: [0, 1] }, 10: { 1: [1, 2], 2: [0, 2] } },
      },
    },
  }
}

/** The parameters of a quantized network from hidden layer 1 on, and on which side of the targets it is. */
export function lowerOf(file: Tensors, above: readonly boolean[]): Tensors {
  const lower = Object.entries(file).filter(
    ([name]) => !name.startsWith('hidden0') && !name.startsWith('hidden1.weight') && name !== 'inputs',
  )
  return {
    ...Object.fromEntries(lower),
    above: { shape: [above.length], data: Uint8Array.from(above, Number) },
  }
}

/** The problem's network as a checkpoint of the laboratory, and the file it came from. */
export function checkpointOf(asked: Problem): { checkpoint: Checkpoint; file: Tensors } {
  const { parameters, examples, condition, setting, protocol } = asked
  const file = quantize(parameters, activeInputs(examples))
  const study = studyOf(asked)
  const batchNorm = { placement: condition.batchNorm, epsilon: setting.epsilon }
  const inputs = examples.positions * protocol.encoding.alphabet.length
  const lower = new Lower(lowerOf(file, Array(examples.targets.length).fill(false)), batchNorm)
  const whole = { network: new QuantizedNetwork(file, inputs, batchNorm), inputs: examples.codes }
  const targets = Float64Array.from(examples.targets)
  return { checkpoint: new Checkpoint(study, study.conditions.some, targets, lower, whole), file }
}
