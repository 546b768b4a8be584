/** The claims, and what they come to: by recorded evidence, and by the networks of a run. */
import type { Claim, Group, Judgement } from '../../experiments/claims/claim.ts'
import { claims } from '../../experiments/claims/index.ts'
import {
  conditionOf,
  ledger,
  type Network,
  type OwnNetwork,
  ownNetworks,
} from '../../experiments/claims/ledger.ts'
import { open } from '../../experiments/definition.ts'
import { digitsMeasures } from '../../experiments/definitions/digits.ts'
import { measures } from '../../experiments/definitions/measures.ts'
import { type NetworkMeasures, networkMeasures } from '../../experiments/measured.ts'
import { paper } from '../../experiments/protocol.ts'
import { membersOf, type SweepName, sweepNames } from '../../experiments/sweeps.ts'
import {
  codeOfMembers,
  type Evidence,
  protocolOf,
  readEvidence,
  staleMembers,
} from '../../pipeline/evidence.ts'
import { canonicalJson } from '../../pipeline/fingerprint.ts'
import type { Json } from '../../pipeline/stage.ts'
import type { Results } from './results.ts'
import type { Votes, VotingGroup } from './shapes.ts'
import { watching } from './watching.ts'

/** A claim and what is found. */
export interface Entry {
  readonly claim: Claim
  readonly judgement: Judgement
  /** What the run's own network says, where it has one that the claim is about. */
  readonly own?: OwnNetwork
  /** Names of the stages of the run that were read for it, beside recorded evidence. */
  readonly from: readonly string[]
}

/** By the ids of the claims, in the ledger's order. */
export type Ledger = ReadonlyMap<string, Entry>

/** Recorded evidence by sweep; sweeps without any are left out. */
export type Recordings = ReadonlyMap<SweepName, Evidence>

/** All recorded evidence of the folder. @throws when a file of it is damaged or was changed by hand */
export async function readRecordings(folder: string): Promise<Recordings> {
  const found = await Promise.all(
    sweepNames.map(async (name) => {
      const evidence = await readEvidence(folder, name)
      for (const { id, measures } of evidence?.members ?? []) checkMeasures(name, id, measures)
      return [name, evidence] as const
    }),
  )
  return new Map(found.flatMap(([name, evidence]) => (evidence ? [[name, evidence] as const] : [])))
}

function checkMeasures(sweep: SweepName, member: string, measures: Json): void {
  const { error } = (sweep === 'digits' ? digitsMeasures : networkMeasures).safeParse(measures)
  if (!error) return
  const [{ path, message }] = error.issues
  throw new Error(
    `evidence/${sweep}.json: the measures of member "${member}" are not as experiments/measured.ts says: ` +
      `${path.join('.')}: ${message}. Make them anew with \`npm run sweep -- ${sweep}\`.`,
  )
}

/**
 * What all claims come to.
 * @param results those of a run. Without one, claims about figures are not evaluated, and there are no
 *   networks of one's own
 */
export async function openLedger(
  recordings: Recordings,
  results?: Pick<Results, 'run' | 'protocol'>,
): Promise<Ledger> {
  const other = results && canonicalJson(results.protocol) !== canonicalJson(paper)
  const run = other ? undefined : results?.run
  const drawn = new Map<string, { values: readonly (number | null)[]; from: readonly string[] }>()
  for (const claim of claims) {
    if (!run || !('drawn' in claim)) continue
    const { run: watched, opened } = watching(run)
    drawn.set(claim.id, { values: await claim.drawn(watched), from: opened() })
  }
  const judgements = ledger(claims, {
    networks: (group) =>
      other
        ? `the recorded networks are of another protocol than this run, profile "${results.run.profile}"`
        : networksOf(recordings, group),
    drawn: ({ id }) => drawn.get(id)?.values,
  })
  const own = await ownMeasures(other ? undefined : results)
  const found = ownNetworks(claims, (group) => own.get(conditionOf(group) ?? ''))
  const measuredIn = (group: Group | undefined) => {
    const condition = group && conditionOf(group)
    return condition !== undefined && own.has(condition) ? [measures.at(condition).name] : []
  }
  return new Map(
    claims.map((claim) => {
      const network = found.get(claim.id)
      const compared = 'networks' in claim ? [claim.networks, claim.against] : []
      const from = drawn.get(claim.id)?.from ?? compared.flatMap(measuredIn)
      const judgement = judgements.get(claim.id)!
      return [claim.id, { claim, judgement, from, ...(network && { own: network }) }]
    }),
  )
}

/** Fewer recorded networks than these decide nothing: the median of fewer has no 95 % interval. */
const fewest = 6

/**
 * The recorded networks of a group and of the present protocol, in the order of their seeds up to the first
 * that is missing, so that none is picked; or why they are not to be had.
 */
function networksOf(recordings: Recordings, { sweep, group }: Group): readonly Network[] | string {
  const evidence = recordings.get(sweep)
  if (!evidence) return `there is no evidence/${sweep}.json`
  const wanted = membersOf(sweep).filter((member) => member.group === group)
  const recorded = wanted.map((member) => evidence.members.find(({ id }) => id === member.id))
  const changed = wanted.some((member, i) => recorded[i] && recorded[i].protocol !== protocolOf(member))
  if (changed) return `evidence/${sweep}.json is of another protocol`
  const gap = recorded.indexOf(undefined)
  const first = gap < 0 ? recorded : recorded.slice(0, gap)
  if (first.length < Math.min(fewest, wanted.length))
    return `evidence/${sweep}.json has ${first.length} of ${wanted.length} networks of the group "${group}"`
  // Checked when they were read; a classifier's are of the form that all networks have.
  return first.flatMap((member, i) =>
    member ? [{ seed: wanted[i].seed, measures: member.measures as unknown as NetworkMeasures }] : [],
  )
}

/**
 * How the recorded networks without regularizer voted, epoch by epoch; none where the run is of another
 * protocol than they are, or there are too few.
 */
export async function recordedVotes({ protocol }: Pick<Results, 'protocol'>): Promise<Votes[]> {
  if (canonicalJson(protocol) !== canonicalJson(paper)) return []
  const networks = networksOf(await readRecordings('evidence'), { sweep: 'plain', group: 'plain' })
  if (typeof networks === 'string') return []
  return networks.map(({ seed, measures: { epochs } }) => {
    const opposed = (group: VotingGroup) => epochs.map(({ groups }) => groups[group]?.opposed ?? null)
    return {
      name: `seed ${seed}`,
      tooHigh: epochs.map(({ overshoot }) => overshoot ?? Number.NaN),
      opposed: { bias1: opposed('bias1'), bias2: opposed('bias2'), whole: opposed('whole') },
    }
  })
}

/** How many networks of a group are to be recorded. */
export const networksWanted = ({ sweep, group }: Group): number =>
  membersOf(sweep).filter((member) => member.group === group).length

/** The measures of a run's own networks, by condition. */
async function ownMeasures(
  results?: Pick<Results, 'run' | 'protocol'>,
): Promise<ReadonlyMap<string, NetworkMeasures>> {
  const conditions = Object.keys(results?.protocol.conditions ?? {})
  const read = conditions.map(async (condition) => {
    const address = measures.at(condition)
    const made = results?.run.stages.some(({ name, files }) => files && name === address.name)
    return results && made ? [[condition, await open(results.run, address).measures()] as const] : []
  })
  return new Map((await Promise.all(read)).flat())
}

/** How recorded evidence stands against the present code. */
export interface Standing {
  readonly sweep: string
  readonly evidence: Evidence
  /**
   * Members that the sweep has, and those that were neither made by the present code nor verified with it.
   */
  readonly members: number
  readonly stale: number
}

/** How all recorded evidence stands. @param root the project's folder, whose code is read */
export function standingsOf(recordings: Recordings, root: string): Promise<Standing[]> {
  const found = [...recordings].map(async ([sweep, evidence]) => {
    const all = membersOf(sweep)
    const stale = staleMembers(all, await codeOfMembers(root, all), evidence)
    return { sweep, evidence, members: all.length, stale: stale.length }
  })
  return Promise.all(found)
}
