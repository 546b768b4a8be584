import { anyTensors, defineStage } from '../definition.ts'
import { type CheckpointParameters, type CheckpointPlace, gibibyte } from './common.ts'
import { dataset } from './dataset.ts'
import { training } from './training.ts'

/** A checkpoint as the laboratory in the page loads it. */
export const laboratory = defineStage<CheckpointParameters, CheckpointPlace>()({
  kind: 'laboratory',
  inputs: { dataset, training },
  usesEngine: true,
  memory: gibibyte,
  files: {
    /**
     * The quantized parameters (see `quantize`), and `outputs` [example], what the exact network predicts
     * in evaluation mode.
     */
    network: anyTensors(),
  },
})
