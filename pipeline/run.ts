import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { replaceFile, usable } from './disk.ts'
import { canonicalJson, sha256 } from './fingerprint.ts'
import { unknown } from './nearest.ts'
import type { Json, Upstream } from './stage.ts'
import { openStore, type StoredFiles } from './store.ts'

export type StageStatus = 'fresh' | 'made' | 'failed' | 'blocked' | 'skipped'

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
}

/** The cache's folder: `EXPERIMENTS_CACHE` of the environment, or `.cache`. */
export function cacheFolder(root = process.cwd(), environment = process.env): string {
  return resolve(root, environment.EXPERIMENTS_CACHE || '.cache')
}

/** A stage of the last run and its files, each verified when it is read. */
export interface StageResult extends StageRecord, Upstream {}

export interface Run extends RunRecord {
  /** @throws when there is no such stage, naming the nearest, or when its result is not there, saying why */
  stage(name: string): StageResult
}

const fileName = 'last-run.json'
const remedy = 'Run `npm run experiments`.'

/** Writes `last-run.json`, as a whole or not at all. */
export async function writeRun(folder: string, run: RunRecord): Promise<void> {
  const content = JSON.stringify({ ...run, checksum: sha256(canonicalJson(run)) }, null, 2)
  await replaceFile(join(folder, fileName), `${content}\n`).catch((error) => {
    throw usable(folder, error)
  })
}

/**
 * The last run whose results are in the cache.
 * @throws when there was none, or when its record was changed by other hands
 */
export async function readRun(folder = cacheFolder()): Promise<Run> {
  const path = join(folder, fileName)
  const text = await readFile(path, 'utf8').catch((error) => {
    throw error.code === 'ENOENT'
      ? new Error(`There are no results yet: ${path} is missing. ${remedy}`)
      : error
  })
  const record = verified(text)
  if (!record) throw new Error(`${path} is damaged. ${remedy}`)
  const store = openStore(folder)
  return {
    ...record,
    stage(name) {
      const stage = record.stages.find((candidate) => candidate.name === name)
      if (!stage)
        throw new Error(
          unknown(
            'stage',
            name,
            record.stages.map((candidate) => candidate.name),
          ),
        )
      if (!stage.files) {
        const because = stage.reason ? ` (${stage.reason})` : ''
        throw new Error(
          `Stage "${name}" has no result: it was ${stage.status} in the last run${because}. ${remedy}`,
        )
      }
      return { ...stage, ...store.upstream(name, stage.files) }
    },
  }
}

function verified(text: string): RunRecord | undefined {
  try {
    const { checksum, ...record } = JSON.parse(text)
    return checksum === sha256(canonicalJson(record)) ? record : undefined
  } catch {
    return undefined
  }
}
