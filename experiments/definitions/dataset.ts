import { z } from 'zod'
import { defineStage, float32, int32, json, tensors, uint16 } from '../definition.ts'
import type { Protocol } from '../protocol.ts'
import { streams } from '../streams.ts'

export type DatasetParameters = Pick<
  Protocol,
  'seed' | 'deliveries' | 'encoding' | 'targetFactor' | 'target'
> & {
  readonly landscapes: Pick<Protocol['landscapes'], 'minibatches' | 'batchSize'>
}

/** The delivery records, encoded and split, and the minibatches whose landscapes are drawn. */
export const dataset = defineStage<DatasetParameters, [] | [network: string]>()({
  kind: 'dataset',
  inputs: {},
  streams: [streams.deliveries, streams.split, streams.fixedMinibatches],
  files: {
    examples: tensors({
      /** Indices of the ones of an example's one-hot inputs. */
      codes: uint16(['example', 'position']),
      targets: float32(['example']),
      deliverers: uint16(['example'], 'deliverers'),
      /** Indices of examples. */
      train: int32(['example']),
      test: int32(['example']),
      minibatches: int32(['minibatch', 'member']),
    }),
    /** The first records as text. */
    records: json(
      z
        .array(
          z.object({
            fields: z.record(z.string(), z.string()),
            characters: z.string(),
            target: z.number(),
          }),
        )
        .readonly(),
    ),
  },
})
