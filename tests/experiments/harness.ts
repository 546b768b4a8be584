/** Runs the study's stages in this process, one after the other, their results kept in memory. */

import { createHash } from 'node:crypto'
import { type EngineName, openEngine } from '../../experiments/engine/index.ts'
import { type Condition, type Protocol, smoke } from '../../experiments/protocol.ts'
import { study } from '../../experiments/study.ts'
import { quiet, type Results, runInMemory } from '../../pipeline/memory.ts'
import type { StageContext } from '../../pipeline/stage.ts'

const condition: Condition = {
  label: 'plain',
  dropout: 0,
  batchNorm: null,
  weightDecay: 0,
  learningRate: 0.01,
  epochs: 3,
  checkpoints: [0, 2],
}

/**
 * The study at a size that runs in seconds: 8 steps an epoch, 3 landscapes of 5 x 7 points. Its targets are
 * small, so that the first epochs overshoot some of them.
 */
export const tiny: Protocol = {
  ...smoke,
  deliveries: { ...smoke.deliveries, count: 160 },
  targetFactor: 0.02,
  hidden: [8, 6, 4],
  training: { ...smoke.training, batchSize: 16, filmed: 5 },
  landscapes: {
    ...smoke.landscapes,
    minibatches: 3,
    batchSize: 16,
    grid: { x: { steps: 2, step: 0.05 }, y: { steps: 3, step: 0.04 } },
    single: { x: { steps: 1, step: 0.001 }, y: { steps: 2, step: 0.001 } },
  },
  agreement: { batchSizes: [1, 8, 64], pairs: 20, bootstrap: 50 },
  walks: { conditions: ['none'], from: 2, epochs: 2, orders: 3 },
  conditions: {
    none: condition,
    dropout: { ...condition, label: 'dropout', dropout: 0.3 },
    'batch-norm-before': { ...condition, label: 'batch norm before', batchNorm: 'before ReLU' },
    'batch-norm-after': { ...condition, label: 'batch norm after', batchNorm: 'after ReLU' },
    'weight-decay': { ...condition, label: 'weight decay', weightDecay: 0.1 },
  },
}

/**
 * Runs the stages of the study whose name `wanted` accepts, after those in `done`, whose results it also
 * returns.
 */
export function run(
  protocol: Protocol,
  engine: EngineName,
  wanted: (stage: string) => boolean = () => true,
  { done = {}, checkpoint }: { done?: Results; checkpoint?: StageContext['checkpoint'] } = {},
): Promise<Results> {
  const stages = study(protocol).filter(({ name }) => wanted(name))
  return runInMemory(stages, { ...quiet(engine), ...(checkpoint && { checkpoint }) }, done)
}

/** A digest of any value made of JSON and typed arrays: equal for equal bits. */
export function digest(value: unknown): string {
  const hash = createHash('sha256')
  const visit = (part: unknown) => {
    if (ArrayBuffer.isView(part)) {
      hash.update(`${part.constructor.name}:${part.byteLength}:`)
      hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    } else if (part !== null && typeof part === 'object') {
      for (const [name, child] of Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(`${name}=`)
        visit(child)
      }
      hash.update(';')
    } else hash.update(`${typeof part}:${String(part)}`)
  }
  visit(value)
  return hash.digest('hex')
}

/**
 * The engines, for `describe.each`: name, a remark for the title, and whether it can be opened here. The
 * native one can after a build has set it up.
 * @throws if it cannot, with ENGINE=native in the environment
 */
export async function engines(): Promise<[name: EngineName, remark: string, here: boolean][]> {
  return [
    ['wasm', '', true],
    await openEngine('native').then(
      () => ['native', '', true],
      (error) => {
        if (process.env.ENGINE === 'native') throw error
        return ['native', ` (left out, it cannot be opened here: ${String(error).split('\n')[0]})`, false]
      },
    ),
  ]
}
