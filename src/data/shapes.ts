/** The shapes in which results reach the figures and their players. */
import type { EpochGroup } from '../../experiments/measures.ts'
import type { Field } from './field.ts'

/** The landscapes of one hidden layer. */
export interface LayerLandscapes {
  readonly layer: number
  /** The two units whose parameters are moved. */
  readonly units: readonly [x: number, y: number]
  readonly field: Field
}

/** Predicted values of the same test examples after every epoch. */
export interface Film {
  readonly actual: Float32Array
  readonly frames: readonly { readonly epoch: number; readonly predicted: Float32Array }[]
}

/**
 * Cosine similarities of all pairs of minibatches' gradients by a layer, row-major; NaN where one is zero.
 */
export interface LayerCosines {
  readonly layer: number
  readonly count: number
  readonly cosines: Float64Array
}

/** How the cosine of two independent minibatches depends on their size, over all shifts of a layer. */
export interface SizeCurve {
  readonly layer: number
  readonly epoch: number
  /** The gradient noise scale, examples; null where the data do not tell it, see `resolvedNoiseScale`. */
  readonly noiseScale: number | null
  readonly sizes: readonly SizePoint[]
}

export interface SizePoint {
  readonly batchSize: number
  readonly meanCosine: number
  readonly standardError: number
}

/** How far the minibatches agree over all shifts of each layer, after every epoch of a training run. */
export interface AgreementByEpoch {
  readonly label: string
  readonly layers: readonly {
    readonly layer: number
    /**
     * Mean cosine of a pair, by epoch from 0; null where too few minibatches have a gradient beyond rounding.
     */
    readonly meanCosine: readonly (number | null)[]
  }[]
}

/** How the records and the minibatches of one network lie, after every epoch of its training. */
export interface Votes {
  readonly name: string
  /** Share of the training records that are predicted too high. */
  readonly tooHigh: readonly number[]
  /**
   * By epoch, the share of pairs of minibatches whose gradients make an obtuse angle: over all shifts of a
   * hidden layer, or all parameters. Null where too few minibatches have a gradient beyond rounding.
   */
  readonly opposed: { readonly [group in VotingGroup]: readonly (number | null)[] }
}

/** Parameters over which gradients are compared after every epoch. */
export const votingGroups = ['bias1', 'bias2', 'whole'] as const satisfies readonly EpochGroup[]

export type VotingGroup = (typeof votingGroups)[number]

/** What a bias does in several walks from one start. */
export interface BiasWalk {
  readonly layer: number
  readonly unit: number
  /** Its value after each step, step 0 being the start, by order of the training set. */
  readonly paths: readonly Float64Array[]
}
