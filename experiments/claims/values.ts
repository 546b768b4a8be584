/** Values that claims take from a network's measures. */
import { mean } from 'd3-array'
import type { EpochGradients, EpochGroup, GradientMeasures, NetworkMeasures } from '../measures.ts'
import { paper } from '../protocol.ts'
import { opposedByVote } from '../vote.ts'

/** The bounds of the rules. */
export const bounds = paper.claims

/** All shifts of hidden layers 1 and 2: what the source's figures draw two of. */
export const biases: readonly EpochGroup[] = ['bias1', 'bias2']
export const whole: readonly EpochGroup[] = ['whole']

/** The mean of the values that are there; null if none is. */
export const meanOf = (values: readonly (number | null | undefined)[]): number | null =>
  mean(values.filter((value) => value !== null && value !== undefined)) ?? null

/** The epochs in which a network learns. */
export const learning = <E extends EpochGradients>({ epochs }: { readonly epochs: readonly E[] }): E[] =>
  epochs.filter(({ epoch }) => epoch >= bounds.from)

/** Share of opposed pairs at a checkpoint, mean over groups of parameters. */
export const opposedAt = (
  { checkpoints }: GradientMeasures,
  groups: readonly EpochGroup[],
  epoch = bounds.at,
): number | null => meanOf(groups.map((group) => checkpoints[epoch]?.groups[group].opposed))

/** Share of opposed pairs, mean over groups of parameters and over the epochs in which the network learns. */
export const opposedOverTime = (network: GradientMeasures, groups: readonly EpochGroup[]): number | null =>
  meanOf(learning(network).flatMap((epoch) => groups.map((group) => epoch.groups[group]?.opposed)))

/** What the law of the vote says of an epoch, and what is found in it. */
interface Prediction {
  readonly predicted: number
  readonly found: number
}

/**
 * For each epoch in which the network learns, and each group of parameters: the share of opposed pairs, and
 * what the exact binomial vote of a minibatch says that it is, given the share of all training records that
 * the network predicts too high.
 */
export function votes(network: NetworkMeasures, groups: readonly EpochGroup[]): Prediction[] {
  return learning(network).flatMap(({ overshoot, groups: measured }) =>
    groups.flatMap((group) => {
      const found = measured[group]?.opposed
      return overshoot === null || found === null || found === undefined
        ? []
        : [{ predicted: opposedByVote(overshoot, network.batchSize), found }]
    }),
  )
}

/**
 * The coefficient of determination of predictions that have no fitted parameter: 1 - squared errors over
 * squared deviations of what is found from its mean, so below 0 where that mean would have predicted better.
 * Null where what is found does not vary.
 */
export function determination(points: readonly Prediction[]): number | null {
  const centre = mean(points, ({ found }) => found)
  if (centre === undefined) return null
  let [errors, deviations] = [0, 0]
  for (const { predicted, found } of points) {
    errors += (found - predicted) ** 2
    deviations += (found - centre) ** 2
  }
  return deviations > 0 ? 1 - errors / deviations : null
}

/** The mean distance of what is found from what is predicted; null without predictions. */
export const meanError = (points: readonly Prediction[]): number | null =>
  mean(points, ({ predicted, found }) => Math.abs(found - predicted)) ?? null

/** The test error after the last epoch, in units of the target. */
export const lastError = ({ epochs }: NetworkMeasures): number => epochs[epochs.length - 1].testMae

/** The ratio of two networks' test errors after their last epochs. */
export const errorRatio = (network: NetworkMeasures, other: NetworkMeasures | undefined): number | null =>
  other ? lastError(network) / lastError(other) : null
