import { z } from 'zod'
import { defineStage, float64, json, tensors } from '../definition.ts'
import type { DrawnLayer } from '../layers.ts'
import type { Protocol } from '../protocol.ts'
import { maskNames, streams } from '../streams.ts'
import { activations } from './activations.ts'
import type { CheckpointParameters, CheckpointPlace } from './common.ts'
import { dataset } from './dataset.ts'
import { landscapes } from './landscapes.ts'
import { training } from './training.ts'

export interface AgreementParameters extends CheckpointParameters {
  readonly agreement: Protocol['agreement']
  readonly roundOff: number
}

const interval = z.tuple([z.number(), z.number()]).readonly().nullable()

/** How far a set of gradients agrees: see `Agreement`. */
export const agreed = z.object({
  minibatches: z.int(),
  zero: z.int(),
  meanCosine: z.number().nullable(),
  opposed: z.number().nullable(),
  meanCosineInterval: interval,
  opposedInterval: interval,
  meanLength: z.number(),
})

/** The noise scale of a layer's shifts, and the agreement of minibatches by their size. */
const bySize = z.object({
  noiseScale: z.number(),
  meanSquaredLength: z.number(),
  variance: z.number(),
  sizes: z
    .array(
      z.object({
        batchSize: z.int(),
        meanCosine: z.number(),
        opposed: z.number(),
        standardError: z.number(),
        pairs: z.int(),
      }),
    )
    .readonly(),
})

/** The groups of parameters whose gradients are compared. */
export type GroupName = `${'pair' | 'first' | 'layer'}${DrawnLayer}` | 'weights'

/** The same for every group. */
export const byGroup = <T>(of: (group: GroupName) => T): { readonly [group in GroupName]: T } => ({
  /** The two drawn shifts of a hidden layer. */
  pair1: of('pair1'),
  pair2: of('pair2'),
  /** The shifts of its units 0 and 1. */
  first1: of('first1'),
  first2: of('first2'),
  /** All its shifts. */
  layer1: of('layer1'),
  layer2: of('layer2'),
  /** All weights of the network. */
  weights: of('weights'),
})

const checkpointAgreement = z.object({
  groups: z.object(byGroup(() => agreed)),
  /**
   * Over all shifts of a layer; null under batch normalization, where an example has no gradient of its
   * own.
   */
  batchSizes: z.object({ layer1: bySize, layer2: bySize }).nullable(),
})

export type CheckpointAgreement = z.infer<typeof checkpointAgreement>

/** How far the minibatches of a checkpoint agree, and why. */
export const agreement = defineStage<AgreementParameters, CheckpointPlace>()({
  kind: 'agreement',
  inputs: { dataset, training, activations, landscapes },
  streams: [streams.bootstrap, streams.batchSizes],
  masks: [maskNames.trainingSet],
  files: {
    agreement: json(checkpointAgreement),
    /** NaN where a gradient is not longer than round-off. */
    cosines: tensors(byGroup(() => float64(['minibatch', 'minibatch'], '1'))),
  },
})
