/**
 * The figures that an article can show, and what each must be told besides its id and title. Light on purpose: the prose is checked against this list
 * without loading what draws.
 */
export const figureKinds = {
  /** One minibatch's gradient landscape. */
  landscape: [],
  /** The landscapes of all minibatches of a checkpoint, both layers. */
  minibatches: ['condition', 'epoch', 'variant'],
  /** Cost and R² by epoch. */
  training: ['condition'],
  /** Predicted against actual values at some epochs. */
  predictions: ['condition'],
} as const satisfies { readonly [kind: string]: readonly FigureAttribute[] }

/** What a figure can be told. `variant` says how the landscape was computed, such as `exact` or `fresh`. */
export type FigureAttribute = 'condition' | 'epoch' | 'variant'

export type FigureKind = keyof typeof figureKinds

/** How landscapes were computed; the files of a landscapes stage. */
export const variants = ['exact', 'fresh', 'float32'] as const

/** What an article says of a figure. */
export interface FigureRequest {
  readonly kind: FigureKind
  readonly condition?: string
  readonly epoch?: number | 'start' | 'last'
  readonly variant?: (typeof variants)[number]
}
