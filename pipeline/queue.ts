/** A queue that carries stages from a run to workers on any machines, on Redis by BullMQ. */

import type { Job as Task } from 'bullmq'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { addressOf, availability, shown } from './address.ts'
import { storedFingerprint } from './fingerprint.ts'
import { type ProcessOptions, StageFailed } from './process.ts'
import { Damaged, digest, json, label } from './record.ts'
import { openSharedStore } from './shared-store.ts'
import {
  type Manifest,
  openStore,
  parseManifest,
  type Store,
  type StoredFile,
  storedFile,
  storedFiles,
} from './store.ts'
import type { Job, Report } from './worker.ts'

/** Where a run's stages run, if not here. */
export interface Elsewhere {
  /** Has a stage's result made and takes it into the job's cache. @throws StageFailed; the signal's reason */
  execute(job: Job, options: ProcessOptions): Promise<Report & { type: 'made' }>
  /** Takes back what no worker has begun. */
  close(): Promise<void>
}

export interface QueueOptions {
  /** Such as redis://USER:PASSWORD@HOST:PORT. */
  readonly queue: string
  /** Such as https://USER:PASSWORD@HOST/PATH. */
  readonly store: string
  /** Ends all waiting. */
  readonly signal: AbortSignal
}

/** What a worker is told of a stage that is to run. */
export const request = z.object({
  stage: z.object({
    name: label,
    module: z.string().regex(/^[\w-]+(\/[\w-]+)*\.ts$/, 'has to be a module of the project'),
    parameters: json,
    inputs: z.record(z.string(), label),
    usesEngine: z.boolean(),
    memory: z.number().exactOptional(),
  }),
  key: digest,
  fingerprint: storedFingerprint,
  /** The engine's name. */
  engine: label,
  inputs: z.record(z.string(), z.object({ stage: label, files: storedFiles })),
  checkpointSeconds: z.number(),
  /** What the store has of this result is damaged: it is to be put there again. */
  again: z.boolean(),
})
export type Request = z.infer<typeof request>

/** What a worker gives back: the record of the result, or the input files that the store lacks. */
const answer = z.union([
  z.object({ made: z.string(), byAnother: z.boolean() }),
  z.object({ lacking: z.array(storedFile).min(1) }),
])
export type Answer = z.infer<typeof answer>

/** The queue's name in the server. */
export const queueName = 'stages'
/** Seconds for which a result is kept in the queue for a run that was ended and starts again. */
const keptSeconds = 24 * 3600
/** Milliseconds between two looks at what became of the stages under way. */
const lookInterval = 5000
/** Milliseconds that the queue may take for an answer before it counts as away. */
const patience = 5000
/** Times that a stage is given to workers when its files come out of the store damaged. */
const mostAttempts = 3

/** The packages that only a queue needs. @throws saying how to install them */
export async function queuePackages() {
  try {
    return { ...(await import('bullmq')), ...(await import('ioredis')) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error('A queue needs two packages: `npm install --no-save bullmq ioredis` installs them.')
  }
}

/** A connection to the queue's server. @throws when the address is none, or the server does not let us in */
export async function connect(queue: string, say: (line: string) => void): Promise<Redis> {
  const address = addressOf('--queue', queue, ['redis:', 'rediss:'])
  const { Redis } = await queuePackages()
  const name = `The queue ${shown(address)}`
  const connection = new Redis(queue, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(200 * times, 2000),
  })
  let reason = ''
  const noteReason = (error: NodeJS.ErrnoException) => {
    reason ||= error.code ?? error.message
  }
  connection.on('error', noteReason)
  try {
    await connection.connect()
    await connection.ping()
  } catch (error) {
    connection.disconnect()
    throw new Error(`${name} does not answer (${reason || (error as Error).message}).`)
  }
  const server = availability(name, say)
  connection.off('error', noteReason)
  connection.on('error', (error: NodeJS.ErrnoException) => server.missed(error.code ?? error.message))
  connection.on('ready', () => server.answered())
  // What is merely slow or cut off without a word makes no error.
  let asked = false
  const beat = setInterval(async () => {
    if (asked || connection.status !== 'ready') return
    asked = true
    const late = setTimeout(() => server.missed('no answer in time'), patience)
    await connection.ping().catch(() => {})
    clearTimeout(late)
    if (connection.status === 'ready') server.answered()
    asked = false
  }, lookInterval).unref()
  connection.on('end', () => clearInterval(beat))
  return connection
}

interface Waiting {
  readonly request: Request
  readonly listeners: Set<ProcessOptions['onReport']>
  readonly answer: Promise<Answer>
  readonly settle: (answer: Answer) => void
  readonly fail: (error: Error) => void
}

/**
 * Stages run on the workers of a queue; their files come and go through a store that both reach. This side
 * alone writes records there, and each result is the one that it took: what a worker that had lost its stage
 * still makes is refused by the queue.
 * @throws when the packages are not there, or a server does not answer or refuses
 */
export async function openQueue({ queue: address, store, signal }: QueueOptions): Promise<Elsewhere> {
  const { Queue, QueueEvents } = await queuePackages()
  const outstanding = new Map<string, Waiting>()
  /** A word for the person, told with one of the stages that wait. */
  const say = (text: string) => {
    for (const { listeners } of outstanding.values())
      for (const tell of listeners) return tell({ type: 'warning', text })
  }
  const shared = await openSharedStore({ address: store, signal, say })
  const connection = await connect(address, say)
  const queue = new Queue<Request>(queueName, { connection })
  const events = new QueueEvents(queueName, { connection })
  // What goes wrong with the connection is told by `connect`.
  queue.on('error', () => {})
  events.on('error', () => {})
  events.on('completed', ({ jobId, returnvalue }) => answered(jobId, returnvalue))
  events.on('failed', ({ jobId, failedReason }) =>
    outstanding.get(jobId)?.fail(new StageFailed(failedReason)),
  )
  events.on('duplicated', ({ jobId }) => void look(jobId).catch(() => {}))
  events.on('progress', ({ jobId, data }) => {
    for (const tell of outstanding.get(jobId)?.listeners ?? []) tell(data as Report)
  })
  await events.waitUntilReady()
  /** Files that are known to be in the store. */
  const present = new Set<string>()
  let warned = false
  const timer = setInterval(() => void lookAll().catch(() => {}), lookInterval)

  function answered(key: string, value: unknown): void {
    const waiting = outstanding.get(key)
    const found = answer.safeParse(value)
    if (found.success) waiting?.settle(found.data)
    else waiting?.fail(new StageFailed('a worker of another version gave an answer that is not understood'))
  }

  const add = (request: Request): Promise<Task<Request>> =>
    queue.add(request.stage.name, request, {
      jobId: request.key,
      removeOnComplete: { age: keptSeconds },
      removeOnFail: true,
    })

  /** Asks what became of a stage, in case that nobody told. */
  async function look(key: string): Promise<void> {
    const waiting = outstanding.get(key)
    if (!waiting) return
    const task = await queue.getJob(key)
    if (!task) await add(waiting.request)
    else if (task.returnvalue) answered(key, task.returnvalue)
  }

  async function lookAll(): Promise<void> {
    if (outstanding.size === 0) return
    const underWay = new Set(await queue.getRanges(['waiting', 'active', 'delayed'], 0, -1))
    for (const key of outstanding.keys()) if (!underWay.has(key)) await look(key)
    const workers = await queue.getWorkersCount()
    if (workers === 0 && !warned)
      say('no worker is at the queue: `npm run worker` starts one, on any machine with this code')
    warned = workers === 0
  }

  /** The answer of a worker, which other stages with the same key share. */
  async function asked(request: Request, { onReport, signal }: ProcessOptions): Promise<Answer> {
    const { key } = request
    const waiting = outstanding.get(key) ?? begin(request)
    waiting.listeners.add(onReport)
    let interrupt = () => {}
    const interrupted = new Promise<never>((_, reject) => {
      interrupt = () => reject(signal.reason)
      signal.addEventListener('abort', interrupt, { once: true })
    })
    try {
      signal.throwIfAborted()
      return await Promise.race([waiting.answer, interrupted])
    } finally {
      signal.removeEventListener('abort', interrupt)
      waiting.listeners.delete(onReport)
      if (outstanding.get(key) === waiting && !signal.aborted) outstanding.delete(key)
    }
  }

  function begin(request: Request): Waiting {
    let [settle, fail]: [Waiting['settle'], Waiting['fail']] = [() => {}, () => {}]
    const answer = new Promise<Answer>((resolve, reject) => {
      settle = resolve
      fail = reject
    })
    answer.catch(() => {})
    const waiting: Waiting = { request, listeners: new Set(), answer, settle, fail }
    outstanding.set(request.key, waiting)
    add(request).catch(() => {})
    return waiting
  }

  /** Sees to it that the store has the inputs. */
  async function offer({ cache, inputs }: Job): Promise<void> {
    const own = openStore(cache)
    const files = Object.values(inputs).flatMap((input) => Object.values(input.files))
    const unknown = files.filter((file) => !present.has(file.integrity))
    await Promise.all(
      unknown.map(async (file) => {
        if (!(await shared.has(file))) await shared.put(file, await input(own, file))
        present.add(file.integrity)
      }),
    )
  }

  /** An input's bytes. @throws StageFailed when they are damaged here */
  function input(own: Store, file: StoredFile): Promise<Buffer> {
    return own.read(file).catch((error) => {
      throw error instanceof Damaged ? new StageFailed(`a file that it reads ${error.message}`) : error
    })
  }

  /** Takes a result from the store into a cache. @throws Damaged naming the file that is not as recorded */
  async function take(key: string, manifest: Manifest, own: Store): Promise<void> {
    for (const [name, file] of Object.entries(manifest.files)) {
      const bytes = await own.read(file).catch(() =>
        shared.get(file).catch((error) => {
          if (error instanceof Damaged) error.message = `${name} ${error.message}`
          throw error
        }),
      )
      await own.putFile(key, name, bytes)
    }
    await own.putManifest(key, manifest)
    for (const { integrity } of Object.values(manifest.files)) present.add(integrity)
  }

  /** The result that the store has, taken into a cache; undefined when it has none that is whole. */
  async function stored({ key, cache }: Job, warn: (text: string) => void) {
    if (shared.keys && !shared.keys.has(key)) return undefined
    try {
      const manifest = await shared.record(key)
      if (manifest) await take(key, manifest, openStore(cache))
      return manifest
    } catch (error) {
      if (!(error instanceof Damaged)) throw error
      warn(`${error.message}: it is made again`)
      return null
    }
  }

  async function execute(job: Job, options: ProcessOptions): Promise<Report & { type: 'made' }> {
    const { stage, key, fingerprint, engine, inputs, checkpointSeconds } = job
    const warn = (text: string) => options.onReport({ type: 'warning', text })
    const there = await stored(job, warn)
    if (there) return { type: 'made', manifest: there, byAnother: true }
    let again = there === null
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      await offer(job)
      if (again || attempt > 1) await queue.remove(key).catch(() => {})
      const found = await asked(
        { stage, key, fingerprint, engine, inputs, checkpointSeconds, again },
        options,
      )
      try {
        if ('lacking' in found) {
          const own = openStore(job.cache)
          for (const file of found.lacking) await shared.put(file, await input(own, file))
          warn(`${found.lacking.length} of its inputs were damaged or missing in the store: put there again`)
        } else {
          const manifest = parseManifest(key, found.made)
          await take(key, manifest, openStore(job.cache))
          await record(key, manifest, again, warn)
          return { type: 'made', manifest, byAnother: found.byAnother }
        }
      } catch (error) {
        if (!(error instanceof Damaged)) throw error
        warn(`${error.message}: it is made again`)
        again = true
      }
    }
    throw new StageFailed(`its files came out of the store damaged ${mostAttempts} times`)
  }

  /** Tells others of a result. The first that the store has stays, unless it is damaged. */
  async function record(
    key: string,
    manifest: Manifest,
    again: boolean,
    warn: (text: string) => void,
  ): Promise<void> {
    const there = await shared.record(key).catch((error) => {
      if (error instanceof Damaged) return undefined
      throw error
    })
    if (there && there.digest !== manifest.digest)
      warn(
        `the store has another result of the same code and inputs (${there.digest.slice(0, 12)}, not ` +
          `${manifest.digest.slice(0, 12)}): the stage is not deterministic; this run goes on with its own`,
      )
    if (!there || again) await shared.putRecord(key, manifest)
  }

  return {
    execute,
    async close() {
      clearInterval(timer)
      const ended = Promise.all([...outstanding.keys()].map((key) => queue.remove(key).catch(() => {})))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000).unref())])
      connection.disconnect()
      await Promise.race([
        Promise.allSettled([events.close(), queue.close()]),
        new Promise((resolve) => setTimeout(resolve, 2000).unref()),
      ])
    },
  }
}
