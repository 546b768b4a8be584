/** Pictures as files: drawings as SVG and PNG, and the card that stands for a page where it is linked. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Figure } from '../figures/figure.ts'
import { cardSize } from '../site/metadata.ts'
import { family, openFaces } from './faces.ts'
import { kept } from './kept.ts'
import { layOut } from './layout.ts'
import { resolveColours, type Theme } from './paint.ts'

/** Pixels of a figure's drawing, and of the paper around it. */
const width = 720
const margin = 20

interface Size {
  readonly width: number
  readonly height: number
}

function document(content: string, { width, height }: Size, theme: Theme): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'${family}', 'Source Sans 3', system-ui, sans-serif" fill="var(--ink)" color="var(--ink)"><rect width="100%" height="100%" fill="var(--paper)"/>${content}</svg>`
  return resolveColours(svg, theme)
}

/** A figure as one SVG that needs no other file. */
export async function figureSvg({ picture }: Figure, theme: Theme): Promise<string> {
  const { measure } = await openFaces()
  const { svg, height } = layOut(picture, width, measure)
  return document(
    `<g transform="translate(${margin},${margin})">${svg}</g>`,
    { width: width + 2 * margin, height: Math.ceil(height) + 2 * margin },
    theme,
  )
}

/** The pixels of an SVG, `scale` times as many as it says; drawn once, and kept below `.astro/`. */
export async function png(svg: string, scale: number): Promise<Uint8Array<ArrayBuffer>> {
  const { folder } = await openFaces()
  const name = createHash('sha256').update(`${scale} ${svg}`).digest('hex')
  const picture = await kept(join(folder, '..', 'pictures', `${name}.png`), async () => {
    // Loaded after its faces are known.
    const { default: sharp } = await import('sharp')
    return sharp(Buffer.from(svg), { density: 72 * scale })
      .png({ palette: true })
      .toBuffer()
  })
  return new Uint8Array(picture)
}

/** The card of a page: its title over a figure, as large as there is room. */
export async function card(title: string, site: string, { picture }: Figure): Promise<string> {
  const { measure } = await openFaces()
  const [edge, size, leading] = [56, 50, 58]
  const room = cardSize.width - 2 * edge
  const lines: string[] = []
  for (const word of title.split(' ')) {
    const longer = [lines.at(-1), word].filter(Boolean).join(' ')
    if (lines.length > 0 && measure(longer, 600) * size <= room) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  const named = site === title ? 0 : 34
  const top = edge + named + lines.length * leading + 14
  const drawing = layOut(picture, 600, measure)
  const scale = Math.min(room / drawing.width, (cardSize.height - top - edge / 2) / drawing.height)
  const text = (words: string, y: number, size: number, weight: number, fill: string) =>
    `<text x="${edge}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`
  return document(
    [
      named > 0 ? text(site, edge + 16, 26, 400, 'var(--muted)') : '',
      ...lines.map((line, i) => text(line, edge + named + 34 + i * leading, size, 600, 'var(--ink)')),
      `<g transform="translate(${(cardSize.width - scale * drawing.width) / 2},${top}) scale(${scale})">${drawing.svg}</g>`,
    ].join(''),
    cardSize,
    'light',
  )
}
