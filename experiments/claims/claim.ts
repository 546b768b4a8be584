/** What a claim is, and how networks decide it. */
import type { Source } from '../definition.ts'
import type { NetworkMeasures } from '../measures.ts'
import type { sweeps } from '../sweeps.ts'
import { median, medianInterval, shareInterval } from './interval.ts'

/**
 * Of a claim over networks: holds, or does not, when the whole interval lies on one side of the rule's bound.
 * Of one with parts: holds in part when some parts hold and others do not, or cannot be decided.
 */
export const verdicts = [
  'holds',
  'holds in part',
  'does not hold',
  'cannot be decided',
  'not evaluated',
] as const
export type Verdict = (typeof verdicts)[number]

/** Networks of a sweep that differ in their seed only. */
export type Group = {
  [S in keyof typeof sweeps]: { readonly sweep: S; readonly group: keyof (typeof sweeps)[S] & string }
}[keyof typeof sweeps]

/**
 * What the typical network's value has to be for the claim to hold: at least, below, or between two bounds.
 */
export type Rule =
  | { readonly atLeast: number }
  | { readonly below: number }
  | { readonly between: readonly [low: number, high: number] }

interface Stated {
  readonly id: string
  /** Who says it: this article, or the source in this paragraph of its section, counted from 1. */
  readonly by: 'article' | { readonly source: number }
  readonly statement: string
}

/** A claim about a number that each network has: the median over networks meets the rule. */
export interface MeasuredClaim extends Stated {
  readonly networks: Group
  /** Networks that each of `networks` is compared with, seed by seed. */
  readonly against?: Group
  /** What a network's value is, in words, and how it is written. */
  readonly measure: string
  readonly format: 'percent' | 'number'
  /** The values that a plot of the networks spans. */
  readonly domain: readonly [from: number, to: number]
  /** Null where the network does not have it. */
  value(network: NetworkMeasures, other?: NetworkMeasures): number | null
  readonly rule: Rule
  /** Why the rule and its bound are what they are. */
  readonly reason: string
}

/**
 * A claim about how a figure is drawn: what is measured of the drawing meets the rule. It is about the
 * drawing and not about networks, so it has no interval.
 */
export interface DrawnClaim extends Omit<MeasuredClaim, 'networks' | 'against' | 'value'> {
  /** What all has to meet the rule, of a run of the published protocol. */
  drawn(run: Source): Promise<readonly (number | null)[]>
}

/** A claim that is made of others. */
export interface ComposedClaim extends Stated {
  readonly parts: readonly string[]
}

export type Claim = MeasuredClaim | DrawnClaim | ComposedClaim

/** What the networks make of a claim. */
export interface Judgement {
  readonly verdict: Verdict
  /** One value a network, in the order of their seeds; none for a claim with parts. */
  readonly values: readonly (number | null)[]
  readonly median: number | null
  /** 95 %, of the median over networks. */
  readonly interval: readonly [low: number, high: number] | null
  /** How many networks meet the rule by themselves, and the 95 % interval of their share. */
  readonly meeting: { readonly count: number; readonly share: readonly [low: number, high: number] } | null
  /** Why it is not evaluated or cannot be decided. */
  readonly because?: string
}

/** Whether one network's value is as the claim says of the typical one. */
export function meets(value: number, rule: Rule): boolean {
  if ('atLeast' in rule) return value >= rule.atLeast
  if ('below' in rule) return value < rule.below
  return value >= rule.between[0] && value <= rule.between[1]
}

/** The verdict on a claim about these values, one a network. */
export function judge({ rule }: Pick<MeasuredClaim, 'rule'>, values: readonly (number | null)[]): Judgement {
  const had = values.filter((value) => value !== null)
  const count = had.filter((value) => meets(value, rule)).length
  const about = {
    values,
    median: median(values),
    meeting: values.length > 0 ? { count, share: shareInterval(count, values.length) } : null,
  }
  const interval = medianInterval(values)
  if (!interval) {
    const because = `${values.length} networks are too few for an interval`
    return { ...about, interval, verdict: 'cannot be decided', because }
  }
  const verdict = verdictOf(interval, rule)
  const missing = values.length - had.length
  const because =
    verdict !== 'cannot be decided'
      ? undefined
      : missing > 0
        ? `${missing} networks have no value`
        : 'the interval lies on both sides of the bound'
  return { ...about, interval, verdict, ...(because && { because }) }
}

/** The verdict on a claim about how figures are drawn, from the statistics of one build. */
export function judgeDrawn(
  { rule }: Pick<DrawnClaim, 'rule'>,
  values: readonly (number | null)[],
): Judgement {
  const all = values.every((value) => value !== null && meets(value, rule))
  return {
    verdict: all ? 'holds' : 'does not hold',
    values,
    median: median(values),
    interval: null,
    meeting: null,
  }
}

function verdictOf([low, high]: readonly [number, number], rule: Rule): Verdict {
  const decide = (all: boolean, none: boolean): Verdict =>
    all ? 'holds' : none ? 'does not hold' : 'cannot be decided'
  if ('atLeast' in rule) return decide(low >= rule.atLeast, high < rule.atLeast)
  if ('below' in rule) return decide(high < rule.below, low >= rule.below)
  const [from, to] = rule.between
  return decide(low >= from && high <= to, high < from || low > to)
}

/** The verdict on a claim with parts, from those of its parts. */
export function compose(parts: readonly { readonly id: string; readonly verdict: Verdict }[]): Judgement {
  const of = (verdict: Verdict) => parts.filter((part) => part.verdict === verdict)
  const about = { values: [], median: null, interval: null, meeting: null }
  const names = (some: typeof parts) => some.map(({ id }) => id).join(', ')
  const open = of('not evaluated')
  if (open.length > 0) return { ...about, verdict: 'not evaluated', because: `${names(open)}: not evaluated` }
  if (of('holds').length === parts.length) return { ...about, verdict: 'holds' }
  if (of('does not hold').length === parts.length) return { ...about, verdict: 'does not hold' }
  const holding = parts.filter(({ verdict }) => verdict === 'holds' || verdict === 'holds in part')
  if (holding.length === 0)
    return {
      ...about,
      verdict: 'cannot be decided',
      because: `${names(of('cannot be decided'))}: cannot be decided`,
    }
  return { ...about, verdict: 'holds in part', because: `of its parts, ${names(of('holds'))} hold` }
}
