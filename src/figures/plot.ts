import * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'

/** The document in which every picture is drawn. */
const { document } = new JSDOM('').window

/** Attributes that hold lengths in pixels. A tenth of a pixel is finer than any screen shows. */
const geometry = [
  'd',
  'transform',
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'dx',
  'dy',
  'width',
  'height',
  'points',
]

function round(element: Element): void {
  for (const name of geometry) {
    const value = element.getAttribute(name)
    if (value?.includes('.'))
      element.setAttribute(
        name,
        value.replace(/-?\d+\.\d+/g, (number) => shortNumber(Number(number))),
      )
  }
}

/** A coordinate to a tenth of a pixel in as few characters as SVG allows: `-0.25` -> `-.3`, `2.04` -> `2`. */
export function shortNumber(value: number): string {
  return String(Math.round(value * 10) / 10 || 0).replace(/^(-?)0\./, '$1.')
}

/**
 * Draws one panel with Observable Plot and returns it as SVG text: scaled by its viewBox to the width that the page gives it, typeset in the page's face and in
 * its current colour. Pictures are meant to be shown near their own width, so that 12 units of type stay about 12 pixels; several panels flow as the page allows.
 */
export function panel(options: Plot.PlotOptions & { readonly width: number; readonly height: number }): string {
  const svg = Plot.plot({ ...options, document, className: 'panel' })
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    round(element)
    element.removeAttribute('aria-label')
    element.removeAttribute('aria-description')
    if (element.getAttribute('class') !== 'panel') element.removeAttribute('class')
  }
  for (const name of ['width', 'height', 'font-family', 'font-size', 'xmlns', 'xmlns:xlink']) svg.removeAttribute(name)
  return svg.outerHTML
}

/** An arrow: where it starts, in the units of the panel's scales, and how far it reaches, in pixels to the right and up. */
export interface Arrow {
  readonly x: number
  readonly y: number
  readonly right: number
  readonly up: number
}

/**
 * A mark that draws many arrows as one path element. An arrow too short to see becomes a dot.
 *
 * @param head length of an arrow's head, pixels; a short arrow has a shorter one
 * @param anchor which part of an arrow lies on its point
 */
export function arrows(
  all: readonly Arrow[],
  {
    role,
    head,
    width,
    anchor = 'start',
  }: { role: 'agree' | 'opposed'; head: number; width: number; anchor?: 'start' | 'middle' },
): Plot.Markish {
  const back = anchor === 'middle' ? 0.5 : 0
  return (_index, scales, _channels, _dimensions, context) => {
    if (all.length === 0) return null
    const x = scales.x as (value: number) => number
    const y = scales.y as (value: number) => number
    const path = context.document.createElementNS('http://www.w3.org/2000/svg', 'path')
    const from = (arrow: Arrow) => [x(arrow.x) - back * arrow.right, y(arrow.y) + back * arrow.up] as const
    path.setAttribute('d', all.map((arrow) => arrowPath(...from(arrow), arrow.right, -arrow.up, head)).join(''))
    path.setAttribute('fill', 'none')
    path.setAttribute('stroke', `var(--${role})`)
    path.setAttribute('stroke-width', String(width))
    path.setAttribute('stroke-linecap', 'round')
    return path
  }
}

/** A mark that draws many points as one path element: lines of no length with round ends, `size` pixels across. */
export function points(all: readonly (readonly [x: number, y: number])[], size: number): Plot.Markish {
  return (_index, scales, _channels, _dimensions, context) => {
    const x = scales.x as (value: number) => number
    const y = scales.y as (value: number) => number
    const path = context.document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', all.map((point) => `M${pair(x(point[0]), y(point[1]))}h0`).join(''))
    path.setAttribute('stroke', 'var(--agree)')
    path.setAttribute('stroke-width', String(size))
    path.setAttribute('stroke-linecap', 'round')
    path.setAttribute('stroke-opacity', '.5')
    return path
  }
}

function arrowPath(x: number, y: number, dx: number, dy: number, head: number): string {
  const start = `M${pair(x, y)}`
  const length = Math.hypot(dx, dy)
  if (length < 0.3) return `${start}h0`
  const size = Math.min(head, 0.6 * length) / length
  const left = { x: size * (-dx + 0.5 * dy), y: size * (-dy - 0.5 * dx) }
  const right = { x: size * (-dx - 0.5 * dy), y: size * (-dy + 0.5 * dx) }
  return `${start}l${pair(dx, dy)}l${pair(left.x, left.y)}m${pair(-left.x, -left.y)}l${pair(right.x, right.y)}`
}

/** Two coordinates with no more than the separator that SVG needs. */
function pair(x: number, y: number): string {
  const second = shortNumber(y)
  return `${shortNumber(x)}${second.startsWith('-') ? '' : ' '}${second}`
}
