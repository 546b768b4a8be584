/** The vote of a minibatch: how far it explains which minibatches oppose each other. */
import type { EpochGroup } from '../measures.ts'
import type { Claim } from './claim.ts'
import { biases, bounds, determination, meanOf, votes, whole } from './values.ts'

const plain = { sweep: 'plain', group: 'plain' } as const

const followed = (groups: readonly EpochGroup[]) => ({
  measure: 'share of pairs of minibatches opposed exactly if their majorities are, epoch 10',
  format: 'percent' as const,
  domain: [0.4, 1] as const,
  value: ({ checkpoints }: Parameters<typeof votes>[0]) =>
    meanOf(groups.map((group) => checkpoints[bounds.at]?.vote.followed[group])),
})

const ofOutput = (share: 'decides' | 'majority' | 'weighted') => ({
  networks: { sweep: 'causes', group: 'output' } as const,
  format: 'percent' as const,
  domain: [0.4, 1] as const,
  value: ({ interventions }: Parameters<typeof votes>[0]) => interventions?.output?.[share] ?? null,
})

/** Over the records' parts of the gradient, mean over hidden layers. */
const ofRecords = (
  group: 'dropout-records' | 'batch-norm-before-fast-records',
  share: 'majority' | 'weighted',
  layers: readonly ('bias1' | 'bias2')[],
  mode: 'training' | 'withoutMasks' = 'training',
) => ({
  networks: { sweep: 'causes', group } as const,
  format: 'percent' as const,
  domain: [0.4, 1] as const,
  value: ({ interventions }: Parameters<typeof votes>[0]) =>
    meanOf(layers.map((layer) => interventions?.records?.[mode]?.[layer][share])),
  rule: { atLeast: bounds.nearlyAll },
  reason: 'Nearly all is nine in ten.',
})
const toldBy = 'share of pairs of minibatches opposed exactly if their'

export const vote: readonly Claim[] = [
  {
    id: 'vote.explains-biases',
    by: 'article',
    statement:
      'One number, the share of records predicted too high, says by the exact binomial vote of a minibatch how many pairs are opposed over the biases of a hidden layer, from epoch 5 to the last.',
    networks: plain,
    measure: 'R² of the law within one network, biases of hidden layers 1 and 2',
    format: 'number',
    domain: [0, 1],
    value: (network) => determination(votes(network, biases)),
    rule: { atLeast: bounds.explains },
    reason:
      'No parameter is fitted, so R² measures the law itself; within one network, so that differences between networks do not help it. To explain is to leave at most a tenth of the variance.',
  },
  {
    id: 'vote.not-whole',
    by: 'article',
    statement:
      'The same law does not say how many pairs are opposed over the whole gradient: it leaves more than half of the variance.',
    networks: plain,
    measure: 'R² of the law within one network, whole gradient',
    format: 'number',
    domain: [-2, 1],
    value: (network) => determination(votes(network, whole)),
    rule: { below: bounds.half },
    reason:
      'Below one half more is left over than explained. Twelve minibatches an epoch add sampling noise that lowers R² too, but far less than by half where shares vary.',
  },
  {
    id: 'vote.followed',
    by: 'article',
    statement:
      'Over the biases, two minibatches are opposed at epoch 10 exactly if their majorities are, in nearly all pairs.',
    networks: plain,
    ...followed(biases),
    rule: { atLeast: bounds.nearlyAll },
    reason: 'Nearly all is nine in ten. Pairs in which a vote is tied are left out.',
  },
  {
    id: 'output.decides',
    by: 'article',
    statement:
      'Whether two minibatches are opposed over the whole gradient is decided by the parameters of the output, in nearly all pairs.',
    ...ofOutput('decides'),
    measure: 'share of pairs opposed over the whole exactly if they are over the output, epoch 10',
    rule: { atLeast: bounds.nearlyAll },
    reason: 'Nearly all is nine in ten.',
  },
  {
    id: 'output.majority-fails',
    by: 'article',
    statement:
      'Over the parameters of the output, the majorities of two minibatches do not tell whether they are opposed.',
    ...ofOutput('majority'),
    measure: 'share of pairs opposed over the output exactly if their majorities are, epoch 10',
    rule: { below: bounds.nearlyAll },
    reason: 'The same bound as over the biases: fewer than nine in ten.',
  },
  {
    id: 'output.weighted-vote',
    by: 'article',
    statement:
      'There records have unequal votes: counted by their activations along the mean, majorities tell whether two minibatches are opposed over the output.',
    ...ofOutput('weighted'),
    measure: 'share of pairs opposed over the output exactly if their weighted majorities are, epoch 10',
    rule: { atLeast: bounds.nearlyAll },
    reason: 'Nearly all is nine in ten.',
  },
  {
    id: 'dropout.vote-fails',
    by: 'article',
    statement: 'Under dropout the majorities of two minibatches do not tell whether they are opposed.',
    networks: { sweep: 'conditions', group: 'dropout' },
    ...followed(biases),
    rule: { below: bounds.nearlyAll },
    reason: 'The same bound as without a regularizer: fewer than nine in ten.',
  },
  {
    id: 'batch-norm.vote-fails',
    by: 'article',
    statement:
      'Under batch normalization, in networks that learn, the majorities of two minibatches do not tell whether they are opposed.',
    networks: { sweep: 'conditions', group: 'batch-norm-before-fast' },
    ...followed(biases),
    rule: { below: bounds.nearlyAll },
    reason: 'The same bound as without a regularizer: fewer than nine in ten.',
  },
  {
    id: 'dropout.weighted-vote',
    by: 'article',
    statement:
      'Under dropout records have unequal votes: counted by their parts of the gradient along the mean, majorities tell whether two minibatches are opposed.',
    ...ofRecords('dropout-records', 'weighted', ['bias1', 'bias2']),
    measure: `${toldBy} weighted majorities are, hidden layers 1 and 2, epoch 10`,
  },
  {
    id: 'dropout.masks-unequal',
    by: 'article',
    statement:
      'It is the masks that make them unequal: taken off the same networks, majorities of equal votes tell.',
    ...ofRecords('dropout-records', 'majority', ['bias1', 'bias2'], 'withoutMasks'),
    measure: `${toldBy} majorities are, without masks, hidden layers 1 and 2, epoch 10`,
  },
  {
    id: 'batch-norm.weighted-vote.layer-2',
    by: 'article',
    statement:
      'Under batch normalization, over the betas of the last hidden layer, majorities of unequal votes tell whether two minibatches are opposed.',
    ...ofRecords('batch-norm-before-fast-records', 'weighted', ['bias2']),
    measure: `${toldBy} weighted majorities are, hidden layer 2, epoch 10`,
  },
  {
    id: 'batch-norm.weighted-vote.layer-1',
    by: 'article',
    statement: 'So they do over the betas of the layer below it.',
    ...ofRecords('batch-norm-before-fast-records', 'weighted', ['bias1']),
    measure: `${toldBy} weighted majorities are, hidden layer 1, epoch 10`,
  },
]
