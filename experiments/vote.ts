/**
 * The vote of a minibatch. Under an absolute error every record adds a gradient of one size, with the sign of
 * its residual; where the records' gradients lie along one line, the minibatch's gradient points where the
 * majority of its records wants to go. Pure and without imports: it runs in a browser too.
 */

/**
 * How a minibatch of B records votes: the probabilities that more of them are predicted too high, that more
 * are too low, and of a tie.
 */
export interface Majorities {
  readonly high: number
  readonly low: number
  readonly tie: number
}

/**
 * The exact binomial probabilities of each majority among `batchSize` independent records, each predicted too
 * high with probability `share`. Terms are built from the most probable one outwards by the ratios of
 * neighbours, so none overflows at any size, and those that underflow count for nothing.
 * @throws RangeError unless 0 <= share <= 1 and batchSize is a whole number from 1 on
 */
export function majorityTooHigh(share: number, batchSize: number): Majorities {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`A share lies between 0 and 1; given: ${share}.`)
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`A minibatch has a whole number of records, at least 1; given: ${batchSize}.`)
  const mode = Math.min(batchSize, Math.floor((batchSize + 1) * share))
  let [high, low, tie] = [0, 0, 0]
  const count = (tooHigh: number, weight: number) => {
    if (2 * tooHigh > batchSize) high += weight
    else if (2 * tooHigh < batchSize) low += weight
    else tie += weight
  }
  count(mode, 1)
  for (let k = mode + 1, weight = 1; k <= batchSize; k++) {
    weight *= ((batchSize - k + 1) / k) * (share / (1 - share))
    count(k, weight)
  }
  for (let k = mode - 1, weight = 1; k >= 0; k--) {
    weight *= ((k + 1) / (batchSize - k)) * ((1 - share) / share)
    count(k, weight)
  }
  const sum = high + low + tie
  return { high: high / sum, low: low / sum, tie: tie / sum }
}

/** The probability that two independent minibatches, neither of them tied, have opposite majorities. */
export function opposedByVote(share: number, batchSize: number): number {
  const { high, low } = majorityTooHigh(share, batchSize)
  return (2 * high * low) / (high + low) ** 2
}

/**
 * The mean cosine of two independent minibatches whose gradients lie along one line, neither of them tied: 1
 * where their majorities agree, -1 where not.
 */
export function cosineByVote(share: number, batchSize: number): number {
  return 1 - 2 * opposedByVote(share, batchSize)
}
