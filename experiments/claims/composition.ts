/** Composition and order: what each does to the path of training, and to what is learned. */

import type { sweeps } from '../sweeps.ts'
import type { Claim, Group, MeasuredClaim, Rule } from './claim.ts'
import { bounds, errorRatio } from './values.ts'

const absolute: Group = { sweep: 'causes', group: 'absolute' }

const order = ({ interventions }: Parameters<MeasuredClaim['value']>[0]) => interventions?.order?.kinds

/** The test error under another composition of the minibatches, over that under reshuffled ones. */
const error = (
  id: string,
  group: keyof typeof sweeps.causes,
  statement: string,
  rule: Rule,
  what: string,
): MeasuredClaim => ({
  id,
  by: 'article',
  statement,
  networks: { sweep: 'causes', group },
  against: absolute,
  measure: 'test error over that with reshuffled minibatches, after the last epoch',
  format: 'number',
  domain: [0.5, 2],
  value: errorRatio,
  rule,
  reason: `Compared seed by seed; errors within a tenth of each other are the same, ${what}.`,
})

const { sameError } = bounds

export const composition: readonly Claim[] = [
  error(
    'composition.sorted-worse',
    'sorted',
    'Minibatches of records with neighbouring targets teach worse than reshuffled ones.',
    { atLeast: 1 + sameError },
    'worse is beyond that',
  ),
  error(
    'composition.stratified-better',
    'stratified',
    'Minibatches that each span the range of targets teach better than reshuffled ones.',
    { below: 1 - sameError },
    'better is beyond that',
  ),
  {
    id: 'composition.matters-for-error',
    by: 'article',
    statement: 'The composition of minibatches matters for what is learned.',
    parts: ['composition.sorted-worse', 'composition.stratified-better'],
  },
  error(
    'composition.fixed-same',
    'fixed',
    'Minibatches that keep their records, in a new order every epoch, teach as well as reshuffled ones.',
    { between: [1 - sameError, 1 + sameError] },
    'which is the rule',
  ),
  error(
    'composition.repeated-same',
    'repeated',
    'The same minibatches in the same order every epoch teach as well as reshuffled ones.',
    { between: [1 - sameError, 1 + sameError] },
    'which is the rule',
  ),
  {
    id: 'order.decides-path',
    by: { source: 20 },
    statement: 'The order in which the same minibatches are used determines the path of training.',
    networks: absolute,
    measure:
      'distance of two ends after an epoch of the same minibatches in other orders, over that from the start',
    format: 'number',
    domain: [0, 1.5],
    value: (network) => order(network)?.permuted.distance ?? null,
    rule: { atLeast: bounds.far },
    reason:
      'Unrelated ways end 1.4 times their length apart, the same way 0; from one half on the order decides.',
  },
  {
    id: 'order.alone',
    by: 'article',
    statement: 'Other orders of the same minibatches lead as far apart as minibatches drawn anew.',
    networks: absolute,
    measure: 'distance of two ends with the same minibatches in other orders, over that with reshuffled ones',
    format: 'number',
    domain: [0.5, 1.5],
    value: (network) => {
      const kinds = order(network)
      return kinds ? kinds.permuted.distance / kinds.reshuffled.distance : null
    },
    rule: { between: [1 - sameError, 1 + sameError] },
    reason: 'As far: within a tenth.',
  },
  {
    id: 'order.repeats',
    by: 'article',
    statement: 'The same minibatches in the same order lead to the same end, to the bit.',
    networks: absolute,
    measure: 'distance of two ends after the same minibatches in the same order',
    format: 'number',
    domain: [0, 1],
    value: (network) => order(network)?.repeated.distance ?? null,
    rule: { between: [0, 0] },
    reason: 'The control: training is deterministic, so nothing but order and composition is left.',
  },
]
