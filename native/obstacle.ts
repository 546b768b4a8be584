/** The environment variable that names another cache folder. */
export const cacheVariable = 'MINIBATCH_COMPOSITION_CACHE'

/** The wheel twice, while pip copies it, and what is unpacked of it. */
export const bytesNeeded = 1_200_000_000

/** Why there can be no native engine, and what would help. */
export class Obstacle extends Error {
  readonly remedy: string
  constructor(reason: string, remedy: string) {
    super(reason)
    this.remedy = remedy
  }
}

export function diskFull(): Obstacle {
  return new Obstacle(
    `the disk is full: setting up the native engine takes ${bytesNeeded / 1e9} GB in its cache folder`,
    `make room, or name a folder on another disk in ${cacheVariable}`,
  )
}

/**
 * The obstacle that an error tells of: itself, or that the file system, or a lock, in `folder`
 * cannot be written.
 * @throws the error itself if it tells of none
 */
export function obstacleIn(error: unknown, folder: string): Obstacle {
  if (error instanceof Obstacle) return error
  if (!(error instanceof Error)) throw error
  const { code = '', message, path = folder }: NodeJS.ErrnoException = error
  if (code === 'ENOSPC' || code === 'EDQUOT' || /disk is full/.test(message)) return diskFull()
  const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EISDIR'].includes(code)
  if (!unwritable && code !== 'ERR_SQLITE_ERROR') throw error
  return new Obstacle(
    `${path} cannot be written (${unwritable ? code : message})`,
    `make it writable, or name another folder in ${cacheVariable}`,
  )
}
