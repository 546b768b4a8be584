/** Arrows as SVG paths: for pictures made by the build and for those redrawn in the page. */
import type * as Plot from '@observablehq/plot'

/**
 * An arrow: where it starts, in the units of the panel's scales, and how far it reaches, in pixels to the
 * right and up.
 */
export interface Arrow {
  readonly x: number
  readonly y: number
  readonly right: number
  readonly up: number
}

/**
 * A mark that draws many arrows as one path element of the role's class, which the style sheet colours. An
 * arrow too short to see becomes a dot.
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
    path.setAttribute(
      'd',
      all.map((arrow) => arrowPath(...from(arrow), arrow.right, -arrow.up, head)).join(''),
    )
    path.setAttribute('class', role)
    path.setAttribute('stroke-width', String(width))
    return path
  }
}

/** The path of an arrow from a point, `dx` to the right and `dy` down, in SVG's own coordinates. */
export function arrowPath(x: number, y: number, dx: number, dy: number, head: number): string {
  const start = `M${pair(x, y)}`
  const length = Math.hypot(dx, dy)
  if (length < 0.3) return `${start}h0`
  const size = Math.min(head, 0.6 * length) / length
  const left = { x: size * (-dx + 0.5 * dy), y: size * (-dy - 0.5 * dx) }
  const right = { x: size * (-dx - 0.5 * dy), y: size * (-dy + 0.5 * dx) }
  return `${start}l${pair(dx, dy)}l${pair(left.x, left.y)}m${pair(-left.x, -left.y)}l${pair(right.x, right.y)}`
}

/** Two coordinates with no more than the separator that SVG needs. */
export function pair(x: number, y: number): string {
  const second = shortNumber(y)
  return `${shortNumber(x)}${second.startsWith('-') ? '' : ' '}${second}`
}

/** A coordinate to a tenth of a pixel in as few characters as SVG allows: `-0.25` -> `-.3`, `2.04` -> `2`. */
export function shortNumber(value: number): string {
  return String(Math.round(value * 10) / 10 || 0).replace(/^(-?)0\./, '$1.')
}
