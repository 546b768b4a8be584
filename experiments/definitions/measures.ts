import { defineStage, json } from '../definition.ts'
import { type Intervention, networkMeasures } from '../measured.ts'
import type { Protocol } from '../protocol.ts'
import { maskNames, streams } from '../streams.ts'
import { gibibyte } from './common.ts'
import { dataset } from './dataset.ts'
import { type TrainingParameters, training } from './training.ts'

export interface MeasuresParameters extends TrainingParameters {
  readonly measures: Protocol['measures']
  /** A gradient up to this length is round-off. */
  readonly roundOff: number
  /** What is changed at the network of the epoch `condition.optimizerAt`. */
  readonly interventions: readonly Intervention[]
}

/** All that is measured of one network. */
export const measures = defineStage<MeasuresParameters, [network: string]>()({
  kind: 'measures',
  inputs: { dataset, training },
  streams: [streams.population, streams.signs, streams.shuffle, streams.permutedEpoch],
  masks: [maskNames.training, maskNames.probe, maskNames.trainingSet],
  usesEngine: true,
  memory: gibibyte,
  files: { measures: json(networkMeasures) },
})
