/**
 * The ledger: what all claims come to, given recorded evidence and, where there is one, a build of one's own.
 */
import type { NetworkMeasures } from '../measures.ts'
import {
  type Claim,
  compose,
  type DrawnClaim,
  type Group,
  type Judgement,
  judge,
  judgeDrawn,
  meets,
} from './claim.ts'

/** A network of a sweep. */
export interface Network {
  readonly seed: number
  readonly measures: NetworkMeasures
}

/** What the claims are judged by. */
export interface Evidence {
  /** All networks of a group in the order of their seeds, or why they are not to be had. */
  networks(group: Group): readonly Network[] | string
  /** What is measured of the drawing that a claim is about; undefined without results of its own. */
  drawn(claim: DrawnClaim): readonly (number | null)[] | undefined
}

/**
 * The judgement on each claim, by its id. @throws when a claim has parts that are not among the claims, or
 * come after it
 */
export function ledger(claims: readonly Claim[], evidence: Evidence): Map<string, Judgement> {
  const judged = new Map<string, Judgement>()
  const later: Claim[] = []
  for (const claim of claims) {
    if ('parts' in claim) later.push(claim)
    else judged.set(claim.id, judgement(claim, evidence))
  }
  for (const claim of later) {
    if (!('parts' in claim)) continue
    const parts = claim.parts.map((id) => {
      const part = judged.get(id)
      if (!part) throw new Error(`The claim "${claim.id}" has an unknown part "${id}".`)
      return { id, verdict: part.verdict }
    })
    judged.set(claim.id, compose(parts))
  }
  return new Map(claims.map(({ id }) => [id, judged.get(id)!]))
}

function judgement(claim: Exclude<Claim, { parts: readonly string[] }>, evidence: Evidence): Judgement {
  if ('drawn' in claim) {
    const values = evidence.drawn(claim)
    return values
      ? judgeDrawn(claim, values)
      : notEvaluated('it is about the figures of a build of the published protocol')
  }
  const networks = evidence.networks(claim.networks)
  if (typeof networks === 'string') return notEvaluated(networks)
  const others = claim.against && evidence.networks(claim.against)
  if (typeof others === 'string') return notEvaluated(others)
  const values = networks.map(({ seed, measures }) =>
    finite(claim.value(measures, others?.find((other) => other.seed === seed)?.measures)),
  )
  return judge(claim, values)
}

const notEvaluated = (because: string): Judgement => ({
  verdict: 'not evaluated',
  values: [],
  median: null,
  interval: null,
  meeting: null,
  because,
})

const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null

/** What a build's own network says of a claim. */
export interface OwnNetwork {
  /** Null for a claim with parts. */
  readonly value: number | null
  /** Whether it is as the claim says of the typical network. */
  readonly meets: boolean
}

/**
 * What the networks of a build say of each claim that is about networks such as they are; a claim with parts
 * is met where all parts are that are known.
 * @param own the measures of the build's network that is trained as those of the group are, if there is one
 */
export function ownNetworks(
  claims: readonly Claim[],
  own: (group: Group) => NetworkMeasures | undefined,
): Map<string, OwnNetwork> {
  const found = new Map<string, OwnNetwork>()
  for (const claim of claims) {
    if (!('value' in claim)) continue
    const [network, other] = [own(claim.networks), claim.against && own(claim.against)]
    if (!network || (claim.against && !other)) continue
    const value = finite(claim.value(network, other))
    if (value !== null) found.set(claim.id, { value, meets: meets(value, claim.rule) })
  }
  for (const claim of claims) {
    if (!('parts' in claim)) continue
    const parts = claim.parts.flatMap((id) => found.get(id) ?? [])
    if (parts.length > 0) found.set(claim.id, { value: null, meets: parts.every((part) => part.meets) })
  }
  return found
}

/** The condition of a build whose network is trained as those of the group are. */
export function conditionOf({ sweep, group }: Group): string | undefined {
  if (sweep === 'plain') return 'none'
  return sweep === 'conditions' ? group : undefined
}
