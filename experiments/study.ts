import type { Stage } from '../pipeline/stage.ts'
import { activations } from './definitions/activations.ts'
import { agreement } from './definitions/agreement.ts'
import type { CheckpointParameters } from './definitions/common.ts'
import { dataset } from './definitions/dataset.ts'
import { fresh } from './definitions/fresh.ts'
import { laboratory } from './definitions/laboratory.ts'
import { type DrawingParameters, landscapes } from './definitions/landscapes.ts'
import { measures } from './definitions/measures.ts'
import { training } from './definitions/training.ts'
import { walk } from './definitions/walk.ts'
import type { Condition, Protocol } from './protocol.ts'

/**
 * The stages of the study: the data; for each condition a training run, and for each of its checkpoints
 * activations, landscapes, agreement and what the laboratory loads; the walks. All are of one seed: what is
 * said over networks rests on recorded evidence.
 */
export function study(protocol: Protocol): Stage[] {
  const { conditions, walks, seed, deliveries, encoding, targetFactor, target, hidden } = protocol
  const { minibatches, batchSize, grid, single, roundOff, roundOffSingle } = protocol.landscapes
  const data = { dataset: dataset.at() }
  const trainingProtocol = { seed, hidden, encoding, training: protocol.training }

  const checkpoint = (name: string, condition: Condition, epoch: number): Stage[] => {
    const { dropout, batchNorm } = condition
    const parameters: CheckpointParameters = {
      protocol: { seed, hidden, encoding, training: { batchNorm: protocol.training.batchNorm } },
      condition: { dropout, batchNorm },
      epoch,
    }
    const drawing: DrawingParameters = { ...parameters, grid, single, roundOff }
    const trained = { ...data, training: training.at(name) }
    const activated = { ...trained, activations: activations.at(name, epoch) }
    const drawn = { landscapes: landscapes.at(name, epoch) }
    const { bootstrap } = protocol.agreement
    return [
      activations.stage([name, epoch], parameters, trained),
      landscapes.stage([name, epoch], drawing, activated),
      ...(dropout > 0
        ? [fresh.stage([name, epoch], { ...drawing, bootstrap }, { ...trained, ...drawn })]
        : []),
      agreement.stage(
        [name, epoch],
        { ...parameters, agreement: protocol.agreement, roundOff },
        { ...activated, ...drawn },
      ),
      laboratory.stage([name, epoch], parameters, trained),
    ]
  }

  const branch = (name: string, given: Condition): Stage[] => {
    const { label: _, ...condition } = given
    const trained = { protocol: trainingProtocol, condition }
    return [
      training.stage([name], trained, data),
      measures.stage(
        [name],
        { ...trained, measures: protocol.measures, roundOff: roundOffSingle, interventions: [] },
        { ...data, training: training.at(name) },
      ),
      ...condition.checkpoints.flatMap((epoch) => checkpoint(name, given, epoch)),
    ]
  }

  return [
    dataset.stage(
      [],
      {
        seed,
        deliveries,
        encoding,
        targetFactor,
        ...(target && { target }),
        landscapes: { minibatches, batchSize },
      },
      {},
    ),
    ...Object.entries(conditions).flatMap(([name, condition]) => branch(name, condition)),
    ...walks.conditions.map((name) => {
      const { label: _, ...condition } = conditions[name]
      const { from, epochs, orders } = walks
      const parameters = { protocol: trainingProtocol, condition, from, epochs, orders }
      return walk.stage([name], parameters, { ...data, training: training.at(name) })
    }),
  ]
}
