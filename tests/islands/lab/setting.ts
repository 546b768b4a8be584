/** Problems of the oracles as the laboratory meets them. */
import { activeInputs } from '../../../experiments/network.ts'
import { quantize } from '../../../experiments/quantized.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { Checkpoint } from '../../../src/islands/lab/checkpoint.ts'
import type { TrainingExamples } from '../../../src/islands/lab/examples.ts'
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

/** All examples of the problem as training examples; they have no deliverers of their own. */
export function trainingExamples({ examples }: Problem): TrainingExamples {
  const count = examples.targets.length
  return {
    count,
    positions: examples.positions,
    inputs: examples.codes,
    deliverers: new Uint16Array(count),
    targets: Float64Array.from(examples.targets),
    records: Uint16Array.from({ length: count }, (_, place) => place),
    minibatches: [],
  }
}

/** The problem's network as a checkpoint of the laboratory, and the file it came from. */
export function checkpointOf(asked: Problem): { checkpoint: Checkpoint; file: Tensors } {
  const file: Tensors = {
    ...quantize(asked.parameters, activeInputs(asked.examples)),
    outputs: {
      shape: [asked.examples.targets.length],
      data: new Float32Array(asked.examples.targets.length),
    },
  }
  const study = studyOf(asked)
  return { checkpoint: new Checkpoint(file, study.conditions.some, trainingExamples(asked), study), file }
}
