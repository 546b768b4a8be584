/** Numbers about pairs of minibatches and about noise, as the pages quote them. */

import { mean } from 'd3-array'
import { cosineByVote, opposedByVote } from './vote.ts'

/**
 * Mean absolute value of the cosines of pairs of different minibatches: 1 if all gradients lie along one
 * line. `cosines` are [minibatch, minibatch], NaN where a gradient has no direction; null if there is no
 * pair.
 */
export function meanAbsoluteCosine(cosines: ArrayLike<number>): number | null {
  const count = Math.sqrt(cosines.length)
  const values = Array.from(cosines).filter((value, at) => at % (count + 1) !== 0 && !Number.isNaN(value))
  return mean(values, Math.abs) ?? null
}

/**
 * Of the pairs of minibatches that each have more residuals of one sign than of the other, the share that is
 * opposed exactly if the two majorities are. `positive` is the fraction of positive residuals by minibatch;
 * `cosines` as above. Null if there is no such pair.
 */
export function voteFollowed(positive: readonly number[], cosines: ArrayLike<number>): number | null {
  let [followed, pairs] = [0, 0]
  positive.forEach((a, i) => {
    positive.slice(0, i).forEach((b, j) => {
      const cosine = cosines[i * positive.length + j]
      const majorities = (a - 0.5) * (b - 0.5)
      if (majorities === 0 || Number.isNaN(cosine)) return
      pairs++
      if (majorities < 0 === cosine < 0) followed++
    })
  })
  return pairs > 0 ? followed / pairs : null
}

/**
 * A noise scale, records, where the data can tell it; null where the estimate of the squared mean gradient is
 * not positive or the scale exceeds the number of records: the mean is then not told from zero.
 */
export const resolvedNoiseScale = (noiseScale: number, records: number): number | null =>
  noiseScale >= 0 && noiseScale <= records ? noiseScale : null

/**
 * The expected cosine of two independent minibatches, neither without a majority, if the gradients of all
 * records are equally long and along one line. With a share p of them in one direction the noise scale is
 * (1 - m^2) / m^2, m = 2p - 1, and a minibatch goes where its majority goes.
 */
export const expectedOnLine = (noiseScale: number, batchSize: number): number =>
  cosineByVote((1 + 1 / Math.sqrt(1 + noiseScale)) / 2, batchSize)

/** How two minibatches of a constant predictor's records compare. */
export interface ConstantVotes {
  /** Share of all these records that the constant is above. */
  readonly share: number
  /** Of the pairs of minibatches, neither without a majority, those with opposite gradients; null of none. */
  readonly opposed: number | null
  /** The same by the law of the vote. */
  readonly expected: number
}

/**
 * The smallest model, one constant as the answer for every record, under the absolute error. Its gradient is
 * the share of a minibatch's records that it is above less the share that it is below: the vote itself. The
 * constant lies between targets, so that none is met exactly.
 * @param targets of all records
 * @param minibatches the targets of each
 * @param quantile of the targets at which the constant is put
 */
export function constantVotes(
  targets: Float32Array,
  minibatches: readonly Float32Array[],
  quantile: number,
): ConstantVotes {
  const values = Float64Array.from(new Set(targets)).sort()
  const below = (constant: number) => targets.filter((target) => target < constant).length / targets.length
  const between = Array.from(values.subarray(1), (value, i) => (values[i] + value) / 2)
  const constant = between.reduce((best, next) =>
    Math.abs(below(next) - quantile) < Math.abs(below(best) - quantile) ? next : best,
  )
  const gradients = minibatches.map((members) =>
    members.reduce((sum, target) => sum + Math.sign(constant - target), 0),
  )
  const products = gradients
    .flatMap((a, i) => gradients.slice(0, i).map((b) => a * b))
    .filter((product) => product)
  const share = below(constant)
  return {
    share,
    opposed: products.length > 0 ? products.filter((product) => product < 0).length / products.length : null,
    expected: opposedByVote(share, minibatches[0].length),
  }
}
