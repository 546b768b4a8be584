/** A sweep: many members, each a small graph of its own, of which only measures and digests are kept. */
import { readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cache, openCache } from './cache.ts'
import { replaceFile } from './disk.ts'
import {
  codeOf,
  codeOfMembers,
  digestOfMeasures,
  type Evidence,
  isCurrent,
  type Member,
  protocolOf,
  type Recorded,
  readEvidence,
  type Stamp,
  writeEvidence,
} from './evidence.ts'
import {
  type Code,
  canonicalJson,
  type Engine,
  engineVersion,
  type Fingerprint,
  keyOf,
  sha256,
} from './fingerprint.ts'
import type { RunRecord } from './run.ts'
import { type RunObserver, type RunOptions, run } from './scheduler.ts'
import type { Json } from './stage.ts'
import { listed } from './words.ts'

export interface SweepOptions
  extends Pick<
    RunOptions,
    'root' | 'cache' | 'engine' | 'workerEnvironment' | 'memory' | 'checkpointSeconds' | 'signal' | 'execute'
  > {
  readonly name: string
  /** The folder of recorded evidence. */
  readonly evidence: string
  /** Members at once; as many as cores if not given. */
  readonly jobs?: number
  /** Only every `of`-th member, from the `index`-th on, counted from 1. */
  readonly shard?: { readonly index: number; readonly of: number }
  readonly observer?: SweepObserver
}

export interface SweepObserver {
  /** How the members stand before anything is made. */
  planned(standings: readonly Standing[]): void
  started(member: Member): RunObserver | undefined
  /** Seconds that all stages of the member took. */
  made(member: Member, seconds: number): void
  failed(member: Member, reason: string): void
  /** The last of a sweep, however it ends. */
  stopped(): void
}

/**
 * How a member stands. Recorded: the evidence has it, of this protocol, and of this code or verified since.
 * Stored: its result is in the cache. Missing: it has to be computed.
 */
export interface Standing {
  readonly member: Member
  readonly state: 'recorded' | 'stored' | 'missing'
  /** `codeOf` it. */
  readonly code: string
  /** Why it is missing. */
  readonly reason?: string
}

/** What is known of members' cost, by group: means over those that were made here. */
export interface Costs {
  readonly [group: string]: { readonly count: number; readonly seconds: number; readonly bytes: number }
}

/** Some members failed; the others are recorded. */
export class MembersFailed extends Error {}

const measuresFile = 'measures.json'
const stagesFile = 'stages.json'
/** Milliseconds between two looks at a member that another process is making. */
const lookInterval = 500

/**
 * A member's result as the cache knows it: a stage without inputs whose parameters and code are those of all
 * the member's stages.
 */
function fingerprintOf(member: Member, code: ReadonlyMap<string, Code>, engine: Engine): Fingerprint {
  const codes = [...new Set(member.stages.map(({ module }) => module))]
    .sort()
    .map((module) => code.get(module)!)
  return {
    parameters: { protocol: protocolOf(member) },
    engine: engineVersion(engine),
    upstream: {},
    code: {
      hash: sha256(canonicalJson(codes.map(({ hash }) => hash))),
      packages: Object.assign({}, ...codes.map(({ packages }) => packages)),
      modules: Object.assign({}, ...codes.map(({ modules }) => modules)),
    },
  }
}

/** How each member stands, without making any. */
export async function standings(
  members: readonly Member[],
  code: ReadonlyMap<string, Code>,
  options: Pick<SweepOptions, 'name' | 'evidence' | 'cache' | 'engine'>,
): Promise<Standing[]> {
  const evidence = await readEvidence(options.evidence, options.name)
  const store = options.cache.store
  return Promise.all(
    members.map(async (member): Promise<Standing> => {
      const recorded = evidence?.members.find(({ id }) => id === member.id)
      const own = codeOf(member, code, engineVersion(options.engine))
      const about = { member, code: own }
      if (evidence && isCurrent(evidence, member, own)) return { ...about, state: 'recorded' }
      const key = keyOf(fingerprintOf(member, code, options.engine))
      if (await store.intact(key)) return { ...about, state: 'stored' }
      const reason = !recorded
        ? 'not made before'
        : recorded.protocol !== protocolOf(member)
          ? 'recorded of another protocol'
          : 'recorded of other code'
      return { ...about, state: 'missing', reason }
    }),
  )
}

/** The members of a share of the sweep. */
export function shareOf<M>(members: readonly M[], shard: SweepOptions['shard']): M[] {
  return members.filter((_, at) => !shard || at % shard.of === shard.index - 1)
}

/**
 * Brings the evidence of a sweep up to date: computes the members of this share that are missing, in order,
 * as many at once as `jobs`, and records each as it comes to its end. Each is computed in a cache of its own,
 * which is removed once it is recorded; one that was interrupted goes on from its last checkpoint. Two at
 * once share the work.
 * @throws MembersFailed when some failed; Interrupted when the signal came; what `run` throws
 */
export async function runSweep(members: readonly Member[], options: SweepOptions): Promise<void> {
  const { name, cache, engine } = options
  const share = shareOf(members, options.shard)
  const code = await codeOfMembers(options.root, members)
  const opened = await cache.locks.open()
  try {
    const planned = await standings(share, code, options)
    options.observer?.planned(planned)
    for (const { member, state } of planned) if (state === 'stored') await record(member)
    const waiting = planned.filter(({ state }) => state === 'missing').map(({ member }) => member)
    const failures: string[] = []
    const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), waiting.length))
    const failure = new AbortController()
    const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])])
    const workers = Array.from({ length: jobs }, async () => {
      while (waiting.length > 0 && !signal.aborted) {
        const free = waiting.findIndex((member) => !cache.locks.isBeingMade(keyFor(member)))
        if (free < 0) {
          await sleep(lookInterval)
          continue
        }
        const [member] = waiting.splice(free, 1)
        await make(member, jobs, signal, failures)
      }
    })
    for (const worker of workers) worker.catch((error) => failure.abort(error))
    const ends = await Promise.allSettled(workers)
    const thrown = ends.find((end) => end.status === 'rejected')
    if (failure.signal.aborted) throw failure.signal.reason
    if (thrown) throw thrown.reason
    if (failures.length > 0)
      throw new MembersFailed(`Failed: ${listed(failures)}. The other members of "${name}" are recorded.`)
  } finally {
    options.observer?.stopped()
    opened.release()
  }

  function keyFor(member: Member) {
    return keyOf(fingerprintOf(member, code, engine))
  }

  async function make(member: Member, jobs: number, signal: AbortSignal, failures: string[]): Promise<void> {
    const store = cache.store
    const lock = await cache.locks.result(keyFor(member))
    try {
      // Another process may have made it since this one looked.
      const [{ state }] = await standings([member], code, options)
      if (state === 'stored') await record(member)
      if (state !== 'missing') return
      const folder = folderOf(cache, name, member)
      const { root, workerEnvironment, checkpointSeconds, execute } = options
      const observer = options.observer?.started(member)
      const made = await makeMember(member, folder, {
        root,
        engine,
        jobs: 1,
        signal,
        ...(observer && { observer }),
        ...(execute && { execute }),
        ...(workerEnvironment && { workerEnvironment }),
        ...(checkpointSeconds !== undefined && { checkpointSeconds }),
        ...(options.memory && { memory: options.memory / jobs }),
      })
      if ('failure' in made) {
        failures.push(member.id)
        options.observer?.failed(member, made.failure)
        return
      }
      const print = fingerprintOf(member, code, engine)
      const { seconds, memory } = made.cost
      await store.keep(
        keyFor(member),
        { [measuresFile]: made.measures, [stagesFile]: made.stages },
        {
          stage: `${name}: ${member.id}`,
          fingerprint: print,
          made: { date: new Date().toISOString(), seconds, memory },
        },
      )
      await store.setLast(profileOf(name), member.id, {
        key: keyFor(member),
        fingerprint: print,
        seconds,
        memory,
      })
      await record(member)
      await rm(folder, { recursive: true, force: true })
      await addCost(cache, name, member.group, made.cost)
      options.observer?.made(member, seconds)
    } finally {
      lock.release()
    }
  }

  /** Takes the member's result from the cache into the evidence. */
  async function record(member: Member): Promise<void> {
    const store = cache.store
    const manifest = (await store.manifest(keyFor(member)))!
    const result = store.upstream(manifest.stage, manifest.files)
    const measures = await result.json(measuresFile)
    const entry: Recorded = {
      id: member.id,
      group: member.group,
      seed: member.seed,
      protocol: protocolOf(member),
      code: codeOf(member, code, engineVersion(engine)),
      digest: digestOfMeasures(measures),
      stages: await result.json<Recorded['stages']>(stagesFile),
      measures,
    }
    const lock = await cache.locks.result(`evidence-${name}`)
    try {
      const before = await readEvidence(options.evidence, name)
      await writeEvidence(options.evidence, {
        sweep: name,
        engine: engineVersion(engine),
        verified: before?.verified ?? null,
        members: inOrder(members, [...(before?.members ?? []).filter(({ id }) => id !== member.id), entry]),
      })
    } finally {
      lock.release()
    }
  }
}

/** Under which profile the cache remembers the members of a sweep. */
export const profileOf = (sweep: string): string => `sweep ${sweep}`

/** Whether a profile is that of a sweep. */
export const isOfSweep = (profile: string): boolean => profile.startsWith(profileOf(''))

const folderOfSweep = (cache: Cache, sweep: string) => join(cache.folder, 'sweeps', sweep)

/** Where an unfinished member is computed. */
const folderOf = (cache: Cache, sweep: string, { id }: Member): string =>
  join(folderOfSweep(cache, sweep), encodeURIComponent(id))

const costsPath = (cache: Cache, sweep: string) => join(folderOfSweep(cache, sweep), 'costs.json')

/** What members of the sweep cost when they were made in this cache. */
export async function readCosts(cache: Cache, sweep: string): Promise<Costs> {
  // They serve estimates alone: what cannot be read is not known.
  return readFile(costsPath(cache, sweep), 'utf8')
    .then(JSON.parse, () => ({}))
    .catch(() => ({}))
}

async function addCost(
  cache: Cache,
  sweep: string,
  group: string,
  { seconds, bytes }: { seconds: number; bytes: number },
): Promise<void> {
  const costs = await readCosts(cache, sweep)
  const { count, ...known } = costs[group] ?? { count: 0, seconds: 0, bytes: 0 }
  const mean = (before: number, now: number) => (before * count + now) / (count + 1)
  const next = { count: count + 1, seconds: mean(known.seconds, seconds), bytes: mean(known.bytes, bytes) }
  await replaceFile(costsPath(cache, sweep), JSON.stringify({ ...costs, [group]: next }))
}

/** Recorded members in the sweep's order; those that it no longer has are gone. */
function inOrder(members: readonly Member[], recorded: readonly Recorded[]): Recorded[] {
  return members.flatMap(({ id }) => recorded.filter((entry) => entry.id === id))
}

/** A member's measures, the digest of each of its stages' results, and what they cost; or why it failed. */
export type MadeMember =
  | {
      readonly measures: Json
      readonly stages: { readonly [stage: string]: string }
      readonly cost: { readonly seconds: number; readonly memory: number; readonly bytes: number }
    }
  | { readonly failure: string }

/** Computes a member in the cache `folder`, where all its results then are. @throws what `run` throws */
export async function makeMember(
  member: Member,
  folder: string,
  options: Omit<RunOptions, 'cache' | 'profile'>,
): Promise<MadeMember> {
  const cache = openCache(folder)
  const record = await run(member.stages, { ...options, cache, profile: member.group })
  const failed = record.stages.find(({ status }) => status === 'failed')
  if (failed) return { failure: `${failed.name}: ${failed.reason}` }
  const measures = await (await cache.runs.read(record.id)).stage(member.measures).json(measuresFile)
  return { measures, stages: digestsOf(record), cost: costOf(record) }
}

function digestsOf({ stages }: RunRecord): { [stage: string]: string } {
  return Object.fromEntries(stages.map(({ name, digest }) => [name, digest!]))
}

function costOf({ stages }: RunRecord) {
  const files = stages.flatMap((stage) => Object.values(stage.files ?? {}))
  return {
    seconds: stages.reduce((sum, stage) => sum + (stage.seconds ?? 0), 0),
    memory: Math.max(...stages.map((stage) => stage.memory ?? 0)),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  }
}

/** The members to verify: the `count` whose ids, hashed with the commit, come first. */
export function sampleOf<M extends { readonly id: string }>(
  members: readonly M[],
  count: number,
  commit: string,
): M[] {
  const rank = new Map(members.map((member) => [member, sha256(`${commit} ${member.id}`)]))
  return [...members].sort((a, b) => (rank.get(a)! < rank.get(b)! ? -1 : 1)).slice(0, count)
}

/**
 * Where a recorded member and the same one computed again part: the first of its stages, in order, whose
 * results differ.
 */
export function partingOf(
  recorded: Recorded,
  { stages }: Member,
  made: Exclude<MadeMember, { failure: string }>,
): string | undefined {
  const differing = stages.find(({ name }) => recorded.stages[name] !== made.stages[name])
  return differing?.name ?? (digestOfMeasures(made.measures) === recorded.digest ? undefined : 'its measures')
}

export interface VerifyOptions extends Omit<RunOptions, 'cache' | 'profile'> {
  /** A folder in which members are computed. */
  readonly scratch: string
  readonly commit: string
  /** How many members. */
  readonly count: number
}

/**
 * Computes some recorded members again, from nothing, and compares them with what is recorded.
 * @returns those that differ and from which stage on, and the stamp that says what was verified
 * @throws when no member is recorded as the sweep's protocol is; when one fails; what `run` throws
 */
export async function verifyMembers(
  members: readonly Member[],
  { sweep, members: recorded }: Evidence,
  { scratch, commit, count, ...options }: VerifyOptions,
): Promise<{ differing: { id: string; from: string }[]; stamp: Stamp }> {
  const recordOf = (member: Member) =>
    recorded.find(({ id, protocol }) => id === member.id && protocol === protocolOf(member))
  const candidates = members.filter(recordOf)
  if (candidates.length === 0)
    throw new Error(
      `No member of "${sweep}" is recorded as its protocol is. \`npm run sweep -- ${sweep}\` records them.`,
    )
  const code = await codeOfMembers(options.root, members)
  const sample = sampleOf(candidates, count, commit)
  const differing: { id: string; from: string }[] = []
  for (const member of sample) {
    const made = await makeMember(member, join(scratch, encodeURIComponent(member.id)), options)
    if ('failure' in made) throw new MembersFailed(`${member.id} failed: ${made.failure}`)
    const from = partingOf(recordOf(member)!, member, made)
    if (from) differing.push({ id: member.id, from })
  }
  const stamp = {
    codes: [...new Set(members.map((member) => codeOf(member, code, engineVersion(options.engine))))].sort(),
    node: process.versions.node,
    commit,
    members: sample.map(({ id }) => id).sort(),
    date: new Date().toISOString().slice(0, 10),
  }
  return { differing, stamp }
}
