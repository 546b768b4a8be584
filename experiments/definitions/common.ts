/** What several definitions share. */
import type { Content, Each } from '../definition.ts'
import type { NetworkProtocol } from '../network.ts'
import type { Condition, Protocol } from '../protocol.ts'

export const gibibyte = 2 ** 30

export const gradientUnit = 'cost per unit of the parameter'

/** A file for each checkpoint. */
export const byEpoch = <C>(each: Content<C>): Each<number, C> => ({ each })

/** The place of what is made of a checkpoint. */
export type CheckpointPlace = [condition: string, epoch: number]

/** Which checkpoint of which condition. */
export interface CheckpointParameters {
  readonly protocol: NetworkProtocol & Pick<Protocol, 'seed' | 'hidden'>
  readonly condition: Pick<Condition, 'dropout' | 'batchNorm'>
  readonly epoch: number
}
