import { statSync, truncateSync } from 'node:fs'
import { access, constants, readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder, usable } from './disk.ts'

/** Shared by any number of holders, or held by one alone. */
export type LockMode = 'shared' | 'exclusive'

export interface Lock {
  release(): void
}

/** Bytes of the longest path that SQLite opens. */
const longestPath = 511

/** SQLite's codes for a database that another connection has locked, and for a file that is none. */
const [busy, corrupt, notADatabase] = [5, 11, 26]

/**
 * Takes the lock that `file` stands for, or gives undefined when another process (or another call) holds it.
 *
 * It is a transaction of an empty SQLite database, so the operating system's own file lock: a holder that
 * dies, however it dies, holds nothing, and neither clocks nor process ids are asked. What the file holds
 * says nothing: it is emptied if that is not a database.
 * @throws when the file can be neither created nor opened
 */
export function tryLock(file: string, mode: LockMode): Lock | undefined {
  if (Buffer.byteLength(resolve(file)) > longestPath)
    throw Object.assign(new Error('ENAMETOOLONG'), { code: 'ENAMETOOLONG' })
  makeFolder(dirname(file))
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('PRAGMA busy_timeout = 0')
    database.exec(mode === 'exclusive' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema')
    const held = database
    return { release: () => held.close() }
  } catch (error) {
    database?.close()
    const { errcode } = error as { errcode?: number }
    if (errcode === busy) return undefined
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR', path: file })
    if ((errcode !== notADatabase && errcode !== corrupt) || !found?.size) throw error
    // In place, so that whoever waits at this file and whoever comes anew wait for each other.
    truncateSync(file)
    return tryLock(file, mode)
  }
}

/**
 * Takes the lock as soon as it is free. `onWait` is called once if that is not at once.
 * @throws when the file can be neither created nor opened; the signal's reason
 */
export async function lock(
  file: string,
  mode: LockMode,
  onWait?: () => void,
  signal?: AbortSignal,
): Promise<Lock> {
  for (let attempt = 0; ; attempt++) {
    const held = tryLock(file, mode)
    if (held) return held
    if (attempt === 0) onWait?.()
    await sleep(50, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
}

/**
 * The locks of the cache in `folder`: one for each result that is being made, and one for the cache as a
 * whole, which runs share and whoever removes results needs alone.
 * @param tidy called when a run finds that nobody else has the cache open
 */
export function locksOf(folder: string, tidy: () => Promise<void> = async () => {}) {
  const locks = join(folder, 'locks')
  const whole = join(locks, 'cache')
  const explain = (error: Error): never => {
    throw usable(folder, error)
  }
  return {
    /** Waits until no other process makes the result with this key, then keeps them from it. */
    result: (key: string, onWait?: () => void): Promise<Lock> =>
      lock(join(locks, key), 'exclusive', onWait).catch(explain),

    /** Whether the result with this key is being made just now. */
    isBeingMade(key: string): boolean {
      try {
        const held = tryLock(join(locks, key), 'exclusive')
        held?.release()
        return held === undefined
      } catch (error) {
        return explain(error as Error)
      }
    },

    /**
     * Opens the cache for a run, or for whoever reads what a run left. When nobody else has it open, what
     * killed runs left behind is removed first.
     */
    async open(): Promise<Lock> {
      try {
        makeFolder(folder)
        await access(folder, constants.W_OK)
        const alone = tryLock(whole, 'exclusive')
        if (alone) {
          await rm(join(folder, 'results', 'tmp'), { recursive: true, force: true })
          for (const name of await readdir(locks))
            if (join(locks, name) !== whole) await rm(join(locks, name), { recursive: true })
          await tidy()
          alone.release()
        }
        return await lock(whole, 'shared')
      } catch (error) {
        return explain(error as Error)
      }
    },

    /** The cache for oneself, or undefined while a run has it open. */
    alone(): Lock | undefined {
      try {
        return tryLock(whole, 'exclusive')
      } catch (error) {
        return explain(error as Error)
      }
    },
  }
}

export type Locks = ReturnType<typeof locksOf>
