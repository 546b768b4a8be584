/** The icon as PNG in the sizes that phones and older browsers ask for, drawn from `public/icon.svg`. */
import { readFile } from 'node:fs/promises'
import type { APIRoute } from 'astro'
import sharp from 'sharp'
import { palette } from '../drawing/palette.ts'

const sizes = [32, 180, 192, 512]
/** Size of the drawing itself, in its own units. */
const drawn = 32

export const getStaticPaths = () => sizes.map((size) => ({ params: { size: String(size) } }))

export const GET: APIRoute = async ({ params }) => {
  const size = Number(params.size)
  const drawing = await readFile('public/icon.svg')
  // Home screens show no transparency, and cut off corners.
  const inset = size > drawn ? Math.round(size / 8) : 0
  const picture = await sharp(drawing, { density: (72 * size) / drawn })
    .resize(size - 2 * inset)
    .extend({ top: inset, bottom: inset, left: inset, right: inset, background: '#0000' })
    .flatten(inset > 0 ? { background: palette.paper.light } : false)
    .png({ palette: true })
    .toBuffer()
  return new Response(new Uint8Array(picture))
}
