/** What the page tells the laboratory of the study, and where its files are. */
import type { Condition, Protocol } from '../../../experiments/protocol.ts'

/** The parts of the protocol that the laboratory computes with, and the pairs of units whose landscapes are published. */
export interface Study {
  readonly protocol: Pick<Protocol, 'seed' | 'deliveries' | 'encoding' | 'hidden' | 'targetFactor'>
  readonly epsilon: number
  readonly grid: Protocol['landscapes']['grid']
  /** A gradient up to this length is round-off of an exact zero. */
  readonly roundOff: number
  /** How many minibatches are published, and their size. */
  readonly minibatches: number
  readonly batchSize: number
  readonly trainExamples: number
  /** Deliverers of the record that has the most. */
  readonly mostDeliverers: number
  readonly conditions: { readonly [condition: string]: StudiedCondition }
}

export interface StudiedCondition extends Pick<Condition, 'label' | 'dropout' | 'batchNorm'> {
  /** By epoch, by hidden layer 1 and 2. */
  readonly units: { readonly [epoch: string]: { readonly [layer: string]: readonly [x: number, y: number] } }
}

/** The file of a checkpoint's quantized network, relative to the page. */
export const networkFile = (condition: string, epoch: number) => `lab/${condition}-${epoch}.safetensors`

/** The file of the training examples. */
export const examplesFile = 'lab/examples.safetensors'

/** The file of a published minibatch, counted from 1: `preactivations` of hidden layer 1, [example, unit], and the build's landscapes `layer<n>.<kind>`. */
export const publishedFile = (condition: string, epoch: number, number: number) =>
  `lab/${condition}-${epoch}/minibatch-${number}.safetensors`
