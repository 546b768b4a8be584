/** The register of the kinds of figures. A new kind is a file and its line here. */
import type { Condition } from '../../experiments/protocol.ts'
import type { Results } from '../data/results.ts'
import type { Variant } from '../data/variants.ts'
import type { Asked, Figure, FigureAttribute, FigureMaker } from './figure.ts'

export interface KindEntry {
  /** What an article must tell a figure of this kind, besides its id and title. */
  readonly needs: readonly FigureAttribute[]
  /** Its file; loaded when one is drawn, so that prose can be checked against the register alone. */
  readonly load: () => Promise<{ readonly default: FigureMaker }>
  /** Whether it can be drawn of a condition; of any, unless given. */
  readonly drawable?: (condition: Condition, walked: readonly string[], name: string) => boolean
}

const hasMiddle = ({ checkpoints }: Condition) => checkpoints.length > 1

export const figureKinds = {
  /** The arrows of one network's minibatches, epoch by epoch, and the share of records predicted too high. */
  hero: { needs: ['condition', 'layer'], load: () => import('./hero.ts'), drawable: hasMiddle },
  /** How often two minibatches disagree if each votes with the signs of its residuals, to be tried out. */
  vote: { needs: ['condition'], load: () => import('./vote.ts'), drawable: hasMiddle },
  /**
   * The share of opposed pairs against the share of records predicted too high: every epoch of every network.
   */
  law: { needs: [], load: () => import('./law.ts') },
  /** One minibatch's gradient landscape, finely drawn. */
  landscape: { needs: ['condition', 'epoch', 'layer'], load: () => import('./landscape.ts') },
  /**
   * The landscapes of all minibatches of a checkpoint, both layers, a compass, and the cosines of all pairs.
   */
  minibatches: { needs: ['condition', 'epoch', 'variant'], load: () => import('./minibatches.ts') },
  /** Test error and R² by epoch. */
  training: { needs: ['condition'], load: () => import('./training.ts') },
  /** Predicted against actual values at some epochs. */
  predictions: { needs: ['condition'], load: () => import('./predictions.ts') },
  /** The cosines of all pairs of minibatches over all shifts of a layer, both layers. */
  matrix: { needs: ['condition', 'epoch'], load: () => import('./matrix.ts') },
  /** Cosine of two minibatches by their size, measured and predicted. */
  'batch-size': {
    needs: ['condition'],
    load: () => import('./batch-size.ts'),
    // Under batch normalization an example has no gradient of its own, of which minibatches could be made up.
    drawable: ({ batchNorm }) => !batchNorm,
  },
  /** Mean cosine of the minibatches by epoch, all conditions. */
  epochs: { needs: [], load: () => import('./epochs.ts') },
  /** Paths of the drawn biases over an epoch, in several orders of the training set. */
  walk: {
    needs: ['condition'],
    load: () => import('./walk.ts'),
    drawable: (_, walked, name) => walked.includes(name),
  },
} as const satisfies { readonly [kind: string]: KindEntry }

export type FigureKind = keyof typeof figureKinds

/** What an article says of a figure. */
export interface FigureRequest {
  readonly kind: FigureKind
  readonly condition?: string
  readonly epoch?: number | 'start' | 'last'
  readonly layer?: number
  readonly variant?: Variant
}

const drawn = new WeakMap<Results, Map<string, Promise<Figure>>>()

/** The figure that an article asks for; drawn once for the same results. */
export function figure(results: Results, request: FigureRequest): Promise<Figure> {
  const known = drawn.get(results) ?? new Map<string, Promise<Figure>>()
  drawn.set(results, known)
  const name = figureName(request)
  const made = known.get(name) ?? make(results, request)
  known.set(name, made)
  return made
}

async function make(results: Results, request: FigureRequest): Promise<Figure> {
  const { default: maker } = await figureKinds[request.kind].load()
  return maker(results, asked(results, request))
}

/** A name for files that belong to a figure, such as `minibatches-none-10-bias`. */
export const figureName = ({ kind, condition, epoch, layer, variant }: FigureRequest): string =>
  [kind, condition, epoch, layer && `layer${layer}`, variant].filter((part) => part !== undefined).join('-')

/**
 * The epoch as a number. What a kind does not need it does not read, so what is not given may be anything.
 */
function asked(results: Results, request: FigureRequest): Asked {
  const { condition = '', epoch = 0, layer = 0, variant = 'bias' } = request
  const checkpoints = results.condition(condition)?.checkpoints ?? []
  const named = { start: checkpoints[0], last: checkpoints[checkpoints.length - 1] }
  return { condition, epoch: typeof epoch === 'string' ? named[epoch] : epoch, layer, variant }
}
