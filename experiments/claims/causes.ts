/** Causes, tested by changing one thing: the signs of the residuals, the loss, the step. */
import type { Claim, MeasuredClaim } from './claim.ts'
import { opposedAtEpoch, opposedOverEpochs } from './opposition.ts'
import { biases, bounds, meanOf, whole } from './values.ts'

type Network = Parameters<MeasuredClaim['value']>[0]

const plain = { sweep: 'plain', group: 'plain' } as const
const opposed = { format: 'percent', domain: [0, 0.6] } as const

const signs = (kind: 'population' | 'one-signed') => (network: Network) =>
  meanOf(biases.map((group) => network.interventions?.signs?.[kind][group].opposed))
const step =
  (kind: 'gradient' | 'adam', groups = biases) =>
  (network: Network) =>
    meanOf(groups.map((group) => network.interventions?.steps?.groups[kind][group].opposed))
const squared = (network: Network) => network.interventions?.losses?.squared

/**
 * Of two halves that oppose each other completely, the pairs across are this share of all, for n minibatches.
 */
const acrossHalves = (n: number) => n / (2 * (n - 1))

export const causes: readonly Claim[] = [
  {
    id: 'signs.population',
    by: 'article',
    statement:
      "At the same network, minibatches that each have the population's share of records predicted too high do not oppose each other.",
    networks: plain,
    ...opposed,
    measure: 'share of opposed pairs over the biases, balanced minibatches, epoch 10',
    value: signs('population'),
    rule: { below: bounds.opposed },
    reason: 'Below what counts as opposed at all.',
  },
  {
    id: 'signs.one-signed',
    by: 'article',
    statement:
      'At the same network, minibatches of records that are all predicted too high oppose those of records all predicted too low.',
    networks: plain,
    ...opposed,
    measure: 'share of opposed pairs over the biases, relative to two camps without exception, epoch 10',
    domain: [0, 1.1],
    value: (network) => {
      const groups = network.interventions?.signs?.['one-signed']
      if (!groups) return null
      const shares = biases.map((group) => {
        const { opposed: share, minibatches } = groups[group]
        return share === null ? null : share / acrossHalves(minibatches)
      })
      return meanOf(shares)
    },
    rule: { atLeast: bounds.nearlyAll },
    reason: 'Half of the minibatches are of each sign; two camps without exception would give 1.',
  },
  {
    id: 'loss.mse-gradient',
    by: 'article',
    statement:
      'At the same network the gradient of the squared error has nearly the direction of that of the absolute error.',
    networks: plain,
    measure: 'mean cosine of the two gradients of a minibatch, least over biases and whole, epoch 10',
    format: 'number',
    domain: [0, 1],
    value: (network) => {
      const cosines = [...biases, ...whole].map((group) => squared(network)?.cosine[group] ?? null)
      return cosines.includes(null) ? null : Math.min(...cosines.filter((cosine) => cosine !== null))
    },
    rule: { atLeast: bounds.agree },
    reason: 'The bound from which on minibatches are said to agree.',
  },
  {
    id: 'loss.mse-opposes',
    by: 'article',
    statement: 'At the same network the gradients of the squared error oppose each other too.',
    networks: plain,
    ...opposed,
    measure: 'share of opposed pairs over the biases, squared error, epoch 10',
    value: (network) => meanOf(biases.map((group) => squared(network)?.groups[group].opposed)),
    rule: { atLeast: bounds.opposed },
    reason: 'As for the absolute error: one pair in twenty.',
  },
  {
    id: 'loss.mse-trained',
    by: 'article',
    statement: 'In networks trained with the squared error minibatches oppose each other too.',
    networks: { sweep: 'causes', group: 'squared' },
    ...opposedOverEpochs(biases),
  },
  {
    id: 'loss.huber-trained',
    by: 'article',
    statement: "In networks trained with Huber's loss minibatches oppose each other too.",
    networks: { sweep: 'causes', group: 'huber' },
    ...opposedOverEpochs(biases),
  },
  {
    id: 'adam.steps-agree',
    by: 'article',
    statement:
      'The steps that Adam takes do not oppose each other where the gradients do: its moments remember.',
    parts: ['adam.gradients-oppose', 'adam.steps-not-opposed'],
  },
  {
    id: 'adam.gradients-oppose',
    by: 'article',
    statement:
      'From one state, the clipped gradients that plain gradient descent would follow oppose each other.',
    networks: plain,
    ...opposed,
    measure: 'share of opposed pairs of steps along the clipped gradient, over the biases, epoch 10',
    value: step('gradient'),
    rule: { atLeast: bounds.opposed },
    reason: 'One pair in twenty, as for gradients.',
  },
  {
    id: 'adam.steps-not-opposed',
    by: 'article',
    statement: "From the same state, Adam's steps, with its moments, do not.",
    networks: plain,
    ...opposed,
    measure: "share of opposed pairs of Adam's steps, over the biases, epoch 10",
    value: step('adam'),
    rule: { below: bounds.opposed },
    reason: 'Below what counts as opposed at all.',
  },
  {
    id: 'adam.whole-steps-not-opposed',
    by: 'article',
    statement: "Over all parameters Adam's steps do not oppose each other either.",
    networks: plain,
    ...opposed,
    measure: "share of opposed pairs of Adam's steps, over all parameters, epoch 10",
    value: step('adam', whole),
    rule: { below: bounds.opposed },
    reason: 'Below what counts as opposed at all.',
  },
  {
    id: 'narrow.opposes',
    by: 'article',
    statement:
      "The narrow network of the source's public code, on which causes are tested, shows it as well.",
    networks: { sweep: 'causes', group: 'absolute' },
    ...opposedAtEpoch(biases),
  },
]
