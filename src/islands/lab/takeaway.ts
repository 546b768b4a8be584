/**
 * Taking away: the pictures as SVG and PNG, the numbers as CSV, each with all that it takes to make it again.
 */

import { displacements } from '../../../experiments/landscape/landscape.ts'
import { csv } from '../../csv.ts'
import { colour, palette, type Role } from '../../drawing/palette.ts'
import { writeComposition } from './address.ts'
import type { Measurement } from './measuring.ts'
import { panelSize } from './panel.ts'
import type { LabState } from './state.ts'
import type { Study } from './study.ts'
import { answer, composed, evidence, gridWords } from './words.ts'

const gap = 24
const titleHeight = 28
const lineHeight = 17
/** Characters of the caption in the width of a panel. */
const perPanel = 62

/** What was measured, at which state, and the link that shows it. */
export interface Taken {
  readonly state: LabState
  readonly measurement: Measurement
  readonly link: string
}

/** Lines that say what a picture or a table is of: network, parameters, compositions, scale, seed, link. */
export function account({ state, measurement, link }: Taken, study: Study, longest?: number): string[] {
  const { label } = study.conditions[state.condition]
  const { seed, hidden } = study.protocol
  const [x, y] = state.moved
  const passes = {
    training: 'as in training',
    fresh: 'with new dropout masks at every point',
    evaluation: 'as when it predicts',
  }
  return [
    `Network: ${hidden.join(', ')} units, ${label}, epoch ${state.epoch}, ${passes[state.pass]}; seed of the study ${seed}, of the masks ${state.masks}.`,
    `Hidden layer ${state.layer}: ${gridWords(state)}, about the trained values; step ${state.grid.x.step} and ${state.grid.y.step}; gradients below taken at x by ${x}, y by ${y}.`,
    `A: ${composed(state.a, study)} (${writeComposition(state.a)}).`,
    `B: ${composed(state.b, study)} (${writeComposition(state.b)}).`,
    `${answer(measurement, study)}. ${evidence(measurement, state, study)}`,
    'Arrows are gradients of the mean absolute error: they point where it grows.',
    ...(longest === undefined
      ? []
      : [
          `Lengths by square root: the longest arrow is a gradient of ${Number(longest.toPrecision(3))}, one half as long a quarter of that.`,
        ]),
    link,
  ]
}

/**
 * One picture of several panels side by side over lines of words, that needs nothing of the page: its colours
 * are values, its type is the system's, and its lines are broken where the panels end.
 */
export function joinedSvg(
  panels: readonly { readonly title: string; readonly svg: SVGSVGElement }[],
  lines: readonly string[],
): string {
  const width = panels.length * panelSize + (panels.length - 1) * gap
  const broken = lines.flatMap((line) => wrapped(line, perPanel * panels.length))
  const height = panelSize + titleHeight + 20 + broken.length * lineHeight
  const values = getComputedStyle(document.documentElement)
  const parts = panels.map(({ title, svg }, i) => {
    const copy = svg.cloneNode(true)
    if (!(copy instanceof SVGSVGElement)) return ''
    copy.querySelector('.handle > circle[fill]')?.remove()
    copy.querySelector('.handle')?.setAttribute('stroke', colour('ink'))
    copy.querySelector('.here')?.setAttribute('fill', 'none')
    copy.setAttribute('text-anchor', 'middle')
    copy.setAttribute('width', String(panelSize))
    copy.setAttribute('height', String(panelSize))
    copy.setAttribute('x', String(i * (panelSize + gap)))
    copy.setAttribute('y', String(titleHeight))
    const heading = `<text x="${i * (panelSize + gap) + 60}" y="18" font-weight="600">${escaped(title)}</text>`
    return heading + new XMLSerializer().serializeToString(copy)
  })
  const text = broken.map(
    (line, i) => `<text x="16" y="${panelSize + titleHeight + 20 + i * lineHeight}">${escaped(line)}</text>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'Source Sans 3', system-ui, sans-serif" font-size="12" fill="${colour('ink')}" color="${colour('ink')}"><rect width="100%" height="100%" fill="${colour('paper')}"/>${parts.join('')}${text.join('')}</svg>`
  return svg.replace(/var\(--([a-z]+)\)/g, (reference, role) =>
    Object.hasOwn(palette, role) ? values.getPropertyValue(`--${role as Role}`).trim() : reference,
  )
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A line broken at blanks, and within words that are longer than a line, such as links. */
export function wrapped(line: string, most: number): string[] {
  const lines: string[] = []
  let rest = line
  while (rest.length > most) {
    const blank = rest.lastIndexOf(' ', most)
    const at = blank > 0 ? blank : most
    lines.push(rest.slice(0, at))
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest]
}

/** The picture at twice its size. */
export async function png(svg: string): Promise<Blob> {
  const image = new Image()
  image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = 2 * image.width
  canvas.height = 2 * image.height
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(image.src)
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
      'image/png',
    ),
  )
}

/**
 * The landscapes as a table under lines of comment: offsets from the trained values, and the gradient there.
 */
export function landscapesCsv(taken: Taken, study: Study): string {
  const { state, measurement } = taken
  const [x, y] = [displacements(state.grid.x), displacements(state.grid.y)]
  const fields = { A: measurement.a, B: measurement.b, all: measurement.all }
  const rows = Object.entries(fields).flatMap(([name, measured]) =>
    !measured
      ? []
      : Array.from({ length: x.length * y.length }, (_, point) => [
          name,
          x[point % x.length],
          y[Math.floor(point / x.length)],
          measured.field[2 * point],
          measured.field[2 * point + 1],
        ]),
  )
  const comment = account(taken, study).map((line) => `# ${line}\n`)
  return comment.join('') + csv(['minibatch', 'x', 'y', 'gradient x', 'gradient y'], rows)
}

/** Has the browser keep a file under this name. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser reads it after the click; a minute is enough for it to begin.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
