/** How networks learn, and what decides of a network's last steps: `none.accurate`, `none.epoch10.mae`. */
import { mean } from 'd3-array'
import { open } from '../../../experiments/definition.ts'
import { training } from '../../../experiments/definitions/training.ts'
import { walk } from '../../../experiments/definitions/walk.ts'
import type { Protocol } from '../../../experiments/protocol.ts'
import {
  atCheckpoint,
  type Checkpoint,
  conditions,
  digits,
  integer,
  number,
  subject,
  verdict,
} from './subject.ts'

export const learning = subject({
  places: conditions,
  prefix: (condition) => condition,
  forms: { parameters: integer, steps: integer, accurate: verdict, accurateFrom: integer },
  async measure(condition, run, protocol) {
    const { parameterCount, stepsPerEpoch, epochs } = await open(run, training.at(condition)).history()
    const accurate = epochs.find(({ testR2 }) => testR2 >= protocol.claims.accurate)
    return {
      parameters: parameterCount,
      steps: protocol.conditions[condition].epochs * stepsPerEpoch,
      accurate: accurate !== undefined,
      accurateFrom: accurate?.epoch ?? null,
    }
  },
})

/** Every epoch of every condition, from the first or from the start, epoch 0. */
const epochsFrom = (first: number) => (protocol: Protocol) =>
  conditions(protocol).flatMap((condition) =>
    Array.from(
      { length: protocol.conditions[condition].epochs + 1 - first },
      (_, i): Checkpoint => ({
        condition,
        epoch: first + i,
      }),
    ),
  )

export const errors = subject({
  places: epochsFrom(0),
  prefix: atCheckpoint,
  forms: { mae: digits(1), r2: digits(2), r2Exact: digits(3) },
  async measure({ condition, epoch }, run) {
    const { testMae, testR2 } = (await open(run, training.at(condition)).history()).epochs[epoch]
    return { mae: testMae, r2: testR2, r2Exact: testR2 }
  },
})

export const costs = subject({
  places: epochsFrom(1),
  prefix: atCheckpoint,
  forms: { cost: digits(1) },
  async measure({ condition, epoch }, run) {
    const { cost } = (await open(run, training.at(condition)).history()).epochs[epoch]
    return { cost }
  },
})

/** How far walks in different orders end from each other. */
export const walks = subject({
  places: ({ walks }) => walks.conditions,
  prefix: (condition) => `walk.${condition}` as const,
  forms: {
    orders: integer,
    steps: integer,
    /**
     * Mean distance between two ends, and between an end and the start, over the start's length; over all
     * parameters.
     */
    distance: number({ format: 'percent', digits: 1 }),
    walked: number({ format: 'percent', digits: 1 }),
    /**
     * How far two ends are apart, relative to how far they have come; unrelated directions give the square
     * root of 2.
     */
    spread: digits(2),
    /** Root mean square over the test set, mean over pairs of ends; units of y. */
    predictionDifference: digits(1),
    startMae: digits(1),
    leastMae: digits(1),
    mostMae: digits(1),
  },
  async measure(condition, run) {
    const summary = await open(run, walk.at(condition)).summary()
    const [distance, walked] = [summary.distances, summary.distanceFromStart].map((all) => mean(all) ?? null)
    return {
      orders: summary.endMae.length,
      steps: summary.steps,
      distance,
      walked,
      spread: distance === null || walked === null ? null : distance / walked,
      predictionDifference: mean(summary.predictionDifferences) ?? null,
      startMae: summary.startMae,
      leastMae: Math.min(...summary.endMae),
      mostMae: Math.max(...summary.endMae),
    }
  },
})
