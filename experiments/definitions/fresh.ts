import { z } from 'zod'
import { defineStage, json } from '../definition.ts'
import { maskNames, streams } from '../streams.ts'
import { agreed } from './agreement.ts'
import { type CheckpointPlace, gibibyte } from './common.ts'
import { dataset } from './dataset.ts'
import { byVariant, type DrawingParameters, drawnLandscapes, fieldSummary, landscapes } from './landscapes.ts'
import { training } from './training.ts'

export interface FreshParameters extends DrawingParameters {
  /** Bootstrap samples behind each interval. */
  readonly bootstrap: number
}

/** What the landscapes of a layer are like, and how far the gradients at their centres agree. */
const freshSummary = fieldSummary.extend({ pair: agreed })

export type FreshSummary = z.infer<typeof freshSummary>

/**
 * The landscapes as drawn in training mode with dropout: every grid point is another forward pass with
 * masks of its own.
 */
export const fresh = defineStage<FreshParameters, CheckpointPlace>()({
  kind: 'fresh',
  inputs: { dataset, training, landscapes },
  streams: [streams.freshBootstrap],
  masks: [maskNames.fresh],
  usesEngine: true,
  memory: gibibyte,
  files: {
    landscape: byVariant<'fresh'>()(drawnLandscapes),
    summary: json(z.object({ layer1: freshSummary, layer2: freshSummary })),
  },
})
