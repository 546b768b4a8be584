import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile, usable } from './disk.ts'
import { canonicalJson, sha256 } from './fingerprint.ts'
import { unknown } from './nearest.ts'
import { Damaged, digest, json, label, parseRecord } from './record.ts'
import type { Json, Upstream } from './stage.ts'
import { amount, type Store, type StoredFiles, storedFiles } from './store.ts'

const statuses = ['fresh', 'made', 'failed', 'blocked', 'skipped'] as const
export type StageStatus = (typeof statuses)[number]

/** One stage of a run. `key`, `digest` and `files` are there when its result is. */
export interface StageRecord {
  readonly name: string
  readonly status: StageStatus
  /** Why it was made, or failed, or was not run. */
  readonly reason?: string
  readonly key?: string
  readonly digest?: string
  readonly files?: StoredFiles
  readonly parameters: Json
  readonly inputs: { readonly [input: string]: string }
  readonly engine: string | null
  /** Time and peak memory (bytes) of the making of the result, in this run or an earlier one. */
  readonly seconds?: number
  readonly memory?: number
  readonly date?: string
}

export interface RunRecord {
  readonly profile: string
  readonly engine: { readonly name: string; readonly version: string }
  readonly date: string
  readonly seconds: number
  readonly stages: readonly StageRecord[]
  /** What the graph of the stages was made from, where that was told. */
  readonly protocol?: Json
}

/** A record that is kept, under the digest of what it says. */
export interface KeptRun extends RunRecord {
  readonly id: string
}

/** A stage of a run that has a result, and its files, each verified when it is read. */
export interface StageResult extends StageRecord, Upstream {
  readonly digest: string
  readonly files: StoredFiles
}

/** A kept run whose results can be read. */
export interface Run extends KeptRun {
  /** @throws when there is no such stage, naming the nearest, or when its result is not there, saying why */
  stage(name: string): StageResult
}

const stageRecord: z.ZodType<StageRecord> = z.object({
  name: label,
  status: z.enum(statuses),
  reason: z.string().exactOptional(),
  key: digest.exactOptional(),
  digest: digest.exactOptional(),
  files: storedFiles.exactOptional(),
  parameters: json,
  inputs: z.record(z.string(), label),
  engine: z.string().nullable(),
  seconds: amount.exactOptional(),
  memory: amount.exactOptional(),
  date: z.iso.datetime().exactOptional(),
})

const runRecord: z.ZodType<RunRecord> = z.object({
  profile: label,
  engine: z.object({ name: label, version: label }),
  date: z.iso.datetime(),
  seconds: amount,
  stages: z.array(stageRecord),
  protocol: json.exactOptional(),
})

/** What `last-run.json` says: the id of the run that ended last. */
const lastRun = z.object({ run: digest })

/** Runs that are kept however long the cache is used. */
const mostKept = 20
const remedy = 'Run `npm run experiments`.'

/**
 * The records of the runs of the cache in `folder`: `runs/ID.json`, and in `last-run.json` the id of the
 * last.
 */
export function runsOf(folder: string, store: Store) {
  const last = join(folder, 'last-run.json')
  const path = (id: string) => join(folder, 'runs', `${id}.json`)
  const explain = (error: Error): never => {
    throw usable(folder, error)
  }

  async function record<T>(file: string, parse: (text: string) => T, absent: string): Promise<T> {
    try {
      return parse(
        await readFile(file, 'utf8').catch((error) => {
          throw error.code === 'EISDIR' ? new Damaged('is a folder') : error
        }),
      )
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new Error(`${absent}: ${file} is missing. ${remedy}`)
      if (!(error instanceof Damaged)) throw error
      const first = error.message === 'is a folder' ? 'Move it away. ' : ''
      throw new Error(`${file} is damaged: it ${error.message}. ${first}${remedy}`)
    }
  }

  return {
    /** Keeps the record of a run, as a whole or not at all, and makes it the last. */
    async keep(run: RunRecord): Promise<KeptRun> {
      const id = sha256(canonicalJson(run))
      await replaceFile(path(id), `${JSON.stringify(run, null, 2)}\n`).catch(explain)
      await replaceFile(last, `${JSON.stringify({ run: id })}\n`).catch(explain)
      return { ...run, id }
    },

    /**
     * The run with this id; the one that ended last if none is given.
     * @throws when there is none, or when its record was changed by other hands
     */
    async read(wanted?: string): Promise<Run> {
      const id =
        wanted ?? (await record(last, (text) => parseRecord(lastRun, text), 'There are no results yet')).run
      const kept = (text: string) => {
        const run = parseRecord(runRecord, text)
        if (sha256(canonicalJson(run)) !== id) throw new Damaged('does not have its digest')
        return run
      }
      const found = await record(path(id), kept, 'The record of the run is gone')
      return {
        ...found,
        id,
        stage(name) {
          const stage = found.stages.find((candidate) => candidate.name === name)
          const names = () => found.stages.map((candidate) => candidate.name)
          if (!stage) throw new Error(unknown('stage', name, names()))
          const { digest, files } = stage
          if (digest === undefined || !files) {
            const because = stage.reason ? ` (${stage.reason})` : ''
            throw new Error(
              `Stage "${name}" has no result: it was ${stage.status} in the run${because}. ${remedy}`,
            )
          }
          return { ...stage, digest, files, ...store.upstream(name, files) }
        },
      }
    },

    /** Removes all but the most recent records. */
    async tidy(): Promise<void> {
      const names = await readdir(join(folder, 'runs')).catch(() => [])
      const files = names.map((name) => join(folder, 'runs', name))
      const times = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })))
      for (const { file } of times.sort((a, b) => b.at - a.at).slice(mostKept))
        await rm(file, { recursive: true, force: true })
    },
  }
}

export type Runs = ReturnType<typeof runsOf>
