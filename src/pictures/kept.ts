import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What a file holds that is made once: it is there whole or not at all, whoever else makes it. */
export async function kept(file: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const known = await readFile(file).catch(() => undefined)
  if (known) return known
  const made = await make()
  const fresh = `${file}.${randomUUID()}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(fresh, made)
  await rename(fresh, file)
  return made
}
