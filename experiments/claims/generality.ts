/** How far it holds elsewhere: another function, other sizes of network and minibatch. */
import type { Claim, Group } from './claim.ts'
import { opposedOf, opposedOverEpochs } from './opposition.ts'
import { biases, bounds, meanError, meanOf, votes } from './values.ts'

/** What has no predictions too high or too low has no vote either. */
const classified = {
  name: 'digits',
  what: 'handwritten digits and cross-entropy',
  networks: { sweep: 'digits', group: 'digits' },
} as const

/** The biases that the source's figures do not draw. */
const ends = ['hidden0.bias', 'output.bias']

const cases: readonly { readonly name: string; readonly what: string; readonly networks: Group }[] = [
  {
    name: 'cost-x-busy',
    what: "the source's other function, (cost / 100) x busy deliverers",
    networks: { sweep: 'generality', group: 'cost-x-busy' },
  },
  {
    name: 'first-layer-500',
    what: 'a first layer of 500 units',
    networks: { sweep: 'generality', group: 'first-layer-500' },
  },
  {
    name: 'first-layer-900',
    what: 'a first layer of 900 units',
    networks: { sweep: 'causes', group: 'absolute' },
  },
  {
    name: 'layers-300-50',
    what: 'other layers above it, of 300 and 50 units',
    networks: { sweep: 'generality', group: 'layers-300-50' },
  },
  { name: 'batch-16', what: 'minibatches of 16', networks: { sweep: 'generality', group: 'batch-16' } },
  {
    name: 'batch-256',
    what: 'minibatches of 256 and a quarter of the steps',
    networks: { sweep: 'generality', group: 'batch-256' },
  },
  {
    name: 'batch-256-longer',
    what: 'minibatches of 256 and as many steps',
    networks: { sweep: 'generality', group: 'batch-256-longer' },
  },
]

export const generality: readonly Claim[] = [
  ...[...cases, classified].map(
    ({ name, what, networks }): Claim => ({
      id: `generality.opposes.${name}`,
      by: 'article',
      statement: `With ${what}, minibatches oppose each other over biases.`,
      networks,
      ...opposedOverEpochs(biases),
    }),
  ),
  ...cases.map(
    ({ name, what, networks }): Claim => ({
      id: `generality.vote.${name}`,
      by: 'article',
      statement: `With ${what}, the binomial vote says how many pairs are opposed over biases.`,
      networks,
      measure: 'mean distance of the share of opposed pairs from the law, from epoch 5 to the last',
      format: 'percent',
      domain: [0, 0.2],
      value: (network) => meanError(votes(network, biases)),
      rule: { below: bounds.opposed },
      reason: 'Met to five points; R² would depend on how much the share happens to vary in so few epochs.',
    }),
  ),
  {
    id: 'generality.opposes.ends',
    by: 'article',
    statement: 'Over the biases of the first hidden layer and of the output, minibatches oppose each other.',
    networks: { sweep: 'plain', group: 'plain' },
    ...opposedOf(
      ({ checkpoints }) =>
        meanOf(ends.map((parameter) => checkpoints[bounds.at]?.tensors[parameter].opposed)),
      'share of opposed pairs, epoch 10',
    ),
  },
  {
    id: 'generality.opposes',
    by: { source: 2 },
    statement: 'It may be shown with practically any non-trivial function.',
    parts: [...cases, classified, { name: 'ends' }].map(({ name }) => `generality.opposes.${name}`),
  },
  {
    id: 'generality.vote',
    by: 'article',
    statement: 'The law of the vote holds for other functions, networks and minibatches.',
    parts: cases.map(({ name }) => `generality.vote.${name}`),
  },
]
