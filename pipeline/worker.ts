/**
 * The process in which one stage runs: it takes a job from its parent, reads and writes the cache itself,
 * reports, and ends.
 */

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Cache, openCache } from './cache.ts'
import { CacheUnusable } from './disk.ts'
import { type Code, editedSources, type Fingerprint, readCode } from './fingerprint.ts'
import { Damaged } from './record.ts'
import type { Stage, StageContext, StageFunction } from './stage.ts'
import type { Manifest, StoredFiles } from './store.ts'

export interface Job {
  readonly root: string
  readonly cache: string
  readonly stage: Stage
  readonly key: string
  readonly fingerprint: Fingerprint
  readonly code: Code
  readonly engine: string
  /** Input name -> the upstream stage and its files. */
  readonly inputs: { readonly [input: string]: { readonly stage: string; readonly files: StoredFiles } }
  /** Make the result even if it is there. */
  readonly force: boolean
  readonly checkpointSeconds: number
}

export interface Progress {
  readonly done: number
  readonly total: number
  readonly unit: string
  readonly note?: string
}

export type Report =
  | { readonly type: 'waiting' }
  | { readonly type: 'started' }
  | { readonly type: 'resumed'; readonly seconds: number }
  | { readonly type: 'warning'; readonly text: string }
  | ({ readonly type: 'progress' } & Progress)
  | { readonly type: 'made'; readonly manifest: Manifest; readonly byAnother: boolean }
  | { readonly type: 'failed'; readonly message: string; readonly unusable: boolean }

const progressInterval = 100

process.on('disconnect', () => process.exit(1))
process.on('SIGINT', () => {})
process.once('message', async (job: Job) => {
  const last = await work(job).catch(
    (error): Report => ({
      type: 'failed',
      message:
        error instanceof CacheUnusable || error instanceof Damaged
          ? error.message
          : (error?.stack ?? String(error)),
      unusable: error instanceof CacheUnusable,
    }),
  )
  process.send!(last, () => process.exit(0))
})

function report(message: Report): void {
  if (process.connected) process.send!(message)
}

async function work(job: Job): Promise<Report> {
  const cache = openCache(job.cache)
  const lock = await cache.locks.result(job.key, () => report({ type: 'waiting' }))
  try {
    const other = job.force ? undefined : await cache.store.intact(job.key)
    if (other) return { type: 'made', manifest: other, byAnother: true }
    report({ type: 'started' })
    const start = performance.now()
    const stage = await load(job)
    const { context, earlierSeconds } = offer(cache, job, start)
    const inputs = Object.entries(job.inputs).map(([input, { stage: name, files }]) => [
      input,
      cache.store.upstream(name, files),
    ])
    const artifacts = await stage(job.stage.parameters, Object.fromEntries(inputs), context)
    const manifest = await cache.store.keep(job.key, artifacts, {
      stage: job.stage.name,
      fingerprint: job.fingerprint,
      made: {
        date: new Date().toISOString(),
        seconds: earlierSeconds() + (performance.now() - start) / 1000,
        memory: process.resourceUsage().maxRSS * 1024,
      },
    })
    await cache.checkpoint(job.key).remove()
    return { type: 'made', manifest, byAnother: false }
  } finally {
    lock.release()
  }
}

/** The stage's function, from the very code that the key stands for. */
async function load({ root, stage, code }: Job): Promise<StageFunction> {
  const module = await import(pathToFileURL(resolve(root, stage.module)).href)
  const edited = await editedSources(root, code)
  if (edited.length > 0 && (await readCode(root, [stage.module])).get(stage.module)!.hash !== code.hash) {
    throw new Damaged(
      `${edited.join(', ')} changed while the run was under way. Run again for a result of the new code.`,
    )
  }
  if (typeof module.default !== 'function')
    throw new Error(`${stage.module} has no function as its default export.`)
  return module.default
}

function offer(
  cache: Cache,
  job: Job,
  start: number,
): { context: StageContext; earlierSeconds: () => number } {
  const saved = cache.checkpoint(job.key)
  let earlier = 0
  let savedAt = start
  let reportedAt = Number.NEGATIVE_INFINITY
  const context: StageContext = {
    engine: job.engine,
    progress(done, total, unit, note) {
      if (performance.now() - reportedAt < progressInterval) return
      reportedAt = performance.now()
      report({ type: 'progress', done, total, unit, ...(note !== undefined && { note }) })
    },
    checkpoint: {
      async load() {
        try {
          const found = await saved.load()
          if (!found) return undefined
          earlier = found.seconds
          report({ type: 'resumed', seconds: found.seconds })
          return found.state
        } catch (error) {
          if (!(error instanceof Damaged)) throw error
          report({ type: 'warning', text: `${error.message}: it is ignored` })
          return undefined
        }
      },
      due: () => performance.now() - savedAt >= job.checkpointSeconds * 1000,
      async save(state) {
        await saved.save({ state, seconds: earlier + (performance.now() - start) / 1000 })
        savedAt = performance.now()
      },
    },
  }
  return { context, earlierSeconds: () => earlier }
}
