import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Appraisal, appraise } from './appraisal.ts'
import { type Code, differences, fingerprint, readCode } from './fingerprint.ts'
import { criticalPaths, find, needed, ordered } from './graph.ts'
import { locksOf } from './lock.ts'
import { Pool } from './pool.ts'
import { runInProcess, StageFailed } from './process.ts'
import { type RunRecord, type StageRecord, writeRun } from './run.ts'
import type { Stage } from './stage.ts'
import { type LastResult, type Manifest, openStore } from './store.ts'
import { listed } from './words.ts'
import type { Report } from './worker.ts'

/** What decides the bits of stages that use the engine: its name and version. */
export interface Engine {
  readonly name: string
  readonly version: string
}

export interface RunOptions {
  /** The project's root: modules of stages are relative to it. */
  readonly root: string
  /** The cache's folder. */
  readonly cache: string
  readonly profile: string
  readonly engine: Engine
  /** Added to the environment of the workers, to bound the threads of each. */
  readonly workerEnvironment?: NodeJS.ProcessEnv
  /** Stages at once; as many as cores if not given. */
  readonly jobs?: number
  /** Bytes that the running stages may need together; half of the machine's if not given. */
  readonly memory?: number
  /** Run these stages and what they need, and no others. */
  readonly only?: readonly string[]
  /** Make these again even if nothing changed. */
  readonly force?: readonly string[]
  /** Least time between two checkpoints of a stage. */
  readonly checkpointSeconds?: number
  /** Ends the run: its workers are killed; what is made stays. */
  readonly signal?: AbortSignal
  readonly observer?: RunObserver
}

/** What happens to a stage. `settled` is the last of it. */
export type StageEvent =
  | { readonly type: 'settled'; readonly record: StageRecord }
  | { readonly type: 'running'; readonly reasons: readonly string[] }
  | Exclude<Report, { type: 'made' | 'failed' }>

export interface RunObserver {
  started(order: readonly Stage[]): void
  stage(name: string, event: StageEvent): void
  /** The last of a run that came to its end. */
  ended(run: RunRecord): void
  /** The last of a run that did not. */
  stopped(): void
}

/** The run was ended from outside. */
export class Interrupted extends Error {}

const defaultMemory = 512 * 2 ** 20
const defaultCheckpointSeconds = 5
/** Milliseconds between two looks at a result that another run is making. */
const lookInterval = 200

/**
 * Brings every stage's result up to date, as many at once as there is room for, long chains first, and writes `last-run.json`. A stage that fails
 * keeps only those that need it from running.
 * @returns what became of each stage, in order
 * @throws Interrupted when the signal came; CacheUnusable when the cache's folder cannot be used; an Error that shows what is wrong with the graph or
 *   the code of the stages
 */
export async function run(stages: readonly Stage[], options: RunOptions): Promise<RunRecord> {
  const start = performance.now()
  const date = new Date().toISOString()
  const order = ordered(stages)
  const selected = options.only ? needed(order, options.only) : order
  for (const name of options.force ?? []) find(order, name)
  const code = await readCode(
    options.root,
    order.map(({ module }) => module),
  )
  const opened = await locksOf(options.cache).open()
  const failure = new AbortController()
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])])
  try {
    options.observer?.started(order)
    const settle = await scheduler(order, new Set(selected), code, signal, options)
    const outcomes = order.map((stage) => settle(stage))
    for (const outcome of outcomes) outcome.catch((error) => failure.abort(error))
    await Promise.allSettled(outcomes)
    signal.throwIfAborted()
    const records = await Promise.all(outcomes)
    const record: RunRecord = {
      profile: options.profile,
      engine: options.engine,
      date,
      seconds: (performance.now() - start) / 1000,
      stages: records,
    }
    await writeRun(options.cache, record)
    options.observer?.ended(record)
    return record
  } catch (error) {
    options.observer?.stopped()
    throw options.signal?.aborted ? new Interrupted('The run was interrupted.') : error
  } finally {
    opened.release()
  }
}

/** How a stage's result stands. Stale: it would be made again. Waiting: what it needs would be, and it depends on that whether it would. */
export interface Inspection {
  readonly stage: Stage
  readonly state: 'fresh' | 'stale' | 'waiting'
  /** What changed since the stage's last result, apart from what it waits for; one line each. */
  readonly reasons: readonly string[]
  /** Upstream stages that are not fresh. */
  readonly waitsFor: readonly string[]
  readonly manifest?: Manifest
  readonly last?: LastResult
}

/** How each stage's result stands, in the graph's order, without making any. */
export async function inspect(stages: readonly Stage[], options: RunOptions): Promise<Inspection[]> {
  const order = ordered(stages)
  const code = await readCode(
    options.root,
    order.map(({ module }) => module),
  )
  const store = openStore(options.cache)
  const engine = engineVersion(options.engine)
  const digests: Record<string, string> = {}
  const found: Inspection[] = []
  for (const stage of order) {
    const waitsFor = Object.values(stage.inputs).filter((name) => digests[name] === undefined)
    const last = await store.last(options.profile, stage.name)
    const known = { stage, waitsFor, ...(last && { last }) }
    if (waitsFor.length > 0) {
      const before = Object.values(last?.fingerprint.upstream ?? {}).map((upstream) => [
        upstream.stage,
        upstream.digest,
      ])
      const assumed = { ...Object.fromEntries(before), ...digests }
      const now = fingerprint(stage, code.get(stage.module)!, assumed, engine)
      found.push({
        ...known,
        state: 'waiting',
        reasons: last ? differences(last.fingerprint, now) : ['not made before'],
      })
      continue
    }
    const { manifest, reasons } = await appraise(
      store,
      options.profile,
      stage,
      code.get(stage.module)!,
      digests,
      engine,
    )
    if (manifest) digests[stage.name] = manifest.digest
    found.push({ ...known, state: manifest ? 'fresh' : 'stale', reasons, ...(manifest && { manifest }) })
  }
  return found
}

/** The function that settles a stage, once those it needs are settled: finds its result fresh, or makes it. To be called in the graph's order. */
async function scheduler(
  order: readonly Stage[],
  selected: ReadonlySet<Stage>,
  code: ReadonlyMap<string, Code>,
  signal: AbortSignal,
  options: RunOptions,
): Promise<(stage: Stage) => Promise<StageRecord>> {
  const store = openStore(options.cache)
  const locks = locksOf(options.cache)
  const memory = options.memory ?? machineMemory() / 2
  const pool = new Pool(options.jobs ?? availableParallelism(), memory)
  const environment = { ...process.env, ...options.workerEnvironment }
  const lasts = new Map(
    await Promise.all(
      order.map(async ({ name }) => [name, await store.last(options.profile, name)] as const),
    ),
  )
  const priorities = criticalPaths(order, (name) => lasts.get(name)?.seconds ?? 1)
  const settled = new Map<string, Promise<StageRecord>>()

  async function settle(stage: Stage): Promise<StageRecord> {
    const about = {
      name: stage.name,
      parameters: stage.parameters,
      inputs: stage.inputs,
      engine: stage.usesEngine ? engineVersion(options.engine) : null,
    }
    const upstream = await Promise.all(Object.values(stage.inputs).map((name) => settled.get(name)!))
    const missing = upstream.filter(({ digest }) => digest === undefined)
    if (missing.length > 0) {
      const status = missing.some((record) => record.status !== 'skipped') ? 'blocked' : 'skipped'
      return { ...about, status, reason: `needs ${listed(missing.map(({ name }) => name))}` }
    }
    const digests = Object.fromEntries(upstream.map(({ name, digest }) => [name, digest!]))
    const engine = engineVersion(options.engine)
    const appraisal = await appraise(store, options.profile, stage, code.get(stage.module)!, digests, engine)
    const { key, manifest } = appraisal
    const force = options.force?.includes(stage.name) ?? false
    if (manifest && !force) {
      await remember(stage, appraisal, manifest)
      return { ...about, status: 'fresh', ...summary(key, manifest) }
    }
    if (!selected.has(stage)) return { ...about, status: 'skipped', reason: appraisal.reasons.join('; ') }
    const reasons = force ? ['asked for with --force'] : appraisal.reasons
    try {
      const report = await make(stage, appraisal, upstream, reasons, force)
      await remember(stage, appraisal, report.manifest)
      const before = appraisal.manifest?.digest ?? appraisal.expected
      const reason = [...reasons, ...differs(before, report.manifest.digest)].join('; ')
      return report.byAnother
        ? {
            ...about,
            status: 'fresh',
            reason: 'made by another run meanwhile',
            ...summary(key, report.manifest),
          }
        : { ...about, status: 'made', reason, ...summary(key, report.manifest) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof StageFailed)) throw error
      return { ...about, status: 'failed', reason: error.message }
    }
  }

  async function make(
    stage: Stage,
    { key, fingerprint: decided }: Appraisal,
    upstream: readonly StageRecord[],
    reasons: readonly string[],
    force: boolean,
  ): Promise<Report & { type: 'made' }> {
    const files = new Map(upstream.map((record) => [record.name, record.files!]))
    const inputs = Object.entries(stage.inputs).map(([input, name]) => [
      input,
      { stage: name, files: files.get(name)! },
    ])
    const job = {
      root: options.root,
      cache: options.cache,
      stage,
      key,
      fingerprint: decided,
      code: code.get(stage.module)!,
      engine: options.engine.name,
      inputs: Object.fromEntries(inputs),
      force,
      checkpointSeconds: options.checkpointSeconds ?? defaultCheckpointSeconds,
    }
    const observe = (event: StageEvent) => options.observer?.stage(stage.name, event)
    const need = lasts.get(stage.name)?.memory ?? stage.memory ?? defaultMemory
    for (let waiting = false; ; ) {
      const leave = await pool.enter(priorities.get(stage.name)!, need, signal)
      try {
        if (!locks.isBeingMade(key)) {
          observe({ type: 'running', reasons })
          const onReport = (report: Report) => {
            if (report.type !== 'made' && report.type !== 'failed') observe(report)
          }
          return await runInProcess(job, { environment, heap: memory, signal, onReport })
        }
      } finally {
        leave()
      }
      if (!waiting) observe({ type: 'waiting' })
      waiting = true
      await sleep(lookInterval, undefined, { signal })
    }
  }

  async function remember(stage: Stage, appraisal: Appraisal, { made }: Manifest): Promise<void> {
    const { key, last } = appraisal
    if (last?.key === key && last.seconds === made.seconds) return
    const { seconds, memory } = made
    await store.setLast(options.profile, stage.name, {
      key,
      fingerprint: appraisal.fingerprint,
      seconds,
      memory,
    })
  }

  return (stage) => {
    const record = settle(stage).then((result) => {
      options.observer?.stage(stage.name, { type: 'settled', record: result })
      return result
    })
    settled.set(stage.name, record)
    return record
  }
}

/** Bytes that this process may use: the machine's, or the container's. */
function machineMemory(): number {
  const bound = process.constrainedMemory()
  return bound > 0 ? Math.min(bound, totalmem()) : totalmem()
}

function summary(key: string, { digest, files, made }: Manifest) {
  return { key, digest, files, seconds: made.seconds, memory: made.memory, date: made.date }
}

/** A stage is a pure function: the same key must give the same digest. */
function differs(before: string | undefined, now: string): string[] {
  return before === undefined || before === now
    ? []
    : ['the result differs from the one that it replaces: the stage is not deterministic']
}

/** The engine as it enters keys and records. */
export function engineVersion({ name, version }: Engine): string {
  return `${name} (${version})`
}
