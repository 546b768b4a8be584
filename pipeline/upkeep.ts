import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { create, list, type ReadEntry } from 'tar'
import type { Cache } from './cache.ts'
import { makeFolder, usable } from './disk.ts'
import { canonicalJson, sha256 } from './fingerprint.ts'
import { Damaged } from './record.ts'
import { hexOf, type Manifest, parseManifest } from './store.ts'
import { isOfSweep } from './sweep.ts'

/** A stored result, or what is wrong with it: one line each. */
export interface StoredResult {
  readonly key: string
  readonly manifest?: Manifest
  readonly damages: readonly string[]
}

/** Names of the stages of each profile. */
export type Known = { readonly [profile: string]: readonly string[] }

/**
 * All results in the cache. With `thorough`, every byte of them is read and verified; else only their
 * records.
 */
export async function listResults({ store }: Cache, thorough: boolean): Promise<StoredResult[]> {
  const results: StoredResult[] = []
  for (const key of await store.keys()) {
    try {
      const manifest = await store.manifest(key)
      if (manifest) results.push({ key, manifest, damages: thorough ? await store.damages(manifest) : [] })
    } catch (error) {
      if (!(error instanceof Damaged)) throw error
      results.push({ key, damages: [`its record ${error.message}`] })
    }
  }
  return results.sort((a, b) => (a.manifest?.stage ?? '').localeCompare(b.manifest?.stage ?? ''))
}

/**
 * Removes every result that is not the most recent one of a stage that its profile still has, or of a member
 * of a sweep, and all checkpoints.
 * @returns bytes of results that were removed, and how many bytes and results are left
 * @throws while a run has the cache open
 */
export async function pruneResults(
  cache: Cache,
  known: Known,
): Promise<{ removed: number; left: number; results: number }> {
  const lock = cache.locks.alone()
  if (!lock) throw new Error(`A run has the cache ${cache.folder} open. Prune it when the run has ended.`)
  try {
    const bytes = await retain(cache, known, false)
    await rm(join(cache.folder, 'checkpoints'), { recursive: true, force: true })
    return { ...bytes, results: (await cache.store.keys()).length }
  } catch (error) {
    throw usable(cache.folder, error as Error)
  } finally {
    lock.release()
  }
}

/** Bytes of results that `pruneResults` would remove, and bytes that it would leave. */
export function prunable(cache: Cache, known: Known): Promise<{ removed: number; left: number }> {
  return retain(cache, known, true)
}

async function retain({ store }: Cache, known: Known, dry: boolean) {
  const keys = new Set<string>()
  for (const [profile, names] of Object.entries(known)) {
    for (const name of names) {
      const last = await store.last(profile, name)
      if (last) keys.add(last.key)
    }
  }
  for (const [key, profiles] of await store.profiles()) if (profiles.some(isOfSweep)) keys.add(key)
  const isKnown = (profile: string, stage: string) =>
    isOfSweep(profile) || (known[profile]?.includes(stage) ?? false)
  return store.retain(keys, isKnown, dry)
}

/**
 * Writes all results of the cache to a tar archive: `results/<key>-<SHA-256>.json` is the record of each,
 * `content/<SHA-256>` the files. The archive's folder is made if need be.
 * @returns how many results it holds
 * @throws when a result is damaged, or there is none; when a file of that name is there that is no archive
 */
export async function exportResults(cache: Cache, archive: string): Promise<number> {
  const results = await listResults(cache, true)
  const damaged = results.find(({ damages }) => damages.length > 0)
  if (damaged) {
    const { manifest, key, damages } = damaged
    throw new Error(
      `The result of ${manifest?.stage ?? key} is damaged: ${damages.join('; ')}. Run the experiments first.`,
    )
  }
  if (results.length === 0) throw new Error(`There are no results in ${cache.folder}.`)
  const path = resolve(archive)
  if (existsSync(path) && !(await isArchive(path)))
    throw new Error(`${archive} is there, is no archive of results and is not replaced. Choose another name.`)
  const staging = await mkdtemp(join(tmpdir(), 'results-'))
  const unfinished = `${path}.${basename(staging)}.new`
  try {
    await mkdir(join(staging, 'results'))
    await mkdir(join(staging, 'content'))
    for (const { key, manifest } of results) {
      const record = canonicalJson(manifest)
      await writeFile(join(staging, 'results', `${key}-${sha256(record)}.json`), record)
      for (const file of Object.values(manifest?.files ?? {})) {
        await writeFile(join(staging, 'content', hexOf(file)), await cache.store.read(file))
      }
    }
    makeFolder(dirname(path))
    await create({ cwd: staging, file: unfinished, portable: true, gzip: /gz$/.test(path) }, [
      'results',
      'content',
    ])
    await rename(unfinished, path)
    return results.length
  } catch (error) {
    throw new Error(`${archive} was not written: ${(error as Error).message}.`)
  } finally {
    await rm(unfinished, { force: true })
    await rm(staging, { recursive: true, force: true })
  }
}

/**
 * Takes the results of an archive over into the cache. It is read twice: first every byte of it is verified,
 * so that nothing of a bad archive is taken; nothing is unpacked but what goes into the cache.
 * @returns the records of the results that it held
 * @throws naming what is wrong with the archive
 */
export async function importResults(cache: Cache, archive: string): Promise<Manifest[]> {
  const bad = (what: string) => new Error(`${archive} was not imported: ${what}.`)
  const unreadable = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return bad('there is no such file')
    return bad(`it is not a whole tar archive (${error.message})`)
  }
  const manifests = new Map<string, Manifest>()
  const wrong: string[] = []
  /** Bytes of each content that has the digest which it is named by. */
  const intact = new Map<string, number>()
  await each(archive, async (path, read) => {
    const [, key, digest] = /^results\/([0-9a-f]{64})-([0-9a-f]{64})\.json$/.exec(path) ?? []
    const [, content] = /^content\/([0-9a-f]{64})$/.exec(path) ?? []
    if (key !== undefined) {
      const record = await read()
      try {
        if (sha256(record) !== digest) throw new Damaged('does not have its digest')
        manifests.set(key, parseManifest(key, record.toString()))
      } catch (error) {
        wrong.push(`${path} ${error instanceof Damaged ? error.message : 'is not a record of this version'}`)
      }
    } else if (content !== undefined) {
      const bytes = await read()
      if (sha256(bytes) === content) intact.set(content, bytes.length)
      else wrong.push(`${path} does not have its digest`)
    } else wrong.push(`${path} has no place in an archive of results`)
  }).catch((error) => {
    throw unreadable(error)
  })
  for (const { stage, files } of manifests.values()) {
    for (const [name, file] of Object.entries(files)) {
      if (intact.get(hexOf(file)) !== file.size) wrong.push(`${name} of stage "${stage}" is missing`)
    }
  }
  if (wrong.length > 0)
    throw bad(wrong[0] + (wrong.length > 1 ? ` (and ${wrong.length - 1} more mistakes)` : ''))
  if (manifests.size === 0) throw bad('it holds no results')

  const lock = await cache.locks.open()
  try {
    await each(archive, async (path, read) => {
      const [folder, content] = path.split('/')
      if (folder !== 'content') return
      const bytes = await read()
      for (const [key, { files }] of manifests)
        for (const [name, file] of Object.entries(files))
          if (hexOf(file) === content) await cache.store.putFile(key, name, bytes)
    })
    for (const [key, manifest] of manifests) await cache.store.putManifest(key, manifest)
  } finally {
    lock.release()
  }
  return [...manifests.values()]
}

/** Whether a file is a tar archive with the folders of results and nothing else. */
async function isArchive(path: string): Promise<boolean> {
  const names: string[] = []
  const whole = await each(path, async (name) => void names.push(name)).then(
    () => true,
    () => false,
  )
  return whole && names.length > 0 && names.every((name) => /^(?:results|content)\//.test(name))
}

/**
 * Calls `take` for each file of a tar archive, one after the other; what it does not read is passed over.
 * @throws when the archive is not whole, or `take` throws
 */
async function each(
  archive: string,
  take: (path: string, read: () => Promise<Buffer>) => Promise<void>,
): Promise<void> {
  let taken = Promise.resolve()
  const onReadEntry = (entry: ReadEntry) => {
    const { path, type } = entry
    taken = taken.then(async () => {
      if (type === 'File') await take(path, () => entry.concat())
      else if (type !== 'Directory') throw new Error(`${path} is not a file`)
      entry.resume()
    })
    // What it comes to is asked below, once the archive was read; a mistake must not stop the reading.
    taken.catch(() => entry.resume())
  }
  await list({ file: resolve(archive), strict: true, noResume: true, onReadEntry })
  await taken
}
