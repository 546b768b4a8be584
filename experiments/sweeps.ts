/**
 * Named sweeps: which networks are trained beyond those that the article's build trains, and from which
 * seeds.
 */

import type { Stage } from '../pipeline/stage.ts'
import { type DatasetParameters, dataset } from './definitions/dataset.ts'
import { type DigitsParameters, digits } from './definitions/digits.ts'
import { type MeasuresParameters, measures } from './definitions/measures.ts'
import { type TrainingParameters, training } from './definitions/training.ts'
import {
  type Composition,
  type Condition,
  type ConditionName,
  type Protocol,
  paper,
  smoke,
} from './protocol.ts'

/** Networks that differ by their seed alone. */
export type SweepGroup = Networks & {
  /** How many: seeds `firstSeed`, `firstSeed` + 1, ..., none left out. */
  readonly replicates: number
}

type Networks = TrainedGroup | { readonly digits: Omit<DigitsParameters, 'seed'> }

interface TrainedGroup {
  readonly protocol: Protocol
  readonly condition: Condition
  /** What is changed at each network, at the epoch `condition.optimizerAt`. */
  readonly interventions?: MeasuresParameters['interventions']
}

/** Groups by name, in the order in which they are computed. */
export type Sweep = { readonly [group: string]: SweepGroup }

/** One network of a sweep. */
export interface Member {
  /** Such as `batch-norm-before-1003`. */
  readonly id: string
  readonly group: string
  readonly seed: number
  /**
   * What makes it, in order. Members of the same seed and data have stages of other names and the same key,
   * which are computed once at a queue, where members share a store.
   */
  readonly stages: readonly Stage[]
  /** The name of the stage whose `measures.json`, a GradientMeasures, is kept. */
  readonly measures: string
}

/**
 * The first seed of every sweep. A seed decides the data, the initial parameters and the order of the
 * minibatches.
 */
export const firstSeed = 1001

/** The published protocol without regularizer, its optimizer kept at epoch 10. */
const plain: Condition = { ...paper.conditions.none, optimizerAt: 10 }

/** Sizes at which what needs many trainings is had: the first layer of the source's public code. */
const narrow: Protocol = { ...paper, hidden: [900, 100, 20] }
const narrowCondition: Condition = { ...paper.conditions.none, epochs: 20, checkpoints: [0, 10, 20] }
const brief: Condition = { ...paper.conditions.none, epochs: 10, checkpoints: [0, 10] }

const eight = (protocol: Protocol, condition: Condition): SweepGroup => ({
  protocol,
  condition,
  replicates: 8,
})
const composed = (composition: Composition) => eight(narrow, { ...narrowCondition, composition })
/** The fewest networks from which a 95 % interval of their median can be had without assumptions. */
const six = (protocol: Protocol): SweepGroup => ({ protocol, condition: brief, replicates: 6 })
const batches = (batchSize: number, minibatches: number): Protocol => ({
  ...narrow,
  training: { ...narrow.training, batchSize },
  landscapes: { ...narrow.landscapes, batchSize, minibatches },
})
const { none: _, ...regularized } = paper.conditions
const eightOfEach = <Name extends string>(conditions: { readonly [name in Name]: Condition }) => {
  const groups = Object.entries<Condition>(conditions).map(([name, given]) => [name, eight(paper, given)])
  // Of the same names.
  return Object.fromEntries(groups) as { readonly [name in Name]: SweepGroup }
}
const normalized = (name: ConditionName) => ({ ...paper.conditions[name], frozenBiases: true })

const recorded = (name: ConditionName): SweepGroup => ({
  ...eight(paper, { ...paper.conditions[name], optimizerAt: 10 }),
  interventions: ['records'],
})

const { clipNorm, adam, batchSize } = paper.training

/** In the order in which they are computed. */
export const sweeps = {
  /** The published network over its 50 epochs, redrawn 24 times: a share over networks is met to 5 points. */
  plain: {
    plain: {
      protocol: paper,
      condition: plain,
      replicates: 24,
      interventions: ['signs', 'losses', 'steps'],
    },
  },
  /** The regularizers, 8 networks each, compared with `plain` at epoch 10 seed by seed. */
  conditions: eightOfEach(regularized),
  /** Causes that are tested by training otherwise, against `absolute` seed by seed. */
  causes: {
    absolute: {
      ...eight(narrow, { ...narrowCondition, optimizerAt: 10 }),
      interventions: ['order'],
    },
    squared: eight(narrow, { ...narrowCondition, loss: 'squared' }),
    huber: eight(narrow, { ...narrowCondition, loss: { huber: paper.measures.huber } }),
    // A rate at which it learns as fast as Adam: of 0.001, 0.01 and 0.1, tried with seed 1, which is in no
    // sweep.
    'gradient-descent': eight(narrow, {
      ...narrowCondition,
      optimizer: 'gradient descent',
      learningRate: 0.1,
    }),
    fixed: composed('fixed'),
    repeated: composed('repeated'),
    stratified: composed('stratified by target'),
    sorted: composed('sorted by target'),
    'batch-norm-before': eight(narrow, paper.conditions['batch-norm-before']),
    'batch-norm-before-frozen': eight(narrow, normalized('batch-norm-before')),
    'batch-norm-after': eight(narrow, paper.conditions['batch-norm-after']),
    'batch-norm-after-frozen': eight(narrow, normalized('batch-norm-after')),
    // The networks of `absolute`.
    output: {
      ...eight(narrow, { ...narrowCondition, optimizerAt: 10 }),
      interventions: ['output'],
    },
    // Why majorities tell less under the regularizers.
    'dropout-records': recorded('dropout'),
    'batch-norm-before-fast-records': recorded('batch-norm-before-fast'),
  },
  /** How far it holds elsewhere. The narrow network with minibatches of 64 is `absolute` of the causes. */
  generality: {
    'cost-x-busy': six({ ...paper, target: 'cost x busy' }),
    'first-layer-500': six({ ...paper, hidden: [500, 100, 20] }),
    'layers-300-50': six({ ...paper, hidden: [900, 300, 50] }),
    'batch-16': six(batches(16, 50)),
    'batch-256': six(batches(256, 31)),
    // As many steps as ten epochs of minibatches of 64 have, after which `batch-256` has not begun to learn.
    'batch-256-longer': {
      ...six(batches(256, 31)),
      condition: { ...brief, epochs: 40, checkpoints: [0, 10, 40] },
    },
  },
  /**
   * A public data set under cross-entropy: the layers, the minibatches and the optimizer of the other
   * networks.
   */
  digits: {
    digits: {
      replicates: 6,
      digits: {
        source: {
          package: 'mnist',
          version: '1.1.0',
          sha256: '8b5e1afd097bb8d14db7e4aec62442bfcebdabdbc5197e02ecf9f1c7d9919c73',
        },
        trainFraction: paper.deliveries.trainFraction,
        hidden: narrow.hidden,
        training: { learningRate: brief.learningRate, clipNorm, adam, batchSize, epochs: brief.epochs },
        minibatches: paper.landscapes.minibatches,
        checkpoints: brief.checkpoints,
        roundOff: paper.landscapes.roundOffSingle,
      },
    },
  },
  /** For tests: seconds, at a rate at which so small a network learns within them. */
  smoke: {
    plain: {
      protocol: smoke,
      condition: { ...smoke.conditions.none, learningRate: 1e-2, optimizerAt: 10 },
      replicates: 4,
      interventions: ['signs', 'losses', 'steps', 'order'],
    },
  },
} satisfies { readonly [name: string]: Sweep }

export type SweepName = keyof typeof sweeps

export const sweepNames = Object.keys(sweeps) as readonly SweepName[]

/** The members of a sweep of the study. */
export function membersOf(name: SweepName): Member[] {
  const found: Sweep = sweeps[name]
  return members(found)
}

/** The members of a sweep, group by group in the order of their seeds. */
export function members(sweep: Sweep): Member[] {
  return Object.entries(sweep).flatMap(([group, { replicates, ...rest }]) =>
    Array.from({ length: replicates }, (_, i) => member(group, firstSeed + i, rest)),
  )
}

/** The stages of one network from a seed of its own: its data, its training, its measures. */
function member(group: string, seed: number, given: Networks): Member {
  const id = `${group}-${seed}`
  if ('digits' in given) {
    const stages = [digits.stage([id], { seed, ...given.digits }, {})]
    return { id, group, seed, stages, measures: digits.at(id).name }
  }
  const { deliveries, encoding, targetFactor, target, hidden, landscapes, ...rest } = given.protocol
  const { minibatches, batchSize } = landscapes
  const { label: _, ...condition } = given.condition
  const data: DatasetParameters = {
    seed,
    deliveries,
    encoding,
    targetFactor,
    ...(target && { target }),
    landscapes: { minibatches, batchSize },
  }
  const trained: TrainingParameters = {
    protocol: { seed, hidden, encoding, training: rest.training },
    condition,
  }
  const measured: MeasuresParameters = {
    ...trained,
    measures: rest.measures,
    roundOff: landscapes.roundOffSingle,
    interventions: given.interventions ?? [],
  }
  const upstream = { dataset: dataset.at(id), training: training.at(id) }
  return {
    id,
    group,
    seed,
    stages: [
      dataset.stage([id], data, {}),
      training.stage([id], trained, { dataset: upstream.dataset }),
      measures.stage([id], measured, upstream),
    ],
    measures: measures.at(id).name,
  }
}
