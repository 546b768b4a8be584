/**
 * The names of dropout masks: what is drawn under the same name is the same, in the build and in the browser.
 */

/** Names the masks of all layers of some examples. */
export type MaskName = readonly (string | number)[]

/** What the study draws masks for. */
export const maskNames = {
  /** A step of training, counted from 0. */
  training: (step: number) => ['training', step],
  /** A fixed minibatch, each time that its gradient is recorded in training. */
  probe: (minibatch: number) => ['probe', minibatch],
  /** A fixed minibatch at a checkpoint. */
  landscape: (minibatch: number) => ['landscape', minibatch],
  /** A grid point of the landscape of a fixed minibatch, where every point has masks of its own. */
  fresh: (minibatch: number, point: number) => ['fresh', minibatch, point],
  /**
   * All training examples at once; for hidden layer 0 only `examplesAtOnce` of them, from the one at this
   * place on.
   */
  trainingSet: (from?: number) => (from === undefined ? ['training set'] : ['training set', from]),
} satisfies { readonly [purpose: string]: (...details: number[]) => MaskName }

/** Training examples that go through hidden layer 0 at once. */
export const examplesAtOnce = 400

/** The name of the random stream from which a hidden layer's mask is drawn. */
export const maskStream = (name: MaskName, layer: number) => ['dropout mask', ...name, layer] as const
