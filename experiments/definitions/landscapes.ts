import { z } from 'zod'
import { type Content, defineStage, type Each, float64, json, optional, tensors } from '../definition.ts'
import type { Protocol } from '../protocol.ts'
import { maskNames } from '../streams.ts'
import { activations } from './activations.ts'
import { type CheckpointParameters, type CheckpointPlace, gradientUnit } from './common.ts'
import { dataset } from './dataset.ts'
import { training } from './training.ts'

export interface DrawingParameters extends CheckpointParameters {
  readonly grid: Protocol['landscapes']['grid']
  readonly single: Protocol['landscapes']['single']
  readonly roundOff: number
}

/** What a landscape, or several, is like. */
export const fieldSummary = z.object({
  /**
   * Mean angle between neighbouring arrows of the grid, degrees, over pairs in which both have a direction;
   * null if there is none.
   */
  neighbourAngle: z.number().nullable(),
  /** Root mean square length of the arrows, cost per unit of the parameters. */
  length: z.number(),
  /** Fraction of arrows that have no direction. */
  zero: z.number(),
})

const layerSummary = z.object({
  /**
   * The two units whose parameters are moved: the first two of those that are active in the most
   * minibatches.
   */
  units: z.tuple([z.int(), z.int()]).readonly(),
  /** For each unit of the layer, the number of minibatches in which it is active for at least one example. */
  active: z.array(z.int()).readonly(),
  variants: z.object({
    bias: fieldSummary,
    float32: fieldSummary,
    /** Under batch normalization. */
    beta: fieldSummary.exactOptional(),
  }),
})

const landscapesSummary = z.object({
  /** Mean absolute error, by minibatch. */
  cost: z.array(z.number()).readonly(),
  /** Fraction of examples whose output exceeds the target, by minibatch. */
  positiveResiduals: z.array(z.number()).readonly(),
  layers: z.object({ layer1: layerSummary, layer2: layerSummary }),
})

export type LandscapesSummary = z.infer<typeof landscapesSummary>

const drawing = float64(['minibatch', 'y', 'x', 'component'], gradientUnit)
const fine = float64(['y', 'x', 'component'], gradientUnit)
const perUnit = float64(['minibatch', 'unit'], gradientUnit)
const displacements = { x: float64(['x']), y: float64(['y']) }

/** The landscapes of both layers, and the displacements of the two parameters. */
export const drawnLandscapes = tensors({ layer1: drawing, layer2: drawing, ...displacements })

/**
 * Which two parameters are moved, and in which precision: two biases in float64 or in float32, two betas in
 * float64.
 */
export type DrawnVariant = 'bias' | 'float32' | 'beta'

/** A file for each variant. */
export const byVariant =
  <V extends string>() =>
  <C>(each: Content<C>): Each<V, C> => ({ each })

/**
 * The gradient landscapes of a checkpoint's minibatches over two shifts of units of hidden layers 1 and 2,
 * parameters and masks held.
 */
export const landscapes = defineStage<DrawingParameters, CheckpointPlace>()({
  kind: 'landscapes',
  inputs: { dataset, training, activations },
  masks: [maskNames.landscape],
  files: {
    landscape: byVariant<DrawnVariant>()(drawnLandscapes),
    /** The first minibatch on a finer grid. */
    single: tensors({ layer1: fine, layer2: fine, ...displacements }),
    /**
     * The gradients with respect to the biases of all units, and under batch normalization to their betas.
     */
    centres: tensors({
      bias1: perUnit,
      bias2: perUnit,
      beta1: optional(perUnit),
      beta2: optional(perUnit),
    }),
    summary: json(landscapesSummary),
  },
})
