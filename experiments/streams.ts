/**
 * The names of the study's random streams, each written here and nowhere else: what is drawn under the same
 * name is the same, in every stage, in the build and in the browser. A stage's definition lists those that it
 * draws from.
 */
import type { StreamName } from './random.ts'

/** A name with details left open, such as an epoch. */
export type StreamFamily = (...details: never[]) => StreamName

/** What the study draws dropout masks for: names of the masks of all hidden layers of some examples. */
export const maskNames = {
  /** A step of training, counted from 0. */
  training: (step: number) => ['training', step] as const,
  /** A fixed minibatch, each time that its gradient is recorded in training. */
  probe: (minibatch: number) => ['probe', minibatch] as const,
  /** A fixed minibatch at a checkpoint. */
  landscape: (minibatch: number) => ['landscape', minibatch] as const,
  /** A grid point of the landscape of a fixed minibatch, where every point has masks of its own. */
  fresh: (minibatch: number, point: number) => ['fresh', minibatch, point] as const,
  /** All training examples at once. */
  trainingSet: () => ['training set'] as const,
  /** A minibatch that a reader of the page puts together, each time that new masks are asked for. */
  laboratory: (draw: number, side: string) => ['laboratory', draw, side] as const,
  /** The same at a grid point with masks of its own. */
  freshLaboratory: (draw: number, side: string, point: number) =>
    ['fresh', 'laboratory', draw, side, point] as const,
}

/** Names the masks of all layers of some examples. */
export type MaskName = ReturnType<(typeof maskNames)[keyof typeof maskNames]>

/** Names the masks of those of the examples that come from a place on, as many as go through at once. */
export type PartName = readonly [...MaskName, number]

export const partFrom = (name: MaskName, place: number): PartName => [...name, place]

/** Training examples that go through hidden layer 0 at once. */
export const examplesAtOnce = 400

/** Training examples that go through the whole network at once, where each has a gradient of its own. */
export const recordsAtOnce = 500

export const streams = {
  /** The delivery records. */
  deliveries: () => ['deliveries'] as const,
  /** Which of them are for training. */
  split: () => ['split'] as const,
  /** Which of those are in the fixed minibatches. */
  fixedMinibatches: () => ['landscape minibatches'] as const,
  /** The weights and biases of a layer at the start: `hidden0`, ..., `output`. */
  initialParameters: (layer: string) => ['initial parameters', layer] as const,
  /** The shuffle of the training records in an epoch. */
  shuffle: (epoch: number) => ['minibatch order', epoch] as const,
  /** The order of minibatches that are put together otherwise. */
  minibatchOrder: (epoch: number) => ['order of minibatches', epoch] as const,
  /** Which minibatch gets which record of a range of targets. */
  stratum: (epoch: number, stratum: number) => ['strata', epoch, stratum] as const,
  /** The training set's order in an epoch of a walk. */
  walkOrder: (order: number, epoch: number) => ['walk order', order, epoch] as const,
  /** The dropout mask of a hidden layer. */
  mask: (name: MaskName | PartName, layer: number) => ['dropout mask', ...name, layer] as const,
  /** Resampled minibatches, behind the intervals of a group of parameters. */
  bootstrap: (group: string) => ['bootstrap', group] as const,
  /** The same of landscapes whose every point has masks of its own. */
  freshBootstrap: (layer: string) => ['bootstrap', 'fresh', layer] as const,
  /** Pairs of independent minibatches of several sizes. */
  batchSizes: (layer: number) => ['batch sizes', layer] as const,
  /** Pairs of independent minibatches of the training records. */
  population: (epoch: number, group: string) => ['population', epoch, group] as const,
  /** Minibatches by the signs of their residuals. */
  signs: (epoch: number, kind: string) => ['signs', epoch, kind] as const,
  /** The order of an epoch that goes on from a network. */
  permutedEpoch: (epoch: number, walk: number) => ['walks', epoch, 'permuted', walk] as const,
} satisfies { readonly [purpose: string]: StreamFamily }
