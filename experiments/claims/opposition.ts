/**
 * Whether minibatches oppose each other: over the biases that the source draws, and over the whole gradient.
 */
import type { EpochGroup } from '../measures.ts'
import type { Claim, Group, MeasuredClaim } from './claim.ts'
import { biases, bounds, meanOf, opposedAt, opposedOverTime, whole } from './values.ts'

const plain = { sweep: 'plain', group: 'plain' } as const

const reason =
  'The source says "quite different (sometimes opposite)": opposed in at least one pair of minibatches in twenty.'

/** Pairs of minibatches are opposed, by this share of a network. */
export const opposedOf = (value: MeasuredClaim['value'], measure: string) =>
  ({
    format: 'percent',
    domain: [0, 0.6],
    rule: { atLeast: bounds.opposed },
    value,
    measure,
    reason,
  }) as const

/** Pairs of minibatches are opposed at the source's epoch, in training mode. */
export const opposedAtEpoch = (groups: readonly EpochGroup[]) =>
  opposedOf((network) => opposedAt(network, groups), 'share of opposed pairs, epoch 10')

/** Pairs of minibatches are opposed on average over the epochs in which the network learns. */
export const opposedOverEpochs = (groups: readonly EpochGroup[]) => ({
  ...opposedOf(
    (network) => opposedOverTime(network, groups),
    'share of opposed pairs, mean from epoch 5 to the last',
  ),
  reason: `${reason} The mean over epochs stands for no single step of an oscillation.`,
})

const atStart = (groups: readonly EpochGroup[]) => ({
  networks: plain as Group,
  measure: 'mean cosine of two minibatches, before training',
  format: 'number' as const,
  domain: [0, 1] as const,
  value: ({ checkpoints }: Parameters<MeasuredClaim['value']>[0]) =>
    meanOf(groups.map((group) => checkpoints[0]?.groups[group].meanCosine)),
  rule: { atLeast: bounds.agree },
  reason:
    'A mean cosine of 0.9 is a mean angle of 26 degrees: well within what one would call the same direction.',
})

export const opposition: readonly Claim[] = [
  {
    id: 'none.opposes-biases.epoch-10',
    by: { source: 6 },
    statement:
      'At epoch 10 different minibatches have quite different, sometimes opposite, gradients over biases.',
    networks: plain,
    ...opposedAtEpoch(biases),
  },
  {
    id: 'none.opposes-biases.over-epochs',
    by: 'article',
    statement: 'They have so over the whole of learning, from epoch 5 to 50, and not at one step only.',
    networks: plain,
    ...opposedOverEpochs(biases),
  },
  {
    id: 'none.opposes-biases',
    by: { source: 6 },
    statement:
      'Minibatches oppose each other over the biases of a network that learns a function without noise.',
    parts: ['none.opposes-biases.epoch-10', 'none.opposes-biases.over-epochs'],
  },
  {
    id: 'none.opposes-whole.epoch-10',
    by: 'article',
    statement:
      'At epoch 10 the whole gradients of minibatches, over all parameters, are sometimes opposed too.',
    networks: plain,
    ...opposedAtEpoch(whole),
  },
  {
    id: 'none.opposes-whole.over-epochs',
    by: 'article',
    statement: 'Whole gradients are sometimes opposed over the whole of learning, from epoch 5 to 50.',
    networks: plain,
    ...opposedOverEpochs(whole),
  },
  {
    id: 'none.opposes-whole',
    by: { source: 19 },
    statement:
      'The direction of a step depends on the composition of the minibatch, up to opposite directions.',
    parts: ['none.opposes-whole.epoch-10', 'none.opposes-whole.over-epochs'],
  },
  {
    id: 'biases.more-than-whole',
    by: 'article',
    statement: 'Over the biases more pairs are opposed than over the whole gradient.',
    networks: plain,
    measure: 'share of opposed pairs over the biases less that over all parameters, mean from epoch 5 to 50',
    format: 'percent',
    domain: [-0.2, 0.5],
    value: (network) => {
      const [some, all] = [opposedOverTime(network, biases), opposedOverTime(network, whole)]
      return some === null || all === null ? null : some - all
    },
    rule: { atLeast: bounds.opposed },
    reason: 'More by as much as counts for opposed at all.',
  },
  {
    id: 'start.agrees',
    by: { source: 7 },
    statement: 'Before training the gradients of minibatches over biases are approximations of each other.',
    ...atStart(biases),
  },
  {
    id: 'start.agrees-whole',
    by: 'article',
    statement: 'Before training the whole gradients of minibatches agree as well.',
    ...atStart(whole),
  },
]
