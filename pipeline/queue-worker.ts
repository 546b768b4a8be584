/** A worker of a queue: it takes stages that runs elsewhere need, and makes their results. */

import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job as Task } from 'bullmq'
import type { Cache } from './cache.ts'
import {
  type Code,
  canonicalJson,
  differences,
  type Engine,
  editedSources,
  engineVersion,
  fingerprint,
  keyOf,
  readCode,
} from './fingerprint.ts'
import { runInProcess, StageFailed } from './process.ts'
import { type Answer, connect, queueName, queuePackages, type Request, request } from './queue.ts'
import { Damaged } from './record.ts'
import { machineMemory } from './scheduler.ts'
import { openSharedStore, type SharedStore } from './shared-store.ts'
import { digestOf, type StoredFile } from './store.ts'
import type { Job, Report } from './worker.ts'

export interface WorkerOptions {
  readonly queue: string
  readonly store: string
  /** The project's root: modules of stages are relative to it. */
  readonly root: string
  /** A cache of the worker's own. */
  readonly cache: Cache
  /** Stages at once. */
  readonly jobs: number
  /** Seconds without a word after which a worker's stages are given to others. */
  readonly lease: number
  /** The engine of this name. @throws when it cannot be had */
  chooseEngine(name: string): Promise<Engine>
  /** Added to the environment of the stages' processes. */
  readonly workerEnvironment?: NodeJS.ProcessEnv
  /** Ends the worker, which gives its stages back. */
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** This worker would give other results than those that are asked for. */
export class Misfit extends Error {}

/** Bytes of results from which on a worker that starts removes what it kept. */
const muchKept = 10e9
/** Milliseconds between two words on how far a stage is. */
const progressInterval = 1000
/** Times that a stage may be taken over before it counts as failed. */
const mostTakeovers = 10
/** Milliseconds that giving back may take when the queue is away. */
const patience = 5000

/**
 * Works until the signal comes. A stage is taken over by another worker when this one was silent for `lease`
 * seconds; its process here is ended then.
 * @throws Misfit; CacheUnusable; an Error that says which server does not answer, or which package is missing
 */
export async function work(options: WorkerOptions): Promise<void> {
  const { cache, jobs, lease, say } = options
  const { Worker, WaitingError } = await queuePackages()
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, options.signal])
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
  await tidy(cache)
  const opened = await cache.locks.open()
  const shared = await openSharedStore({ address: options.store, signal, say })
  const connection = await connect(options.queue, say)
  const make = maker(options, shared)
  const running = new Map<string, AbortController>()

  async function process(task: Task<Request>, token = ''): Promise<Answer> {
    const lost = new AbortController()
    running.set(task.id ?? '', lost)
    let toldAt = Number.NEGATIVE_INFINITY
    const onReport = (report: Report) => {
      const due = report.type !== 'progress' || performance.now() - toldAt >= progressInterval
      if (!due || report.type === 'made' || report.type === 'failed') return
      toldAt = performance.now()
      task.updateProgress(report).catch(() => {})
    }
    try {
      say(`took ${task.name}`)
      return await make(task.data, AbortSignal.any([signal, lost.signal]), onReport)
    } catch (error) {
      if (error instanceof StageFailed && !signal.aborted && !lost.signal.aborted) {
        say(`failed ${task.name}: ${error.message}`)
        throw new StageFailed(`on ${hostname()}, ${error.message}`)
      }
      if (lost.signal.aborted) say(`lost ${task.name}: it goes to another worker`)
      else {
        void worker.pause(true)
        stop.abort(error)
        await task.moveToWait(token).catch(() => {})
        say(`gave back ${task.name}`)
      }
      throw new WaitingError()
    } finally {
      running.delete(task.id ?? '')
    }
  }

  const worker = new Worker<Request, Answer>(queueName, process, {
    connection,
    concurrency: jobs,
    lockDuration: 1000 * lease,
    stalledInterval: (1000 * lease) / 3,
    maxStalledCount: mostTakeovers,
    runRetryDelay: 1000,
    // A frozen worker takes the word that there is something to do with it: the others look by themselves.
    drainDelay: 2,
  })
  worker.on('completed', ({ name }) => say(`made ${name}`))
  // What goes wrong with the connection is told by `connect`; a number is the queue's refusal of a result.
  worker.on('error', ({ code, message }: NodeJS.ErrnoException | { code?: number; message: string }) => {
    if (typeof code === 'number') say(`lost a stage, whose result comes too late (${message})`)
  })
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) running.get(id)?.abort()
  })
  await stopped
  void worker.pause(true)
  await Promise.race([worker.close(), sleep(patience, undefined, { ref: false })])
  connection.disconnect()
  opened.release()
  if (!options.signal.aborted) throw stop.signal.reason
}

/** Removes what earlier work left, when it is much and no other worker has the cache open. */
async function tidy({ locks, store }: Cache): Promise<void> {
  const alone = locks.alone()
  if (!alone) return
  const removeAll = (dry: boolean) => store.retain(new Set(), () => false, dry)
  try {
    if ((await removeAll(true)).removed > muchKept) await removeAll(false)
  } finally {
    alone.release()
  }
}

/** The function that makes the result that is asked for, or finds it, and puts its files into the store. */
function maker(options: WorkerOptions, shared: SharedStore) {
  const { root, cache, workerEnvironment } = options
  const environment = { ...process.env, ...workerEnvironment }
  const engines = new Map<string, Promise<Engine>>()
  const codes = new Map<string, Code>()

  function engineNamed(name: string): Promise<Engine> {
    const chosen =
      engines.get(name) ??
      options.chooseEngine(name).catch((error: Error) => {
        throw new Misfit(error.message)
      })
    engines.set(name, chosen)
    return chosen
  }

  async function codeOf(module: string): Promise<Code> {
    const known = codes.get(module)
    if (known && (await editedSources(root, known)).length === 0) return known
    const read = await readCode(root, [module]).catch((error: Error) => {
      throw new Misfit(`This worker's code is not that of the run: ${error.message}`)
    })
    const code = read.get(module)!
    codes.set(module, code)
    return code
  }

  /** The job as it is here. @throws Misfit when its result would not be the one that is asked for */
  async function fitted({ stage, key, inputs, engine: name, ...asked }: Request): Promise<Job> {
    const engine = stage.usesEngine ? await engineNamed(name) : { name, version: '' }
    const code = await codeOf(stage.module)
    const digests = Object.values(inputs).map((input) => [input.stage, digestOf(input.files)])
    const here = fingerprint(stage, code, Object.fromEntries(digests), engineVersion(engine))
    if (keyOf(here) !== key) {
      const lines = differences(asked.fingerprint, here).map((line) => `  ${line}`)
      throw new Misfit(
        `This worker would not give the result that the run asks for of "${stage.name}" (there -> here):\n` +
          lines.join('\n'),
      )
    }
    const { checkpointSeconds } = asked
    const about = { root, cache: cache.folder, stage, key, fingerprint: here, code, inputs }
    return { ...about, engine: name, checkpointSeconds, force: false }
  }

  /** Takes the inputs from the store. @returns those that it does not have as they should be */
  async function fetchInputs({ key, inputs }: Job): Promise<StoredFile[]> {
    const lacking: StoredFile[] = []
    for (const [input, { files }] of Object.entries(inputs)) {
      for (const [name, file] of Object.entries(files)) {
        try {
          const bytes = await cache.store.read(file).catch(() => shared.get(file))
          await cache.store.putFile(key, `${input}-${name}`, bytes)
        } catch (error) {
          if (!(error instanceof Damaged)) throw error
          lacking.push(file)
        }
      }
    }
    return lacking
  }

  return async (asked: Request, signal: AbortSignal, onReport: (report: Report) => void): Promise<Answer> => {
    const read = request.safeParse(asked)
    if (!read.success) throw new Misfit('The run is of another version than this worker.')
    const { again } = read.data
    const job = await fitted(read.data)
    let manifest = await cache.store.intact(job.key)
    let byAnother = manifest !== undefined
    if (!manifest) {
      const there = again ? undefined : await shared.record(job.key).catch(unlessDamaged)
      if (there) return { made: canonicalJson(there), byAnother: true }
      const lacking = await fetchInputs(job)
      if (lacking.length > 0) return { lacking }
      const made = await runInProcess(job, { environment, heap: machineMemory() / 2, signal, onReport })
      manifest = made.manifest
      byAnother = made.byAnother
    }
    for (const file of Object.values(manifest.files))
      if (again || !(await shared.has(file))) await shared.put(file, await cache.store.read(file))
    return { made: canonicalJson(manifest), byAnother }
  }
}

/** What is damaged counts as absent. @throws any other error */
function unlessDamaged(error: Error): undefined {
  if (!(error instanceof Damaged)) throw error
}
