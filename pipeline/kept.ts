import { rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeFolder } from './disk.ts'
import { lock } from './lock.ts'

/** How a folder that is kept for good comes to be. */
export interface Making {
  /** Whether the folder is there, with all that it should hold. */
  isWhole(folder: string): Promise<boolean>
  /** Fills an empty folder, which is then moved to its place. */
  fill(folder: string): Promise<void>
  /** Called once when another process makes the same folder, which is then waited for. */
  onWait?(): void
  readonly signal?: AbortSignal
}

/**
 * Makes sure that a folder is there that is costly to make. It is filled beside its place and moved there
 * whole, by one process at a time; what a killed one left behind is removed by the next.
 * @throws what `fill` throws; the signal's reason
 */
export async function keepFolder(folder: string, { isWhole, fill, onWait, signal }: Making): Promise<void> {
  if (await isWhole(folder)) return
  const held = await lock(`${folder}.lock`, 'exclusive', onWait, signal)
  const [fresh, old] = [`${folder}.new`, `${folder}.old`]
  const clear = () => Promise.all([fresh, old].map((path) => rm(path, { recursive: true, force: true })))
  try {
    if (await isWhole(folder)) return
    await clear()
    makeFolder(fresh)
    await fill(fresh)
    await rename(folder, old).catch((error) => {
      if (error.code !== 'ENOENT') throw error
    })
    await rename(fresh, folder)
  } finally {
    await clear().catch(() => {})
    held.release()
  }
}

/**
 * The folder of the user's own where a project keeps such folders: the one that `variable` names, or
 * `project` in the user's cache.
 */
export function usersFolder(project: string, variable: string, environment = process.env): string {
  const { [variable]: own, XDG_CACHE_HOME: cache, HOME: home } = environment
  return resolve(own || join(cache || join(home || homedir(), '.cache'), project))
}
