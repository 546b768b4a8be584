import type { TrainingParameters } from '../definitions/training.ts'
import type { Intervention } from '../measures.ts'
import type { Protocol } from '../protocol.ts'

export interface MeasuresParameters extends TrainingParameters {
  readonly measures: Protocol['measures']
  /** A gradient up to this length is round-off. */
  readonly roundOff: number
  /** What is changed at the network of the epoch `condition.optimizerAt`. */
  readonly interventions: readonly Intervention[]
}
