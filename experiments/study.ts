import type { Json, Stage } from '../pipeline/stage.ts'
import { type Condition, type Protocol, replicateName } from './protocol.ts'
import type { CheckpointParameters } from './stages/activations.ts'
import type { AgreementParameters } from './stages/agreement.ts'
import type { DatasetProtocol } from './stages/dataset.ts'
import type { FreshParameters } from './stages/fresh.ts'
import type { DrawingParameters } from './stages/landscapes.ts'
import type { TrainingParameters } from './stages/training.ts'
import type { WalkParameters } from './stages/walk.ts'

const gibibyte = 2 ** 30

/**
 * The stages of the study: the data; for each condition, and each of its replicates, a training run; for each of its checkpoints activations, landscapes and
 * agreement; the walks; what the pages quote.
 */
export function study(protocol: Protocol): Stage[] {
  const { conditions, replicates, walks, seed, deliveries, encoding, targetFactor, hidden } = protocol
  const { training, landscapes, agreement } = protocol
  const { minibatches, batchSize } = landscapes
  const dataset = stage(
    'dataset',
    'dataset',
    {
      seed,
      deliveries,
      encoding,
      targetFactor,
      landscapes: { minibatches, batchSize },
    } satisfies DatasetProtocol,
    {},
  )
  const branch = (name: string, { label, ...condition }: Condition, seed: number) => {
    const trained = stage(
      `training ${name}`,
      'training',
      { protocol: { seed, hidden, encoding, training }, condition } satisfies TrainingParameters,
      { dataset: dataset.name },
      { usesEngine: true, memory: gibibyte },
    )
    const { dropout, batchNorm } = condition
    const checkpoints = condition.checkpoints.flatMap((epoch) => {
      const at = `${name} ${epoch}`
      const checkpoint = {
        protocol: { seed, hidden, encoding, training: { batchNorm: training.batchNorm } },
        condition: { dropout, batchNorm },
        epoch,
      } satisfies CheckpointParameters
      const upstream = { dataset: dataset.name, training: trained.name }
      const activations = stage(`activations ${at}`, 'activations', checkpoint, upstream, {
        usesEngine: true,
        memory: gibibyte,
      })
      const drawing: DrawingParameters = {
        ...checkpoint,
        grid: landscapes.grid,
        single: landscapes.single,
        roundOff: landscapes.roundOff,
      }
      const withActivations = { ...upstream, activations: activations.name }
      const drawn = stage(`landscapes ${at}`, 'landscapes', drawing, withActivations)
      const withLandscapes = { ...withActivations, landscapes: drawn.name }
      const fresh = dropout
        ? [
            stage(
              `fresh ${at}`,
              'fresh',
              { ...drawing, bootstrap: agreement.bootstrap } satisfies FreshParameters,
              withLandscapes,
              { usesEngine: true, memory: gibibyte },
            ),
          ]
        : []
      const agreed: AgreementParameters = { ...checkpoint, agreement, roundOff: landscapes.roundOff }
      // Replicates are compared, not offered in the laboratory.
      const laboratory = Object.hasOwn(conditions, name)
        ? [
            stage(`laboratory ${at}`, 'laboratory', checkpoint, upstream, {
              usesEngine: true,
              memory: gibibyte,
            }),
          ]
        : []
      return [
        activations,
        drawn,
        ...fresh,
        stage(`agreement ${at}`, 'agreement', agreed, withLandscapes),
        ...laboratory,
      ]
    })
    return [trained, ...checkpoints]
  }
  const { condition: replicated, epoch, seeds } = replicates
  if (!conditions[replicated]?.checkpoints.includes(epoch))
    throw new RangeError(
      `experiments/protocol.ts: replicates are of "${replicated}" at epoch ${epoch}; a condition with a checkpoint there is needed.`,
    )
  const replicate: Condition = { ...conditions[replicated], epochs: epoch, checkpoints: [0, epoch] }
  const walk = (name: string) => {
    const { conditions: _, ...walked } = walks
    const { label, ...condition } = conditions[name]
    return stage(
      `walk ${name}`,
      'walk',
      { protocol: { seed, hidden, encoding, training }, condition, ...walked } satisfies WalkParameters,
      { dataset: dataset.name, training: `training ${name}` },
      { usesEngine: true, memory: gibibyte },
    )
  }
  const made = [
    ...Object.entries(conditions).flatMap(([name, condition]) => branch(name, condition, seed)),
    ...seeds.flatMap((other) => branch(replicateName(replicated, other), replicate, other)),
    ...walks.conditions.map(walk),
  ]
  const quoted = made.filter(({ module }) => !/(activations|laboratory)\.ts$/.test(module))
  const article = stage(
    'article',
    'article',
    { ...protocol },
    Object.fromEntries([dataset, ...quoted].map(({ name }) => [name, name])),
  )
  return [dataset, ...made, article]
}

function stage(
  name: string,
  module: string,
  parameters: object,
  inputs: Stage['inputs'],
  rest: { usesEngine?: boolean; memory?: number } = {},
): Stage {
  return {
    name,
    module: `experiments/stages/${module}.ts`,
    parameters: parameters as Json,
    inputs,
    usesEngine: false,
    ...rest,
  }
}
