/** Compressed copies beside the files of a site, for servers that send them, and what the site weighs. */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, gunzip, gzip } from 'node:zlib'
import { replaceFile } from '../pipeline/disk.ts'

/** Text, and what the laboratory loads first. */
const compressible =
  /\.(?:html|css|js|json|svg|csv|xml|txt|bib|ris|webmanifest)$|\/(?:examples|lower|layer2)\.safetensors$/
/** Bytes below which a copy saves no packet. */
const least = 1400

/** What a page is shown from, for which each byte counts. */
const shown = /\.(?:html|css|js)$/

const ways = {
  gz: {
    pack: (content: Buffer) => promisify(gzip)(content, { level: 9 }),
    unpack: promisify<Buffer, Buffer>(gunzip),
  },
  br: {
    // The last tenth takes twenty times as long.
    pack: (content: Buffer, file: string) =>
      promisify(brotliCompress)(content, {
        params: { [constants.BROTLI_PARAM_QUALITY]: shown.test(file) ? 11 : 9 },
      }),
    unpack: promisify<Buffer, Buffer>(brotliDecompress),
  },
}

/**
 * Writes a copy `FILE.gz` and `FILE.br` beside each file of a folder that is worth it and not tiny.
 *
 * @param kept the folder where copies stay, by what they are copies of, from one build to the next
 */
export async function writeCopies(folder: string, kept: string): Promise<void> {
  const used = new Set<string>()
  const copy = async (file: string) => {
    const content = await readFile(join(folder, file))
    if (content.length < least) return
    const hash = createHash('sha256').update(content).digest('hex')
    for (const [ending, { pack, unpack }] of Object.entries(ways)) {
      const name = `${hash}${extname(file)}.${ending}`
      used.add(name)
      const known = await readFile(join(kept, name)).catch(() => undefined)
      const good =
        known &&
        (await unpack(known).then(
          (unpacked) => unpacked.equals(content),
          () => false,
        ))
      const packed = good ? known : await pack(content, file)
      if (!good) await replaceFile(join(kept, name), packed)
      await writeFile(join(folder, `${file}.${ending}`), packed)
    }
  }
  await Promise.all((await filesOf(folder)).filter((file) => compressible.test(file)).map(copy))
  for (const name of await readdir(kept).catch(() => [])) if (!used.has(name)) await rm(join(kept, name))
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
