/**
 * The faces in which pictures are set where no browser is: those of the pages, as files that the drawing
 * library reads, and the widths of their letters.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { create } from 'fontkitten'
import subsetFont from 'subset-font'
import { kept } from './kept.ts'

/** As the face names itself. */
export const family = 'Source Sans 3 Variable'

const weights = [400, 600] as const
export type Weight = (typeof weights)[number]

const woff2 = (file: string) => createRequire(import.meta.url).resolve(file)

/** Letters of the words, signs and numbers of pictures: Latin, Greek, punctuation, arrows, mathematics. */
const characters = [
  [0x20, 0x17f],
  [0x370, 0x3ff],
  [0x2000, 0x25ff],
]
  .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)))
  .join('')

interface Faces {
  /** The folder of the files. */
  readonly folder: string
  /** The width of a text in ems. */
  measure(text: string, weight: Weight): number
}

let opened: Promise<Faces> | undefined

/**
 * The faces, written below `.astro/` the first time. From then on this process, and what it starts, knows no
 * other faces in its pictures, so that they are the same whatever the system has.
 */
export function openFaces(): Promise<Faces> {
  opened ??= prepare(join(process.cwd(), '.astro', 'faces'))
  return opened
}

async function prepare(folder: string): Promise<Faces> {
  await mkdir(folder, { recursive: true })
  const sans = '@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2'
  const mathematics = '@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2'
  await keep(folder, 'mathematics.ttf', mathematics)
  const fonts = new Map<Weight, ReturnType<typeof create>>()
  for (const wght of weights)
    fonts.set(wght, create(await keep(folder, `sans-${wght}.ttf`, sans, { variationAxes: { wght } })))
  const settings = join(folder, 'fonts.conf')
  await writeFile(
    settings,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}</dir><cachedir>${folder}</cachedir></fontconfig>`,
  )
  // To be set before the library that reads them is loaded.
  process.env.FONTCONFIG_FILE = settings
  process.env.PANGOCAIRO_BACKEND = 'fontconfig'
  const measure = (text: string, weight: Weight) => {
    const font = fonts.get(weight)
    if (!font || !('glyphForCodePoint' in font)) throw new Error(`There is no face of weight ${weight}.`)
    let width = 0
    for (const letter of text) width += font.glyphForCodePoint(letter.codePointAt(0) ?? 0).advanceWidth
    return width / font.unitsPerEm
  }
  return { folder, measure }
}

const keep = (folder: string, name: string, source: string, options = {}): Promise<Buffer> =>
  kept(join(folder, name), async () =>
    subsetFont(await readFile(woff2(source)), characters, { targetFormat: 'sfnt', ...options }),
  )
