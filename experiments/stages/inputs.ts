/** How stages read what earlier stages made. */

import type { Upstream } from '../../pipeline/stage.ts'
import type { Examples, Parameters } from '../network.ts'

/** What the dataset stage made. */
export interface Dataset {
  readonly examples: Examples
  /** Indices of examples. */
  readonly train: Int32Array
  readonly test: Int32Array
  /** Indices of the examples of each minibatch whose landscape is drawn. */
  readonly minibatches: readonly Int32Array[]
}

export async function readDataset(dataset: Upstream): Promise<Dataset> {
  const { codes, targets, train, test, minibatches } = await dataset.tensors('examples.safetensors')
  const [count, size] = minibatches.shape
  const members = minibatches.data as Int32Array
  return {
    examples: {
      codes: codes.data as Uint16Array,
      positions: codes.shape[1],
      targets: targets.data as Float32Array,
    },
    train: train.data as Int32Array,
    test: test.data as Int32Array,
    minibatches: Array.from({ length: count }, (_, i) => members.subarray(i * size, (i + 1) * size)),
  }
}

/** The network's parameters after so many epochs. */
export async function readParameters(training: Upstream, epoch: number): Promise<Parameters> {
  return (await training.tensors(parametersFile(epoch))) as Parameters
}

export const parametersFile = (epoch: number) => `parameters-${epoch}.safetensors`

/** Of the optimizer's state after so many epochs, as in `Trainer.state`. */
export const optimizerFile = (epoch: number) => `optimizer-${epoch}.safetensors`
