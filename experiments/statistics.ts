/** Numbers about pairs of minibatches and about noise, as the pages quote them. */

import { cosineByVote } from './vote.ts'

/**
 * Mean absolute value of the cosines of pairs of different minibatches: 1 if all gradients lie along one
 * line. `cosines` are [minibatch, minibatch], NaN where a gradient has no direction; null if there is no
 * pair.
 */
export function meanAbsoluteCosine(cosines: ArrayLike<number>): number | null {
  const count = Math.sqrt(cosines.length)
  const values = Array.from(cosines).filter((value, at) => at % (count + 1) !== 0 && !Number.isNaN(value))
  return values.length > 0 ? values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length : null
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
