/** Dropout, batch normalization and weight decay: what they change, and what of it is in the drawing. */
import { open, type Source } from '../definition.ts'
import { fresh } from '../definitions/fresh.ts'
import { landscapes } from '../definitions/landscapes.ts'
import { drawnLayers, layerName } from '../layers.ts'
import type { ConditionName } from '../protocol.ts'
import type { Claim } from './claim.ts'
import { opposedAtEpoch } from './opposition.ts'
import { biases, bounds, errorRatio, opposedOverTime } from './values.ts'

const landscape = { format: 'number', domain: [0, 180] } as const
const neighbours = 'mean angle between neighbouring arrows, degrees, hidden layers 1 and 2'

/** The angles of a condition's landscapes at epoch 10. */
const landscapesOf = (condition: ConditionName, variant: 'bias' | 'beta') => async (run: Source) => {
  const { layers } = await open(run, landscapes.at(condition, bounds.at)).summary()
  return drawnLayers.map((layer) => layers[layerName(layer)].variants[variant]?.neighbourAngle ?? null)
}

/** The same with a mask of its own for every arrow. */
const freshLandscapesOf = (condition: ConditionName) => async (run: Source) => {
  const summary = await open(run, fresh.at(condition, bounds.at)).summary()
  return drawnLayers.map((layer) => summary[layerName(layer)].neighbourAngle)
}

/** Share of the minibatches whose gradient of a parameter is not longer than round-off, at epoch 10. */
const roundOff = (parameters: readonly string[]) => ({
  measure: 'share of minibatches whose gradient is not longer than round-off, epoch 10',
  format: 'percent' as const,
  domain: [0, 1] as const,
  value: ({ checkpoints }: Parameters<typeof opposedOverTime>[0]) => {
    const tensors = parameters.map((name) => checkpoints[bounds.at]?.tensors[name])
    return tensors.some((tensor) => !tensor)
      ? null
      : Math.min(...tensors.map(({ zero, minibatches }) => zero / minibatches))
  },
  rule: { atLeast: bounds.nearlyAll },
  reason: 'Nearly all: nine minibatches in ten, of the parameter that has the fewest of them.',
})

export const regularizers: readonly Claim[] = [
  {
    id: 'dropout.opposes',
    by: { source: 8 },
    statement: 'Dropout does not prevent it: different minibatches still have opposite gradients.',
    networks: { sweep: 'conditions', group: 'dropout' },
    ...opposedAtEpoch(biases),
  },
  {
    id: 'dropout.unstable',
    by: { source: 8 },
    statement: 'Drawn with a mask of its own for every arrow, a landscape under dropout is unstable.',
    ...landscape,
    drawn: freshLandscapesOf('dropout'),
    measure: neighbours,
    rule: { atLeast: bounds.unstable },
    reason:
      'Unrelated arrows differ by 90 degrees on average; unstable is nearer to that than to equal arrows.',
  },
  {
    id: 'dropout.masks',
    by: 'article',
    statement:
      'With one mask held over the whole landscape it is calm: the instability is that of the masks.',
    ...landscape,
    drawn: landscapesOf('dropout', 'bias'),
    measure: neighbours,
    rule: { below: bounds.calm },
    reason: 'Calm: neighbours are within 15 degrees of each other on average.',
  },
  {
    id: 'batch-norm.opposes',
    by: { source: 17 },
    statement:
      'Under batch normalization, in networks that learn, different minibatches have opposite gradients over the shifts.',
    networks: { sweep: 'conditions', group: 'batch-norm-before-fast' },
    ...opposedAtEpoch(biases),
  },
  {
    id: 'batch-norm.unstable',
    by: { source: 17 },
    statement: 'Batch normalization makes landscapes of parameters that matter unstable.',
    ...landscape,
    drawn: landscapesOf('batch-norm-before-fast', 'beta'),
    measure: neighbours,
    rule: { atLeast: bounds.unstable },
    reason: 'As for dropout: nearer to unrelated arrows than to equal ones.',
  },
  {
    id: 'batch-norm.round-off',
    by: 'article',
    statement:
      'Under batch normalization before the ReLU, the gradient of a bias is round-off and nothing else.',
    networks: { sweep: 'conditions', group: 'batch-norm-before' },
    ...roundOff(['hidden1.bias', 'hidden2.bias']),
  },
  {
    id: 'batch-norm.after-round-off',
    by: 'article',
    statement:
      'After the ReLU, at a learning rate of 1e-4, the weights of hidden layers 1 and 2 receive round-off and nothing else.',
    networks: { sweep: 'conditions', group: 'batch-norm-after' },
    ...roundOff(['hidden1.weight', 'hidden2.weight']),
  },
  {
    id: 'batch-norm.bias-idle',
    by: 'article',
    statement:
      'Rounding in the biases does nothing to training: with biases frozen the network learns as well.',
    networks: { sweep: 'causes', group: 'batch-norm-before-frozen' },
    against: { sweep: 'causes', group: 'batch-norm-before' },
    measure: 'test error with frozen biases over that without, after the last epoch',
    format: 'number',
    domain: [0.5, 1.5],
    value: errorRatio,
    rule: { between: [1 - bounds.sameError, 1 + bounds.sameError] },
    reason: 'The same error: within a tenth, compared seed by seed.',
  },
  {
    id: 'weight-decay.like-none',
    by: 'article',
    statement: 'Under weight decay, which resamples nothing, as many pairs are opposed as without.',
    networks: { sweep: 'conditions', group: 'weight-decay' },
    against: { sweep: 'plain', group: 'plain' },
    measure: 'share of opposed pairs over the biases less that without, mean of epochs 5 to 10',
    format: 'percent',
    domain: [-0.4, 0.4],
    value: (network, other) => {
      if (!other) return null
      const epochs = other.epochs.filter(({ epoch }) => epoch < network.epochs.length)
      const [own, without] = [network, { ...other, epochs }].map((each) => opposedOverTime(each, biases))
      return own === null || without === null ? null : own - without
    },
    rule: { between: [-bounds.alike, bounds.alike] },
    reason: 'Compared seed by seed, over the epochs that both have; alike within 10 points.',
  },
]
