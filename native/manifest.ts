import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { replaceFile } from '../pipeline/disk.ts'

const manifestName = 'manifest.json'

/** By file name: the content's digest, and the size and times that the file had when it was last read. */
const manifest = z.record(z.string(), z.object({ sha256: z.string(), stamp: z.string() }))
type Manifest = z.infer<typeof manifest>

/** Writes down the files with these names as they are in the folder. */
export async function writeManifest(folder: string, names: readonly string[]): Promise<void> {
  const made: Manifest = {}
  for (const name of names) {
    const file = join(folder, name)
    made[name] = { sha256: await sha256Of(file), stamp: await stampOf(file) }
  }
  await replaceFile(join(folder, manifestName), JSON.stringify(made, null, 2))
}

/** What the manifest in a folder says. @throws an Error that says what is wrong with it */
export async function readManifest(folder: string): Promise<Manifest> {
  const content = JSON.parse(await readFile(join(folder, manifestName), 'utf8'))
  const { data, error } = manifest.safeParse(content)
  if (error) throw new Error(`${manifestName} is no manifest`)
  return data
}

/** Whether nobody has touched the files since the manifest was written. @throws if one is not there */
export async function areUntouched(folder: string, manifest: Manifest): Promise<boolean> {
  const kept = Object.entries(manifest)
  const stamps = await Promise.all(kept.map(([name]) => stampOf(join(folder, name))))
  return kept.every(([, { stamp }], i) => stamp === stamps[i])
}

/** @throws an Error that names the first file whose content is not what the manifest says */
export async function checkDigests(folder: string, manifest: Manifest): Promise<void> {
  for (const [name, { sha256 }] of Object.entries(manifest))
    if ((await sha256Of(join(folder, name))) !== sha256) throw new Error(`${name} has changed`)
}

/** Changes when the file is written, replaced or restored from a copy. */
async function stampOf(file: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(file, { bigint: true })
  return [size, mtimeNs, ctimeNs, ino].join(' ')
}

/** Hexadecimal SHA-256 of a file, which is read part by part. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
