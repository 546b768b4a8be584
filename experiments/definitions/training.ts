import { z } from 'zod'
import { defineStage, float32, float32Tensors, float64, json, tensors, tensorsOf } from '../definition.ts'
import { sides } from '../measured.ts'
import { maskNames, streams } from '../streams.ts'
import type { TrainedCondition, TrainingProtocol } from '../training.ts'
import { byEpoch, gibibyte, gradientUnit } from './common.ts'
import { dataset } from './dataset.ts'

export interface TrainingParameters {
  readonly protocol: TrainingProtocol
  readonly condition: TrainedCondition
}

const epochRecord = z.object({
  /** 0 is the start. */
  epoch: z.int(),
  /** Mean minibatch cost over the epoch, in training mode; null at the start. */
  cost: z.number().nullable(),
  /** Mean absolute error on the test set, in evaluation mode. */
  testMae: z.number(),
  /** Coefficient of determination on the test set, in evaluation mode. */
  testR2: z.number(),
  /** Of the training records, in evaluation mode. */
  sides,
  /** Of the records of the fixed minibatches, in training mode. */
  sidesInTraining: sides,
})

/** What is known at the end of an epoch. */
export type EpochRecord = z.infer<typeof epochRecord>

const shiftGradients = float32(['epoch', 'minibatch', 'unit'], gradientUnit)

const trainingHistory = z.object({
  parameterCount: z.int(),
  stepsPerEpoch: z.int(),
  epochs: z.array(epochRecord).readonly(),
})

export type TrainingHistory = z.infer<typeof trainingHistory>

/** One network, trained. */
export const training = defineStage<TrainingParameters, [condition: string]>()({
  kind: 'training',
  inputs: { dataset },
  streams: [streams.initialParameters, streams.shuffle, streams.minibatchOrder, streams.stratum],
  masks: [maskNames.training, maskNames.probe],
  usesEngine: true,
  memory: gibibyte,
  files: {
    history: json(trainingHistory),
    /** Some test examples: their targets, and what is predicted for them after each epoch. */
    film: tensors({ actual: float32(['example']), predicted: float32(['epoch', 'example']) }),
    /** After each epoch, the gradients of the drawn minibatches with respect to the units' shifts. */
    shifts: tensors({ layer1: shiftGradients, layer2: shiftGradients }),
    /** The network at each checkpoint: see `Parameters`. */
    parameters: byEpoch(float32Tensors()),
    /** The optimizer's state where a condition asks for it: see `Trainer.state`. */
    optimizer: byEpoch(float32Tensors()),
    /** By name of parameter, inner products of the gradients of the first fixed minibatches. */
    products: tensorsOf(float64(['epoch', 'minibatch', 'minibatch'])),
  },
})

/** What is saved of a training that is under way, from which it goes on to the same bits. */
export const unfinished = {
  progress: json(z.object({ step: z.int(), history: trainingHistory.shape.epochs })),
  /** Of the trainer. */
  state: float32Tensors(),
  /** Of the epochs so far. */
  records: float32Tensors(),
  products: training.files.products,
  parameters: training.files.parameters,
  optimizer: training.files.optimizer,
}
