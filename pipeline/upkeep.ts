import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { create, extract } from 'tar'
import { usable } from './disk.ts'
import { canonicalJson, keyOf, sha256 } from './fingerprint.ts'
import { locksOf } from './lock.ts'
import { Damaged, digestOf, type Manifest, openStore, type StoredFile } from './store.ts'

/** A stored result, or what is wrong with it: one line each. */
export interface StoredResult {
  readonly key: string
  readonly manifest?: Manifest
  readonly damages: readonly string[]
}

/** All results in the cache. With `thorough`, every byte of them is read and verified; else only their records. */
export async function listResults(folder: string, thorough: boolean): Promise<StoredResult[]> {
  const store = openStore(folder)
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
 * Removes every result that is not the most recent one of a stage that its profile still has, and all checkpoints.
 * @param stages names of the stages by profile
 * @returns bytes of results that were removed, and how many results are left
 * @throws while a run has the cache open
 */
export async function pruneResults(
  folder: string,
  stages: { readonly [profile: string]: readonly string[] },
): Promise<{ bytes: number; left: number }> {
  const lock = locksOf(folder).alone()
  if (!lock) throw new Error(`A run has the cache ${folder} open. Prune it when the run has ended.`)
  try {
    const store = openStore(folder)
    const keys = new Set<string>()
    for (const [profile, names] of Object.entries(stages)) {
      for (const name of names) {
        const last = await store.last(profile, name)
        if (last) keys.add(last.key)
      }
    }
    const { bytes } = await store.retain(keys, (profile, stage) => stages[profile]?.includes(stage) ?? false)
    await rm(join(folder, 'checkpoints'), { recursive: true, force: true })
    return { bytes, left: (await store.keys()).length }
  } catch (error) {
    throw usable(folder, error as Error)
  } finally {
    lock.release()
  }
}

/**
 * Writes all results of the cache to a tar archive: `results/<key>-<SHA-256>.json` is the record of each, `content/<SHA-256>` the files.
 * @returns how many results it holds
 * @throws when a result is damaged, or there is none
 */
export async function exportResults(folder: string, archive: string): Promise<number> {
  const store = openStore(folder)
  const results = await listResults(folder, true)
  const damaged = results.find(({ damages }) => damages.length > 0)
  if (damaged) {
    const { manifest, key, damages } = damaged
    throw new Error(
      `The result of ${manifest?.stage ?? key} is damaged: ${damages.join('; ')}. Run the experiments first.`,
    )
  }
  if (results.length === 0) throw new Error(`There are no results in ${folder}.`)
  return inTemporaryFolder(async (staging) => {
    await mkdir(join(staging, 'results'))
    await mkdir(join(staging, 'content'))
    for (const { key, manifest } of results) {
      const record = canonicalJson(manifest)
      await writeFile(join(staging, 'results', `${key}-${sha256(record)}.json`), record)
      for (const file of Object.values(manifest!.files)) {
        await writeFile(join(staging, 'content', hexOf(file)), await store.read(file))
      }
    }
    const path = resolve(archive)
    await create({ cwd: staging, file: `${path}.new`, portable: true, gzip: /gz$/.test(path) }, [
      'results',
      'content',
    ])
    await rename(`${path}.new`, path)
    return results.length
  })
}

/**
 * Takes the results of an archive over into the cache, after every byte of all of them was verified: nothing of a bad archive is taken.
 * @returns how many results it held
 * @throws naming what is wrong with the archive
 */
export async function importResults(folder: string, archive: string): Promise<number> {
  return inTemporaryFolder(async (staging) => {
    const bad = (what: string) => new Error(`${archive} was not imported: ${what}.`)
    await extract({ cwd: staging, file: resolve(archive), strict: true }).catch((error) => {
      throw bad(
        error.code === 'ENOENT'
          ? 'there is no such file'
          : `it is not a whole tar archive (${error.message})`,
      )
    })
    const names = await readdir(join(staging, 'results')).catch(() => [])
    if (names.length === 0) throw bad('it holds no results')
    const content = (file: StoredFile) => readFile(join(staging, 'content', hexOf(file)))
    const manifests = new Map<string, Manifest>()
    for (const name of names) {
      const [key, digest] = name.replace(/\.json$/, '').split('-')
      const record = await readFile(join(staging, 'results', name))
      if (sha256(record) !== digest) throw bad(`results/${name} does not have its digest`)
      const manifest: Manifest = JSON.parse(record.toString())
      if (keyOf(manifest.fingerprint) !== key || digestOf(manifest.files) !== manifest.digest) {
        throw bad(`results/${name} is of another version of the pipeline`)
      }
      for (const [file, stored] of Object.entries(manifest.files)) {
        const bytes = await content(stored).catch(() => undefined)
        if (!bytes) throw bad(`${file} of stage "${manifest.stage}" is missing`)
        if (sha256(bytes) !== hexOf(stored))
          throw bad(`${file} of stage "${manifest.stage}" does not have its digest`)
      }
      manifests.set(key, manifest)
    }
    const store = openStore(folder)
    const lock = await locksOf(folder).open()
    try {
      for (const [key, manifest] of manifests) await store.adopt(key, manifest, content)
    } finally {
      lock.release()
    }
    return manifests.size
  })
}

function hexOf({ integrity }: StoredFile): string {
  return Buffer.from(integrity.replace(/^sha256-/, ''), 'base64').toString('hex')
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'results-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
