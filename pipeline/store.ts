import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import cacache from 'cacache'
import { z } from 'zod'
import { usable } from './disk.ts'
import { canonicalJson, type Fingerprint, keyOf, sha256, storedFingerprint } from './fingerprint.ts'
import { unknown } from './nearest.ts'
import { Damaged, digest, fileName, label, parseRecord } from './record.ts'
import type { Artifacts, Json, Tensors, Upstream } from './stage.ts'
import { decodeTensors, encodeTensors } from './tensors.ts'

/** A stored file: digest ("sha256-" and base64, as in Subresource Integrity) and bytes. */
export interface StoredFile {
  readonly integrity: string
  readonly size: number
}

export type StoredFiles = { readonly [file: string]: StoredFile }

/** What is known of a stage's result: what it consists of, what decided it and what it cost. */
export interface Manifest {
  readonly stage: string
  /** Digest of the files' names and contents, and of nothing else. */
  readonly digest: string
  readonly files: StoredFiles
  readonly fingerprint: Fingerprint
  /** Of the run that made it, interrupted attempts included. Peak memory in bytes; date as ISO 8601. */
  readonly made: { readonly date: string; readonly seconds: number; readonly memory: number }
}

/** A stage's most recent result in a profile, whether or not it is still stored. */
export interface LastResult {
  readonly key: string
  readonly fingerprint: Fingerprint
  readonly seconds: number
  readonly memory: number
}

/** A time or a size. */
export const amount = z.number().nonnegative()

export const storedFile = z.object({
  integrity: z.string().regex(/^sha256-[\w+/]{43}=$/, 'has to be a SHA-256 in base64'),
  size: z.int().nonnegative(),
})

export const storedFiles: z.ZodType<StoredFiles> = z.record(fileName, storedFile)

const storedManifest: z.ZodType<Manifest> = z.object({
  stage: label,
  digest,
  files: storedFiles,
  fingerprint: storedFingerprint,
  made: z.object({ date: z.iso.datetime(), seconds: amount, memory: amount }),
})

const lastResult: z.ZodType<LastResult> = z.object({
  key: digest,
  fingerprint: storedFingerprint,
  seconds: amount,
  memory: amount,
})

/** The record of the result with this key. @throws Damaged when the text is not that */
export function parseManifest(key: string, text: string): Manifest {
  const manifest = parseRecord(storedManifest, text)
  if (keyOf(manifest.fingerprint) !== key) throw new Damaged('is of another result')
  if (digestOf(manifest.files) !== manifest.digest) throw new Damaged("does not have its files' digest")
  return manifest
}

const algorithms: [string] = ['sha256']

/**
 * The bytes of each file of a stage's result. @throws when a file's content and the ending of its name do not
 * fit
 */
export function serialize(artifacts: Artifacts): Map<string, Uint8Array> {
  return new Map(
    Object.entries(artifacts).map(([file, content]) => {
      if (file.endsWith('.safetensors')) return [file, encodeTensors(content as Tensors)]
      if (!file.endsWith('.json'))
        throw new Error(`A result's file is named *.safetensors or *.json, not "${file}".`)
      const bad = notJson(content)
      if (bad) throw new Error(`${file} cannot be written: ${bad}, which JSON does not have; null would do.`)
      return [file, Buffer.from(canonicalJson(content))]
    }),
  )
}

/** Where a value holds a number that JSON does not have: "layers.1.cosine is NaN". */
function notJson(value: unknown, path = ''): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `${path.slice(1) || 'it'} is ${value}`
  if (value === null || typeof value !== 'object') return undefined
  for (const [name, part] of Object.entries(value)) {
    const bad = notJson(part, `${path}.${name}`)
    if (bad) return bad
  }
  return undefined
}

/** The content of a file of a result. */
export function parse(file: string, bytes: Uint8Array): Tensors | Json {
  return file.endsWith('.safetensors') ? decodeTensors(bytes) : JSON.parse(Buffer.from(bytes).toString())
}

/** Digest of a result: of its files' names and contents. */
export function digestOf(files: StoredFiles): string {
  return sha256(
    canonicalJson(
      Object.fromEntries(Object.entries(files).map(([file, { integrity }]) => [file, integrity])),
    ),
  )
}

/** Hexadecimal SHA-256 of a stored file. */
export function hexOf({ integrity }: StoredFile): string {
  return Buffer.from(integrity.replace(/^sha256-/, ''), 'base64').toString('hex')
}

/** The stored results of the cache in `folder`, which need not exist until something is written. */
export function openStore(folder: string) {
  const results = join(folder, 'results')
  const lastName = (profile: string, stage: string) => `last ${profile} / ${stage}`

  async function read({ integrity, size }: StoredFile): Promise<Buffer> {
    return cacache.get.byDigest(results, integrity, { size, memoize: false }).catch((error) => {
      if (error.code === 'ENOENT') throw new Damaged('is missing')
      if (error.code === 'EBADSIZE')
        throw new Damaged(`is truncated or padded: ${error.found} bytes instead of ${size}`)
      if (error.code === 'EISDIR') throw new Damaged('is a folder and not a file')
      if (error.code === 'EINTEGRITY')
        throw new Damaged('does not have its digest: some of its bytes were changed')
      throw usable(folder, error)
    })
  }

  /** Writes content under a name of the index; content that is there but damaged is replaced. */
  async function put(name: string, bytes: Uint8Array): Promise<StoredFile> {
    const file = {
      integrity: `sha256-${Buffer.from(sha256(bytes), 'hex').toString('base64')}`,
      size: bytes.length,
    }
    const intact = await read(file).then(
      () => true,
      () => false,
    )
    try {
      if (!intact) await cacache.rm.content(results, file.integrity).catch(() => {})
      await cacache.put(results, name, bytes as Buffer, { algorithms })
    } catch (error) {
      throw usable(folder, error as Error)
    }
    return file
  }

  async function get(name: string): Promise<Buffer | undefined> {
    const entry = await cacache.get.info(results, name, { memoize: false }).catch((error) => {
      throw usable(folder, error.code === 'EISDIR' ? Object.assign(error, { path: results }) : error)
    })
    return entry ? read({ integrity: entry.integrity, size: entry.size! }) : undefined
  }

  function upstream(stage: string, files: StoredFiles): Upstream {
    const bytes = async (file: string) => {
      if (!files[file]) throw new Error(unknown(`file of stage "${stage}"`, file, Object.keys(files)))
      return read(files[file]).catch((error) => {
        if (error instanceof Damaged) {
          error.message = `${file} of stage "${stage}" ${error.message}. \`npm run experiments\` makes it again.`
        }
        throw error
      })
    }
    return {
      tensors: async (file) => decodeTensors(await bytes(file)),
      json: async (file) => JSON.parse((await bytes(file)).toString()),
    }
  }

  return {
    folder,
    upstream,
    read,

    /** The record of the result with this key, or undefined. @throws Damaged when the record itself is */
    async manifest(key: string): Promise<Manifest | undefined> {
      const bytes = await get(`made ${key}`)
      return bytes && parseManifest(key, bytes.toString())
    },

    /** What is wrong with the stored files of a result: one line each. Every byte is read. */
    async damages({ files }: Pick<Manifest, 'files'>): Promise<string[]> {
      const found: string[] = []
      for (const [name, file] of Object.entries(files)) {
        await read(file).catch((error) => {
          if (!(error instanceof Damaged)) throw error
          found.push(`${name} ${error.message}`)
        })
      }
      return found
    },

    /** The record of the result with this key, if every byte of record and files is there and right. */
    async intact(key: string): Promise<Manifest | undefined> {
      try {
        const manifest = await this.manifest(key)
        return manifest && (await this.damages(manifest)).length === 0 ? manifest : undefined
      } catch (error) {
        if (error instanceof Damaged) return undefined
        throw error
      }
    },

    /** Stores a result: its files, then its record. Whoever finds the record finds a whole result. */
    async keep(
      key: string,
      artifacts: Artifacts,
      about: Omit<Manifest, 'files' | 'digest'>,
    ): Promise<Manifest> {
      const files: Record<string, StoredFile> = {}
      for (const [file, bytes] of serialize(artifacts)) files[file] = await this.putFile(key, file, bytes)
      const manifest = { ...about, digest: digestOf(files), files }
      await this.putManifest(key, manifest)
      return manifest
    },

    /** Stores a file of a result that was made elsewhere. */
    putFile: (key: string, file: string, bytes: Uint8Array): Promise<StoredFile> =>
      put(`file ${key} ${file}`, bytes),

    /** Stores the record of a result, after its files. */
    async putManifest(key: string, manifest: Manifest): Promise<void> {
      await put(`made ${key}`, Buffer.from(canonicalJson(manifest)))
    },

    /** Keys of all results whose records are in the index. */
    async keys(): Promise<string[]> {
      const entries = await cacache.ls(results)
      return Object.keys(entries)
        .filter((name) => name.startsWith('made '))
        .map((name) => name.slice('made '.length))
        .sort()
    },

    /**
     * Removes all results but those with these keys, the memory of stages that `known` does not know, and
     * what nobody refers to. With `dry`, nothing is removed.
     * @returns bytes that are (or would be) removed, and bytes that are left
     */
    async retain(
      keys: ReadonlySet<string>,
      known: (profile: string, stage: string) => boolean,
      dry = false,
    ): Promise<{ removed: number; left: number }> {
      const wanted = ({ key: name }: { key: string }) => {
        const [kind = '', key = ''] = name.split(' ')
        if (kind === 'made' || kind === 'file') return keys.has(key)
        const [profile = '', stage = ''] = name.slice('last '.length).split(' / ')
        return known(profile, stage)
      }
      const entries = Object.values(await cacache.ls(results)).filter(wanted)
      const left = [...new Map(entries.map(({ integrity, size }) => [integrity, size])).values()]
      const removed = (await bytesBelow(results, /content-v\d/)) - sum(left)
      // The types package takes the filter for a text; the library calls it with each entry of the index.
      if (!dry) await cacache.verify(results, { filter: wanted as never })
      return { removed: Math.max(0, removed), left: sum(left) }
    },

    async last(profile: string, stage: string): Promise<LastResult | undefined> {
      try {
        const bytes = await get(lastName(profile, stage))
        return bytes && parseRecord(lastResult, bytes.toString())
      } catch (error) {
        if (error instanceof Damaged) return undefined
        throw error
      }
    },

    /** Profiles by the key of a result that is the most recent of its stage in them. */
    async profiles(): Promise<Map<string, string[]>> {
      const found = new Map<string, string[]>()
      for (const name of Object.keys(await cacache.ls(results))) {
        const [, profile, stage] = /^last (.*?) \/ (.*)$/.exec(name) ?? []
        if (profile === undefined || stage === undefined) continue
        const last = await this.last(profile, stage)
        if (last) found.set(last.key, [...(found.get(last.key) ?? []), profile])
      }
      return found
    },

    async setLast(profile: string, stage: string, last: LastResult): Promise<void> {
      await put(lastName(profile, stage), Buffer.from(canonicalJson(last)))
    },
  }
}

export type Store = ReturnType<typeof openStore>

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Bytes of the files below a folder whose paths match. */
async function bytesBelow(folder: string, path: RegExp): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = files
    .filter((file) => path.test(file))
    .map((file) => stat(join(folder, file)).catch(() => undefined))
  return sum((await Promise.all(sizes)).map((found) => (found?.isFile() ? found.size : 0)))
}
