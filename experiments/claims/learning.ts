/** What the networks learn, and how large a minibatch is against the noise of its gradient. */
import type { NoiseScale } from '../measures.ts'
import { paper } from '../protocol.ts'
import type { Claim } from './claim.ts'
import { bounds } from './values.ts'

const plain = { sweep: 'plain', group: 'plain' } as const

/** The noise scale as a number that can be compared with a size: beyond all where it is not given. */
const comparable = (scale: NoiseScale | undefined): number | null =>
  scale ? (scale.value ?? Number.MAX_VALUE) : null

export const learning: readonly Claim[] = [
  {
    id: 'none.learns',
    by: { source: 2 },
    statement: 'A network of 3.5 million parameters learns y = 10d extremely accurately.',
    networks: plain,
    measure: 'R² on test records after the last epoch',
    format: 'number',
    domain: [0.9, 1],
    value: ({ epochs }) => epochs[epochs.length - 1].testR2,
    rule: { atLeast: bounds.accurate },
    reason: 'Extremely accurately: at most a fiftieth of the variance is left, on records that it never saw.',
  },
  {
    id: 'whole.noise-scale',
    by: 'article',
    statement: 'At epoch 10 the noise scale of the whole gradient is below the size of a minibatch.',
    networks: plain,
    measure: 'gradient noise scale of all parameters, records, epoch 10',
    format: 'number',
    domain: [0, 128],
    value: ({ checkpoints }) => comparable(checkpoints[bounds.at]?.tensors.whole?.noiseScale),
    rule: { below: paper.training.batchSize },
    reason:
      'At the noise scale signal and noise of a minibatch are equal; below it there is more signal. A scale that cannot be told from infinite counts as above.',
  },
  {
    id: 'biases.noise-scale',
    by: 'article',
    statement: "At epoch 10 the noise scale of hidden layer 1's biases is above the size of a minibatch.",
    networks: plain,
    measure: 'gradient noise scale of the biases of hidden layer 1, records, epoch 10',
    format: 'number',
    domain: [0, 512],
    value: ({ checkpoints }) => comparable(checkpoints[bounds.at]?.tensors['hidden1.bias']?.noiseScale),
    rule: { atLeast: paper.training.batchSize },
    reason: 'As for the whole gradient: above it there is more noise than signal in a minibatch.',
  },
  {
    id: 'biases.small-part',
    by: 'article',
    statement: 'The biases of hidden layer 1 are a small part of the gradient that is followed.',
    networks: plain,
    measure: 'their share of the squared length of the mean gradient, epoch 10',
    format: 'percent',
    domain: [0, 0.02],
    value: ({ checkpoints }) => checkpoints[bounds.at]?.tensors['hidden1.bias']?.share ?? null,
    rule: { below: bounds.smallPart },
    reason:
      'A hundredth of the squared length is a tenth of the length: a direction without it differs by six degrees.',
  },
]
