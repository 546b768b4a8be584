/** Whether a build would write the site again as it is. */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../pipeline/disk.ts'
import { canonicalJson, sha256 } from '../pipeline/fingerprint.ts'
import type { KeptRun } from '../pipeline/run.ts'

/** What of the checkout a site is made of. */
const sources = [
  'content',
  'src',
  'public',
  'evidence',
  'experiments',
  'pipeline',
  'scripts',
  'CHANGELOG.md',
  'astro.config.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

/** Digests of what the site in a folder was made of, of the run that it shows, and of its files. */
const written = z.object({ sources: z.string(), run: z.string(), files: z.string() })
type Written = z.infer<typeof written>

const place = (root: string, site: string) => join(root, '.astro', 'sites', `${sha256(site)}.json`)

/**
 * Digest of all that a site is made of but the results: files of the checkout, Node.js, the address, and
 * whether the article is printed.
 */
export const sourcesOf = async (root: string): Promise<string> =>
  sha256(
    canonicalJson([
      await digestOf(root, sources),
      process.version,
      ...asked.map((name) => process.env[name] ?? ''),
    ]),
  )

const asked = ['SITE_URL', 'PDF']

/** Digest of the results of a run, whenever and wherever they were made. */
export const resultsOf = ({ profile, engine, stages }: KeptRun): string =>
  sha256(
    canonicalJson([
      profile,
      engine.name,
      stages.map(({ name, key, digest }) => [name, key ?? '', digest ?? '']),
    ]),
  )

/**
 * What is known of the site in a folder, if it was written from these sources and no file of it was touched
 * since.
 */
export async function unchanged(root: string, site: string, now: string): Promise<Written | undefined> {
  try {
    const known = written.parse(JSON.parse(await readFile(place(root, site), 'utf8')))
    return known.sources === now && known.files === (await digestOf(site, ['.'])) ? known : undefined
  } catch {
    // Nothing is known of it, or a part of it is gone: it is written again.
    return undefined
  }
}

/** Notes what the site that was just written was made of. */
export async function remember(root: string, site: string, about: Omit<Written, 'files'>): Promise<void> {
  const files = await digestOf(site, ['.'])
  await replaceFile(place(root, site), `${JSON.stringify({ ...about, files })}\n`)
}

/** Digest of files, and of all files of folders, with their paths. Those that are not there count as none. */
async function digestOf(root: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const name of names) {
    const top = join(root, name)
    const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch((error) => {
      if (error.code === 'ENOTDIR') return undefined
      if (error.code === 'ENOENT') return []
      throw error
    })
    const files = entries
      ?.filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
    for (const file of files?.sort() ?? [top]) {
      const content = await readFile(file)
      hash.update(`${relative(root, file)}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}
