/** Compressed copies beside the files of a site, for servers that send them, and what the site weighs. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compressible = /\.(?:html|css|js|json|svg|csv|xml|txt|bib|ris|webmanifest)$/
/** Bytes below which a copy saves no packet. */
const least = 1400

const ways = {
  gz: (content: Buffer) => promisify(gzip)(content, { level: 9 }),
  // The last tenth of a percent takes twenty times as long.
  br: (content: Buffer) =>
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
}

/** Writes a copy `FILE.gz` and `FILE.br` beside each file of a folder that is text and not tiny. */
export async function writeCopies(folder: string): Promise<void> {
  for (const file of await filesOf(folder)) {
    if (!compressible.test(file)) continue
    const content = await readFile(join(folder, file))
    if (content.length < least) continue
    for (const [ending, compress] of Object.entries(ways))
      await writeFile(join(folder, `${file}.${ending}`), await compress(content))
  }
}

/** What a build wrote, in lines: pages, files, bytes, and the largest of them. */
export async function weight(folder: string): Promise<string[]> {
  const files = (await filesOf(folder)).filter((file) => !/\.(?:gz|br)$/.test(file))
  const sized = await Promise.all(
    files.map(async (file) => ({ file, bytes: (await stat(join(folder, file))).size })),
  )
  const all = sized.reduce((sum, { bytes }) => sum + bytes, 0)
  const pages = files.filter((file) => file.endsWith('.html')).length
  const largest = sized.sort((a, b) => b.bytes - a.bytes).slice(0, 3)
  return [
    `${pages} ${pages === 1 ? 'page' : 'pages'}, ${files.length} files, ${written(all)}, and compressed copies of those that are text;`,
    `the largest: ${largest.map(({ file, bytes }) => `${file} ${written(bytes)}`).join(', ')}.`,
  ]
}

const written = (bytes: number) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`

/** All files of a folder, by their paths in it with slashes. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}
