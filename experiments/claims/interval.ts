/** Intervals over networks that assume nothing of how values are distributed. */

/**
 * The probability of at most `most` successes in `count` trials, each successful with probability `share`.
 * Exact up to rounding for the numbers of networks that a sweep has.
 */
export function binomialAtMost(most: number, count: number, share: number): number {
  let [term, sum] = [(1 - share) ** count, 0]
  if (share === 1) return most >= count ? 1 : 0
  for (let k = 0; k <= Math.min(most, count); k++) {
    sum += term
    term *= ((count - k) / (k + 1)) * (share / (1 - share))
  }
  return Math.min(1, sum)
}

/**
 * A 95 % interval of the median of the population that the values are drawn from, by order statistics: it
 * assumes no distribution, and its ends are values that occurred. A value that is null, because it could not
 * be had, counts as low for the lower end and as high for the upper one.
 *
 * @returns null for fewer than six values, of which no two are the ends of such an interval
 */
export function medianInterval(
  values: readonly (number | null)[],
): readonly [low: number, high: number] | null {
  const count = values.length
  let outside = 0
  while (2 * binomialAtMost(outside, count, 0.5) <= 0.05 && outside < count / 2) outside++
  if (outside === 0) return null
  const ordered = (missing: number) => values.map((value) => value ?? missing).sort((a, b) => a - b)
  const low = ordered(Number.NEGATIVE_INFINITY)[outside - 1]
  const high = ordered(Number.POSITIVE_INFINITY)[count - outside]
  return [low, high]
}

/**
 * The middle value, or the mean of the two in the middle; null if there is none. Values that are null are
 * left out.
 */
export function median(values: readonly (number | null)[]): number | null {
  const ordered = values.filter((value) => value !== null).sort((a, b) => a - b)
  if (ordered.length === 0) return null
  const middle = ordered.length / 2
  return (ordered[Math.ceil(middle) - 1] + ordered[Math.floor(middle)]) / 2
}

/**
 * A 95 % interval of the share of networks that show something, from `count` of `of` that do (Clopper and
 * Pearson, 1934). Where all or none do, the one end that is not 0 or 1 is one-sided: 1 - 0.05^(1/n), about
 * 3/n.
 */
export function shareInterval(count: number, of: number): readonly [low: number, high: number] {
  const tail = count === 0 || count === of ? 0.05 : 0.025
  const low = count === 0 ? 0 : solve((share) => 1 - binomialAtMost(count - 1, of, share) - tail)
  const high = count === of ? 1 : solve((share) => tail - binomialAtMost(count, of, share))
  return [low, high]
}

/** The root of an increasing function on 0 to 1, by bisection. */
function solve(increasing: (share: number) => number): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (increasing(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}
