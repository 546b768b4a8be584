/**
 * Which records are for training, which of those are in the fixed minibatches, and what an epoch takes when.
 */

import type { Composition } from './protocol.ts'
import { permutation, stream } from './random.ts'
import { streams } from './streams.ts'

export interface Training {
  readonly seed: number
  readonly batchSize: number
  /** Indices of the training records among all, and the targets of all. */
  readonly train: Int32Array
  readonly targets: ArrayLike<number>
}

/** Splits so many records at random into those for training and for testing, indices in ascending order. */
export function split(
  seed: number,
  count: number,
  trainFraction: number,
): { readonly train: Int32Array; readonly test: Int32Array } {
  const order = permutation(count, stream(seed, ...streams.split()))
  const train = order.slice(0, Math.round(count * trainFraction)).sort()
  return { train, test: order.slice(train.length).sort() }
}

/**
 * The records of the minibatches whose gradients are compared, minibatch after minibatch, none twice. @throws
 * RangeError where there are too few
 */
export function fixedMinibatches(
  seed: number,
  train: Int32Array,
  { minibatches, batchSize }: { readonly minibatches: number; readonly batchSize: number },
): Int32Array {
  const wanted = minibatches * batchSize
  if (wanted > train.length)
    throw new RangeError(
      `${minibatches} landscapes of ${batchSize} examples need ${wanted} training examples; there are ${train.length}.`,
    )
  return permutation(train.length, stream(seed, ...streams.fixedMinibatches()))
    .subarray(0, wanted)
    .map((at) => train[at])
}

/**
 * The minibatches of an epoch, counted from 1, in the order in which they are taken. Records that fill no
 * minibatch are left out. See `Composition`.
 */
export function minibatchesOf(
  composition: Composition,
  epoch: number,
  { seed, batchSize, train, targets }: Training,
): Int32Array[] {
  const steps = Math.floor(train.length / batchSize)
  const shuffled = (epoch: number) =>
    permutation(train.length, stream(seed, ...streams.shuffle(epoch))).map((i) => train[i])
  const cut = (order: Int32Array) =>
    Array.from({ length: steps }, (_, i) => order.slice(i * batchSize, (i + 1) * batchSize))
  const reordered = (minibatches: readonly Int32Array[]) =>
    Array.from(permutation(steps, stream(seed, ...streams.minibatchOrder(epoch))), (i) => minibatches[i])
  // Records of one target stand in the order of the shuffle: sorting is stable.
  const sorted = () =>
    shuffled(epoch)
      .subarray(0, steps * batchSize)
      .toSorted((a, b) => targets[a] - targets[b])
  switch (composition) {
    case 'reshuffled':
      return cut(shuffled(epoch))
    case 'repeated':
      return cut(shuffled(1))
    case 'fixed':
      return reordered(cut(shuffled(1)))
    case 'sorted by target':
      return reordered(cut(sorted()))
    case 'stratified by target': {
      const records = sorted()
      const minibatches = Array.from({ length: steps }, () => new Int32Array(batchSize))
      for (let stratum = 0; stratum < batchSize; stratum++) {
        const places = permutation(steps, stream(seed, ...streams.stratum(epoch, stratum)))
        places.forEach((minibatch, at) => {
          minibatches[minibatch][stratum] = records[stratum * steps + at]
        })
      }
      return minibatches
    }
  }
}
