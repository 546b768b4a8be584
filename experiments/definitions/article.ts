import { z } from 'zod'
import { defineStage, type Inputs, json } from '../definition.ts'
import type { Protocol } from '../protocol.ts'
import { agreement } from './agreement.ts'
import { dataset } from './dataset.ts'
import { fresh } from './fresh.ts'
import { landscapes } from './landscapes.ts'
import { training } from './training.ts'
import { walk } from './walk.ts'

/** A number or verdict that the prose may use. */
const statistic = z.object({
  value: z.union([z.number(), z.string(), z.boolean()]).nullable(),
  format: z.enum(['fixed', 'scientific', 'percent', 'integer']).exactOptional(),
  /** Digits after the decimal point. */
  digits: z.int().exactOptional(),
  unit: z.string().exactOptional(),
  /** 95 % interval. */
  interval: z.tuple([z.number(), z.number()]).readonly().exactOptional(),
  /** Names of the stages that were opened to make it; none for a number of the protocol. */
  from: z.array(z.string()).readonly(),
})

export type Statistic = z.infer<typeof statistic>

/** What the pages quote is read from all stages of these definitions. */
export const quoted = { dataset, training, landscapes, fresh, agreement, walk } as const

/** Every number and verdict that the pages quote, by name. */
export const article = defineStage<Protocol, []>()({
  kind: 'article',
  // The stages read are as many as the protocol has; each is known by its own name.
  inputs: {} as Inputs,
  files: { stats: json(z.record(z.string(), statistic)) },
})
