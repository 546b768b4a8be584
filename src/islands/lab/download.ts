/** What the reader can take away: the pictures as SVG and PNG, the numbers as CSV. */
import { colour, palette, type Role } from '../../drawing/palette.ts'
import type { Measurement } from './laboratory.ts'
import { panelSize } from './panel.ts'

const gap = 24
const titleHeight = 28

/** One picture of several panels side by side over a line of words, that needs nothing of the page: its colours are values, its type is the system's. */
export function joinedSvg(
  panels: readonly { readonly title: string; readonly svg: SVGSVGElement }[],
  caption: string,
): string {
  const width = panels.length * panelSize + (panels.length - 1) * gap
  const height = panelSize + 2 * titleHeight
  const values = getComputedStyle(document.documentElement)
  const parts = panels.map(({ title, svg }, i) => {
    const copy = svg.cloneNode(true) as SVGSVGElement
    for (const element of copy.querySelectorAll('.handle')) element.remove()
    copy.setAttribute('text-anchor', 'middle')
    copy.setAttribute('width', String(panelSize))
    copy.setAttribute('height', String(panelSize))
    copy.setAttribute('x', String(i * (panelSize + gap)))
    copy.setAttribute('y', String(titleHeight))
    const heading = `<text x="${i * (panelSize + gap) + 60}" y="18" font-weight="600">${escaped(title)}</text>`
    return heading + new XMLSerializer().serializeToString(copy)
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'Source Sans 3', system-ui, sans-serif" font-size="12" fill="${colour('ink')}" color="${colour('ink')}"><rect width="100%" height="100%" fill="${colour('paper')}"/>${parts.join('')}<text x="60" y="${height - 10}">${escaped(caption)}</text></svg>`
  return svg.replace(/var\(--([a-z]+)\)/g, (reference, role) =>
    Object.hasOwn(palette, role) ? values.getPropertyValue(`--${role as Role}`).trim() : reference,
  )
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The picture at twice its size. */
export async function png(svg: string): Promise<Blob> {
  const image = new Image()
  image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = 2 * image.width
  canvas.height = 2 * image.height
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(image.src)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
      'image/png',
    ),
  )
}

/** The landscapes as a table: offsets of the parameters from their true values, and the gradient there. */
export function csv({ a, b, all }: Measurement, x: Float64Array, y: Float64Array): string {
  const lines = ['minibatch,x,y,gradient x,gradient y']
  for (const [name, measured] of Object.entries({ A: a, B: b, all })) {
    if (!measured) continue
    for (let point = 0; point < x.length * y.length; point++) {
      const row = [
        name,
        x[point % x.length],
        y[Math.floor(point / x.length)],
        measured.field[2 * point],
        measured.field[2 * point + 1],
      ]
      lines.push(row.join(','))
    }
  }
  return `${lines.join('\n')}\n`
}

/** Has the browser keep a file under this name. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
