/** What the ledger says: in words, in marks after words about a claim, and in the rows of its table. */
import type { MeasuredClaim, Rule, Verdict } from '../experiments/claims/claim.ts'
import { type Entry, type Ledger, networksWanted } from './data/ledger.ts'
import type { NetworkStrip } from './drawing/networks.ts'
import { plainNumber } from './number.ts'

/** A value of a claim as it is written: a share in percent, a difference of shares too. */
export function writeValue(value: number, { format }: Pick<MeasuredClaim, 'format'>): string {
  const size = Math.abs(value)
  if (format === 'percent') {
    if (size > 0 && size < 1e-3) return plainNumber(value, { format: 'scientific', digits: 0 })
    return plainNumber(value, { format: 'percent', digits: size > 0 && size < 0.01 ? 1 : 0 })
  }
  return plainNumber(value, { digits: size < 10 ? 2 : 0 })
}

/** The rule in words: "at least 5%". */
export function writeRule(rule: Rule, claim: Pick<MeasuredClaim, 'format'>): string {
  if ('atLeast' in rule) return `at least ${writeValue(rule.atLeast, claim)}`
  if ('below' in rule) return `below ${writeValue(rule.below, claim)}`
  const [from, to] = rule.between.map((bound) => writeValue(bound, claim))
  return from === to ? `exactly ${from}` : `between ${from} and ${to}`
}

/** "24 networks", or "12 of 24 networks" where not all are recorded yet. */
function counted({ networks }: MeasuredClaim, count: number): string {
  const wanted = networksWanted(networks)
  return count < wanted ? `the first ${count} of ${wanted} networks` : `${count} networks`
}

/** What decided the verdict on a claim: the typical value, its interval, how many networks, the rule. */
export function grounds({ claim, judgement }: Entry): string {
  const { median, interval, values, because } = judgement
  if (!('rule' in claim) || median === null) return because ?? ''
  const ends = interval?.map((end) => (Number.isFinite(end) ? writeValue(end, claim) : 'unknown'))
  const over = 'networks' in claim ? `over ${counted(claim, values.length)}` : 'in this build'
  const range = ends ? `, 95% interval ${ends[0]} to ${ends[1]}` : ''
  return `median ${writeValue(median, claim)}${range} ${over}; the rule is ${writeRule(claim.rule, claim)}${because ? `; ${because}` : ''}`
}

/**
 * Why words that say this of a claim are not borne out; undefined where they are, or where nothing speaks
 * against them.
 */
export interface Contradiction {
  /** By the recorded networks, or a figure of this build; or by the network of this build alone. */
  readonly by: 'evidence' | 'own network'
  /** "it cannot be decided: median ..." */
  readonly reason: string
}

/**
 * What speaks against words that say `says` of a claim. A claim that is not evaluated speaks against nothing.
 */
export function contradiction(entry: Entry, says: string): Contradiction | undefined {
  const { claim, judgement, own } = entry
  const { verdict } = judgement
  if (verdict !== says && verdict !== 'not evaluated')
    return { by: 'evidence', reason: `it ${verdict}: ${grounds(entry)}` }
  const expected = says === 'holds' ? true : says === 'does not hold' ? false : undefined
  if (!own || expected === undefined || own.meets === expected) return undefined
  const value = own.value !== null && 'rule' in claim ? `: ${writeValue(own.value, claim)}` : ''
  const rule = 'rule' in claim ? `; the rule is ${writeRule(claim.rule, claim)}` : ''
  return { by: 'own network', reason: `the network of this build says otherwise${value}${rule}` }
}

/**
 * The median over networks of what a claim is about, as the prose quotes it.
 */
export function medianOf(ledger: Ledger, id: string, withInterval: boolean): string {
  const entry = ledger.get(id)
  if (!entry || !('rule' in entry.claim) || entry.judgement.median === null) return 'not evaluated'
  const { claim, judgement } = entry
  const { interval } = judgement
  const range =
    withInterval && interval?.every(Number.isFinite)
      ? ` (${interval.map((end) => writeValue(end, claim)).join(' to ')})`
      : ''
  return `${writeValue(entry.judgement.median, claim)}${range}`
}

/** What the network of this build says of a claim; undefined where it says nothing. */
export function ownWords({ claim, own }: Entry): string | undefined {
  if (!own || !('rule' in claim)) return undefined
  const value = own.value === null ? 'undefined' : writeValue(own.value, claim)
  return `network of this build: ${value}, ${own.meets ? 'within' : 'against'} the rule`
}

/** A sign after words about a claim, and the words for it. */
export interface Mark {
  readonly claim: string
  readonly sign: string
  readonly label: string
  readonly against: boolean
}

const signs: { readonly [verdict in Verdict]: string } = {
  holds: '✓',
  'holds in part': '≈',
  'does not hold': '✗',
  'cannot be decided': '?',
  'not evaluated': '○',
}

/** The marks of words that say something of claims, their names and verdicts apart by commas. */
export function marksOf(ledger: Ledger, names: string, says: string): Mark[] {
  const said = says.split(',').map((each) => each.trim())
  return names.split(',').flatMap((name, i) => {
    const claim = name.trim()
    const entry = ledger.get(claim)
    if (!entry) return []
    const against = contradiction(entry, said[said.length === 1 ? 0 : i])
    const { verdict } = entry.judgement
    const label = `${against ? 'not borne out' : verdict}: ${claim}`
    return [{ claim, label, sign: against ? '‡' : signs[verdict], against: against !== undefined }]
  })
}

/** A row of the table of claims; `part` of the claim before it. */
export interface Row {
  readonly entry: Entry
  readonly part: boolean
}

/**
 * The rows of the table: what the source says in its order, then what the article says; parts after their
 * claim if asked for.
 */
export function rows(ledger: Ledger, by: 'source' | 'article' | undefined, withParts: boolean): Row[] {
  const parts = new Set([...ledger.values()].flatMap(({ claim }) => ('parts' in claim ? claim.parts : [])))
  const paragraph = ({ claim }: Entry) =>
    typeof claim.by === 'object' ? claim.by.source : Number.POSITIVE_INFINITY
  return [...ledger.values()]
    .filter(({ claim }) => !parts.has(claim.id))
    .filter(({ claim }) => by === undefined || (by === 'article') === (claim.by === 'article'))
    .sort((a, b) => (paragraph(a) === paragraph(b) ? 0 : paragraph(a) - paragraph(b)))
    .flatMap((entry) => {
      const own = 'parts' in entry.claim && withParts ? entry.claim.parts : []
      return [{ entry, part: false }, ...own.map((id) => ({ entry: ledger.get(id) as Entry, part: true }))]
    })
}

/** What the plot of a claim's networks shows; undefined for one without networks. */
export function strip({ claim, judgement }: Entry): NetworkStrip | undefined {
  const values = judgement.values.filter((value) => value !== null)
  if (!('rule' in claim) || values.length === 0) return undefined
  const { interval } = judgement
  const bound = 'atLeast' in claim.rule ? claim.rule.atLeast : 'below' in claim.rule ? claim.rule.below : null
  const finite = interval?.every(Number.isFinite) ? interval : null
  return { values, interval: finite, bound, domain: claim.domain }
}

/** How many of some sayings of a page the results speak against, and how many are not evaluated. */
export function tally(ledger: Ledger, sayings: readonly { readonly claim: string; readonly says: string }[]) {
  const entries = sayings.flatMap(({ claim, says }) => {
    const entry = ledger.get(claim)
    return entry ? [{ entry, says, against: contradiction(entry, says) }] : []
  })
  // Words that say themselves that nothing is known yet are borne out by that.
  const open = entries.filter(
    ({ entry, says }) => entry.judgement.verdict === 'not evaluated' && says !== 'not evaluated',
  )
  return {
    byEvidence: entries.filter(({ against }) => against?.by === 'evidence').length,
    byOwnNetwork: entries.filter(({ against }) => against?.by === 'own network').length,
    notEvaluated: open.length,
    because: [...new Set(open.flatMap(({ entry }) => entry.judgement.because ?? []))],
  }
}
