/** How stages read what earlier stages made. */

import type { Reader } from '../definition.ts'
import type { dataset } from '../definitions/dataset.ts'
import type { training } from '../definitions/training.ts'
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

export async function readDataset(data: Reader<typeof dataset.files>): Promise<Dataset> {
  const { codes, targets, train, test, minibatches } = await data.examples()
  const [count, size] = minibatches.shape
  return {
    examples: {
      codes: codes.data,
      positions: codes.shape[1],
      targets: targets.data,
    },
    train: train.data,
    test: test.data,
    minibatches: Array.from({ length: count }, (_, i) => minibatches.data.subarray(i * size, (i + 1) * size)),
  }
}

/** The network's parameters after so many epochs. */
export const readParameters = (trained: Reader<typeof training.files>, epoch: number): Promise<Parameters> =>
  trained.parameters(epoch)
