import { resolve } from 'node:path'
import { checkpointOf } from './checkpoint.ts'
import { type Locks, locksOf } from './lock.ts'
import { type Runs, runsOf } from './run.ts'
import { openStore, type Store } from './store.ts'

/** All that is kept of the experiments, in one folder, which need not exist until something is written. */
export interface Cache {
  readonly folder: string
  /** Results, by what decides them. */
  readonly store: Store
  readonly locks: Locks
  /** What runs left for those who read results. */
  readonly runs: Runs
  /** Where an unfinished result with this key saves its state. */
  checkpoint(key: string): ReturnType<typeof checkpointOf>
}

/** The cache's folder: `EXPERIMENTS_CACHE` of the environment, or `.cache`. */
export function cacheFolder(root = process.cwd(), environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(root, environment.EXPERIMENTS_CACHE || '.cache')
}

/** The cache in `folder`. */
export function openCache(folder = cacheFolder()): Cache {
  const store = openStore(folder)
  const runs = runsOf(folder, store)
  return {
    folder,
    store,
    runs,
    locks: locksOf(folder, runs.tidy),
    checkpoint: (key) => checkpointOf(folder, key),
  }
}
