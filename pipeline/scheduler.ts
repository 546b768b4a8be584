import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineVersion } from './fingerprint.ts'
import { criticalPaths } from './graph.ts'
import { type Appraisal, type Plan, type PlanOptions, planOf } from './plan.ts'
import { Pool } from './pool.ts'
import { type ProcessOptions, runInProcess, StageFailed } from './process.ts'
import type { KeptRun, StageRecord } from './run.ts'
import type { Json, Stage } from './stage.ts'
import type { Manifest } from './store.ts'
import { listed } from './words.ts'
import type { Job, Report } from './worker.ts'

export interface RunOptions extends PlanOptions {
  /** What the graph of the stages was made from, for the record. */
  readonly protocol?: Json
  /** Added to the environment of the workers, to bound the threads of each. */
  readonly workerEnvironment?: NodeJS.ProcessEnv
  /** Stages at once; as many as cores if not given. */
  readonly jobs?: number
  /** Bytes that the running stages may need together; half of the machine's if not given. */
  readonly memory?: number
  /** Runs stages elsewhere, as many at once as there are; those of `force` run here. */
  readonly execute?: (job: Job, options: ProcessOptions) => Promise<Report & { type: 'made' }>
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
  ended(run: KeptRun): void
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
 * Brings every stage's result up to date, as many at once as there is room for, long chains first, and keeps
 * a record of the run. A stage that fails keeps only those that need it from running.
 * @returns what became of each stage, in order
 * @throws Interrupted when the signal came; CacheUnusable when the cache's folder cannot be used; an Error
 *   that shows what is wrong with the graph or the code of the stages
 */
export async function run(stages: readonly Stage[], options: RunOptions): Promise<KeptRun> {
  const start = performance.now()
  const date = new Date().toISOString()
  const { cache, profile, engine, protocol, observer } = options
  const opened = await cache.locks.open()
  const failure = new AbortController()
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])])
  try {
    const plan = await planOf(stages, options)
    observer?.started(plan.order)
    const settle = scheduler(plan, signal, options)
    const outcomes = plan.order.map((stage) => settle(stage))
    for (const outcome of outcomes) outcome.catch((error) => failure.abort(error))
    await Promise.allSettled(outcomes)
    signal.throwIfAborted()
    const records = await Promise.all(outcomes)
    const seconds = (performance.now() - start) / 1000
    const kept = await cache.runs.keep({
      profile,
      engine: { ...engine },
      date,
      seconds,
      stages: records,
      ...(protocol !== undefined && { protocol }),
    })
    observer?.ended(kept)
    return kept
  } catch (error) {
    observer?.stopped()
    throw options.signal?.aborted ? new Interrupted('The run was interrupted.') : error
  } finally {
    opened.release()
  }
}

/**
 * The function that settles a stage, once those it needs are settled: finds its result fresh, or makes it. To
 * be called in the graph's order.
 */
function scheduler(
  plan: Plan,
  signal: AbortSignal,
  options: RunOptions,
): (stage: Stage) => Promise<StageRecord> {
  const { cache, profile, observer } = options
  const memory = options.memory ?? machineMemory() / 2
  const pool = new Pool(options.jobs ?? availableParallelism(), memory)
  const environment = { ...process.env, ...options.workerEnvironment }
  const priorities = criticalPaths(plan.order, (stage) => plan.last(stage)?.seconds ?? 1)
  const engine = engineVersion(options.engine)
  const settled = new Map<string, Promise<StageRecord>>()

  async function settle(stage: Stage): Promise<StageRecord> {
    const about = {
      name: stage.name,
      parameters: stage.parameters,
      inputs: stage.inputs,
      engine: stage.usesEngine ? engine : null,
    }
    const upstream = new Map<string, Pick<Manifest, 'digest' | 'files'>>()
    const missing: StageRecord[] = []
    for (const name of Object.values(stage.inputs)) {
      const record = await settled.get(name)
      if (record?.digest !== undefined && record.files) {
        upstream.set(name, { digest: record.digest, files: record.files })
      } else if (record) missing.push(record)
    }
    if (missing.length > 0) {
      const status = missing.some((record) => record.status !== 'skipped') ? 'blocked' : 'skipped'
      return { ...about, status, reason: `needs ${listed(missing.map(({ name }) => name))}` }
    }
    const digests = Object.fromEntries([...upstream].map(([name, { digest }]) => [name, digest]))
    const appraisal = await plan.appraise(stage, digests)
    const { key, manifest } = appraisal
    const force = plan.forced.has(stage)
    if (manifest && !force) {
      await remember(stage, appraisal, manifest)
      return { ...about, status: 'fresh', ...summary(key, manifest) }
    }
    if (!plan.selected.has(stage))
      return { ...about, status: 'skipped', reason: appraisal.reasons.join('; ') }
    const reasons = force ? ['asked for with --force'] : appraisal.reasons
    const inputs = Object.entries(stage.inputs).map(([input, name]) => [
      input,
      { stage: name, files: upstream.get(name)?.files ?? {} },
    ])
    try {
      const report = await make(stage, { ...appraisal, reasons }, Object.fromEntries(inputs), force)
      await remember(stage, appraisal, report.manifest)
      const made = summary(key, report.manifest)
      if (report.byAnother) return { ...about, status: 'fresh', reason: 'made by another run', ...made }
      const before = manifest?.digest ?? appraisal.expected
      return {
        ...about,
        status: 'made',
        reason: [...reasons, ...differs(before, made.digest)].join('; '),
        ...made,
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof StageFailed)) throw error
      return { ...about, status: 'failed', reason: error.message }
    }
  }

  async function make(
    stage: Stage,
    { key, fingerprint, reasons }: Appraisal,
    inputs: Job['inputs'],
    force: boolean,
  ): Promise<Report & { type: 'made' }> {
    const job: Job = {
      root: options.root,
      cache: cache.folder,
      stage,
      key,
      fingerprint,
      code: plan.code(stage),
      engine: options.engine.name,
      inputs,
      force,
      checkpointSeconds: options.checkpointSeconds ?? defaultCheckpointSeconds,
    }
    const observe = (event: StageEvent) => observer?.stage(stage.name, event)
    const onReport = (report: Report) => {
      if (report.type !== 'made' && report.type !== 'failed') observe(report)
    }
    const processOptions = { environment, heap: memory, signal, onReport }
    if (options.execute && !force) {
      observe({ type: 'running', reasons })
      return options.execute(job, processOptions)
    }
    const need = plan.last(stage)?.memory ?? stage.memory ?? defaultMemory
    for (let waiting = false; ; ) {
      const leave = await pool.enter(priorities.get(stage.name) ?? 0, need, signal)
      try {
        if (!cache.locks.isBeingMade(key)) {
          observe({ type: 'running', reasons })
          return await runInProcess(job, processOptions)
        }
      } finally {
        leave()
      }
      if (!waiting) observe({ type: 'waiting' })
      waiting = true
      await sleep(lookInterval, undefined, { signal })
    }
  }

  async function remember(stage: Stage, { key, fingerprint }: Appraisal, { made }: Manifest): Promise<void> {
    const { seconds, memory } = made
    const last = plan.last(stage)
    if (last?.key === key && last.seconds === seconds) return
    await cache.store.setLast(profile, stage.name, { key, fingerprint, seconds, memory })
  }

  return (stage) => {
    const record = settle(stage).then((result) => {
      observer?.stage(stage.name, { type: 'settled', record: result })
      return result
    })
    settled.set(stage.name, record)
    return record
  }
}

/** Bytes that this process may use: the machine's, or the container's. */
export function machineMemory(): number {
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
