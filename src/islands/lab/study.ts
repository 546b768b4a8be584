/** What the page tells the laboratory of the study, and where its files are. */
import type { Condition, Protocol } from '../../../experiments/protocol.ts'

/**
 * The parts of the protocol that the laboratory computes with, and the pairs of units that the article draws.
 */
export interface Study {
  readonly protocol: Pick<Protocol, 'seed' | 'deliveries' | 'encoding' | 'hidden' | 'targetFactor' | 'grades'>
  readonly epsilon: number
  readonly grid: Protocol['landscapes']['grid']
  /** A gradient up to this length is round-off of an exact zero. */
  readonly roundOff: number
  /** How many minibatches the article draws, and their size. */
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

/** Nothing that makes an example's way through the network depend on the others or on chance. */
export const isPlain = ({ dropout, batchNorm }: Pick<Condition, 'dropout' | 'batchNorm'>): boolean =>
  dropout === 0 && batchNorm === null

/** The file of the training examples: deliverers, numbers in the data, and the article's minibatches. */
export const examplesFile = 'lab/examples.safetensors'

/** The file of the training examples' characters. */
export const charactersFile = 'lab/characters.safetensors'

/** The file of a checkpoint's parameters from hidden layer 1 on. */
export const lowerFile = (condition: string, epoch: number) => `lab/${condition}-${epoch}/lower.safetensors`

/** The file of what a hidden layer of a checkpoint gets of every training example. */
export const arrivalsFile = (condition: string, epoch: number, layer: 1 | 2) =>
  `lab/${condition}-${epoch}/layer${layer}.safetensors`

/** The file of a checkpoint's whole network, quantized. */
export const networkFile = (condition: string, epoch: number) =>
  `lab/${condition}-${epoch}/network.safetensors`

/**
 * The file of a minibatch of the article, counted from 1: `preactivations` of hidden layer 1, [example,
 * unit], and the build's landscapes `layer<n>.<kind>`.
 */
export const publishedFile = (condition: string, epoch: number, number: number) =>
  `lab/${condition}-${epoch}/minibatch-${number}.safetensors`
