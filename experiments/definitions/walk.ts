import { z } from 'zod'
import { defineStage, float32, json, tensors } from '../definition.ts'
import { maskNames, streams } from '../streams.ts'
import type { TrainedCondition, TrainingProtocol } from '../training.ts'
import { gibibyte } from './common.ts'
import { dataset } from './dataset.ts'
import { training } from './training.ts'

export interface WalkParameters {
  readonly protocol: TrainingProtocol
  readonly condition: TrainedCondition
  /** Epoch of the checkpoint from which all walks start. */
  readonly from: number
  readonly epochs: number
  readonly orders: number
}

/** How far the networks are apart at the end of their walks. */
const walkSummary = z.object({
  steps: z.int(),
  /**
   * For each order, the distance walked from the start over the start's length, in the space of all
   * parameters.
   */
  distanceFromStart: z.array(z.number()).readonly(),
  /**
   * For each pair of orders, the distance of their ends over the length of the start, in the space of all
   * parameters.
   */
  distances: z.array(z.number()).readonly(),
  /** Root mean square difference of the test predictions, for each pair of orders, in units of y. */
  predictionDifferences: z.array(z.number()).readonly(),
  /** Mean absolute error on the test set at the start and at the end of each walk, in units of y. */
  startMae: z.number(),
  endMae: z.array(z.number()).readonly(),
})

export type WalkSummary = z.infer<typeof walkSummary>

const path = float32(['order', 'step', 'unit'], '1')

/**
 * Several walks of stochastic gradient descent from one checkpoint over the same training set, each in its
 * own order.
 */
export const walk = defineStage<WalkParameters, [condition: string]>()({
  kind: 'walk',
  inputs: { dataset, training },
  streams: [streams.walkOrder],
  masks: [maskNames.training],
  usesEngine: true,
  memory: gibibyte,
  files: {
    /** The biases of the hidden layers after each step, step 0 being the start. */
    paths: tensors({ layer1: path, layer2: path }),
    summary: json(walkSummary),
  },
})
