/** Repeated measurements and what they say. */

/** The median of repeats, between the quartiles. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly repeats: number
}

/** A line of the report. */
export interface Line {
  readonly part: string
  readonly what: string
  readonly unit: string
  readonly spread: Spread
  /** What the project promises, in the line's unit; absent where nothing is promised. */
  readonly budget?: { readonly text: string; readonly holds: boolean } | undefined
  /** How it was measured, or what bounds it. */
  readonly note?: string
}

/**
 * Runs all of them in turn, again and again, so that whatever else the machine does falls on all alike. Each
 * gives a number; a first round is not counted.
 */
export async function interleaved<Name extends string>(
  runs: { readonly [name in Name]: () => Promise<number> },
  repeats: number,
): Promise<{ [name in Name]: number[] }> {
  const names = Object.keys(runs) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as {
    [name in Name]: number[]
  }
  for (let round = -1; round < repeats; round++) {
    for (const name of names) {
      const value = await runs[name]()
      if (round >= 0) samples[name].push(value)
    }
  }
  return samples
}

/** Median and quartiles. */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (quantile: number) => {
    const place = quantile * (sorted.length - 1)
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return below + (above - below) * (place - Math.floor(place))
  }
  return { median: at(0.5), low: at(0.25), high: at(0.75), repeats: sorted.length }
}

/** How many times as long the slow one takes, round by round. */
export const ratio = (slow: readonly number[], fast: readonly number[]): Spread =>
  spread(slow.map((value, i) => value / fast[i]))

/** A spread in another unit. */
export const scaled = ({ median, low, high, repeats }: Spread, factor: number): Spread => ({
  median: median * factor,
  low: low * factor,
  high: high * factor,
  repeats,
})

const written = (limit: number, unit: string) =>
  `${limit.toLocaleString('en', { maximumSignificantDigits: 6 })} ${unit}`.trim()

/** A spread and whether it keeps within a limit. */
export const atMost = (limit: number, unit: string, { median }: Spread) => ({
  text: `at most ${written(limit, unit)}`,
  holds: median <= limit,
})

/**
 * The same of a time, which a machine of this pace (see `calibrate`) may take so many times as long for.
 */
export const within = (limit: number, unit: string, { median }: Spread, pace: number) => ({
  text: `at most ${written(limit, unit)} x ${pace.toFixed(2)}`,
  holds: median <= limit * pace,
})

export const atLeast = (limit: number, unit: string, { median }: Spread) => ({
  text: `at least ${written(limit, unit)}`,
  holds: median >= limit,
})

/** Milliseconds that a piece of work takes. */
export async function time(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
