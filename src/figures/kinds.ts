import type { Variant } from '../data/variants.ts'

/**
 * The figures that an article can show, and what each must be told besides its id and title. Light on purpose: the prose is checked against this list
 * without loading what draws.
 */
export const figureKinds = {
  /** One minibatch's gradient landscape, finely drawn. */
  landscape: ['condition', 'epoch', 'layer'],
  /** The landscapes of all minibatches of a checkpoint, both layers, with their gradients at the true parameters on a compass and the cosines of all pairs. */
  minibatches: ['condition', 'epoch', 'variant'],
  /** One arrow for each minibatch of a layer, at the start and at the next checkpoint. */
  directions: ['condition', 'layer'],
  /** Cost and R² by epoch. */
  training: ['condition'],
  /** Predicted against actual values at some epochs. */
  predictions: ['condition'],
  /** The cosines of all pairs of minibatches over all shifts of a layer, both layers. */
  matrix: ['condition', 'epoch'],
  /** Cosine of two minibatches by their size, measured and predicted. */
  'batch-size': ['condition'],
  /** Mean cosine of the minibatches by epoch, all conditions. */
  epochs: [],
  /** Paths of the drawn biases over an epoch, in several orders of the training set. */
  walk: ['condition'],
} as const satisfies { readonly [kind: string]: readonly FigureAttribute[] }

/** What a figure can be told. */
export type FigureAttribute = 'condition' | 'epoch' | 'layer' | 'variant'

export type FigureKind = keyof typeof figureKinds

/** What an article says of a figure. */
export interface FigureRequest {
  readonly kind: FigureKind
  readonly condition?: string
  readonly epoch?: number | 'start' | 'last'
  readonly layer?: number
  readonly variant?: Variant
}
