import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { listed } from './words.ts'

/** The cache's folder cannot be used: the disk is full, it may not be written, it is not a folder. */
export class CacheUnusable extends Error {}

const causes: [pattern: RegExp, cause: (path: string) => string, remedy: string][] = [
  [/ENOSPC|EDQUOT|database or disk is full/, () => 'the disk is full', 'Free some space'],
  [
    /EISDIR|ENOTEMPTY/,
    (path) => `a folder is in the place of its file${path && ` ${path}`}`,
    'Move that folder away',
  ],
  // Node reports ENOENT for a folder that cannot be made on a read-only file system.
  [/EROFS|EACCES|EPERM|ENOENT.*mkdir|readonly database/, () => 'it may not be written', 'Make it writable'],
  [/ENOTDIR|EEXIST/, () => 'it, or something on its path, is a file and not a folder', 'Move that file away'],
  [/ENAMETOOLONG/, () => 'its path is too long', 'Move it to a shorter one'],
  [/EMFILE|ENFILE/, () => 'too many files are open', 'Raise the limit (ulimit -n)'],
  [/EIO|disk I\/O error/, () => 'the disk reports an error', 'Check the disk'],
  [/unable to open database/, () => 'it may not be written, or the disk is full', 'Make it writable'],
]

/**
 * The error to show for a failed use of the cache in `folder`: a CacheUnusable that says cause and remedy if
 * the disk is to blame, else the error itself.
 */
export function usable(folder: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof CacheUnusable) return error
  const text = `${error.message} ${error.code ?? ''}`
  const known = causes.find(([pattern]) => pattern.test(text))
  if (!known) return error
  const [, cause, remedy] = known
  return new CacheUnusable(
    `The cache ${folder} cannot be used: ${cause(error.path ?? '')}. ${remedy}, ` +
      'or choose another folder with --cache.',
  )
}

/**
 * Makes a folder, and those above it that are missing. (Node's own `recursive` never returns where a folder
 * cannot be made and the system says that its parent is missing, as below /proc.)
 * @throws the system's error
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error
    makeFolder(dirname(path))
    makeFolder(path)
  }
}

/**
 * Sees to it that a command may fill a folder: nothing of the kind is there yet, or it is empty.
 * @throws an Error that says what is there
 */
export async function checkVacant(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error.code === 'ENOTDIR' ? new Error(`${folder} is a file. Choose a folder.`) : error
  })
  if (names.length > 0)
    throw new Error(
      `${folder} has files (${listed(names)}), and none is replaced. Choose a folder that is empty or does not exist yet.`,
    )
}

/**
 * Writes a file so that whoever reads it sees the old content or the new, never a part. The folder is made if
 * need be.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${path}.${randomUUID()}.new`
  try {
    makeFolder(dirname(path))
    await writeFile(fresh, content)
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {})
    throw error
  }
}
