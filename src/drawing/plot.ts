import * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'
import { pair, shortNumber } from './arrow.ts'

export { type Arrow, arrows } from './arrow.ts'

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

/** Classes that the style sheet knows; Plot's own are of no use here. */
const kept = ['panel', 'agree', 'opposed']

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

/**
 * Draws one panel with Observable Plot and returns it as SVG text: scaled by its viewBox to the width that the page gives it, typeset in the page's face and in
 * its current colour. `kind` is a further class. Pictures are meant to be shown near their own width, so that 12 units of type stay about 12 pixels; several panels flow as the page allows.
 */
export function panel({
  kind,
  ...options
}: Plot.PlotOptions & { readonly width: number; readonly height: number; readonly kind?: string }): string {
  const svg = Plot.plot({ ...options, document, className: 'panel' })
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    round(element)
    element.removeAttribute('aria-label')
    element.removeAttribute('aria-description')
    if (!kept.includes(element.getAttribute('class') ?? '')) element.removeAttribute('class')
  }
  if (kind) svg.classList.add(kind)
  for (const name of [
    'width',
    'height',
    'fill',
    'text-anchor',
    'font-family',
    'font-size',
    'xmlns',
    'xmlns:xlink',
  ])
    svg.removeAttribute(name)
  return svg.outerHTML
}

/** A mark that draws many points as one path element: lines of no length with round ends, `size` pixels across. */
export function points(all: readonly (readonly [x: number, y: number])[], size: number): Plot.Markish {
  return (_index, scales, _channels, _dimensions, context) => {
    const x = scales.x as (value: number) => number
    const y = scales.y as (value: number) => number
    const path = context.document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', all.map((point) => `M${pair(x(point[0]), y(point[1]))}h0`).join(''))
    path.setAttribute('class', 'agree')
    path.setAttribute('stroke-width', String(size))
    path.setAttribute('stroke-opacity', '.5')
    return path
  }
}
