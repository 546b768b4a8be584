import type * as Plot from '@observablehq/plot'
import { JSDOM } from 'jsdom'
import { pair, shortNumber } from './arrow.ts'
import { colour } from './palette.ts'
import { plotted } from './plotted.ts'

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
const kept = ['panel', 'agree', 'opposed', 'now', 'curve', 'spot']

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

/** The shift of `translate(x,y)`; undefined for other transforms. */
function shift(element: Element): readonly [x: number, y: number] | undefined {
  const found = /^translate\((-?[\d.]+),(-?[\d.]+)\)$/.exec(element.getAttribute('transform') ?? '')
  return found ? [Number(found[1]), Number(found[2])] : undefined
}

/** Lines, or shifted paths of straight strokes, that share a group's style, as the path of them all. */
function strokesOf(group: Element): string | undefined {
  const paths = [...group.children].map((child) => {
    const names = child.getAttributeNames().sort().join()
    const of = (name: string) => Number(child.getAttribute(name))
    if (child.localName === 'line' && names === 'x1,x2,y1,y2')
      return `M${pair(of('x1'), of('y1'))}L${pair(of('x2'), of('y2'))}`
    const by = shift(child)
    const d = child.getAttribute('d') ?? ''
    if (child.localName !== 'path' || names !== 'd,transform' || !by || /[^MLhvZ\d.,-]/.test(d))
      return undefined
    return d.replace(/([ML])(-?[\d.]+),(-?[\d.]+)/g, (_, command: string, x: string, y: string) => {
      return command + pair(Number(x) + by[0], Number(y) + by[1])
    })
  })
  return paths.includes(undefined) ? undefined : paths.join('')
}

/** Makes one path of the bars of a colour that follow each other in a group. */
function mergeBars(group: Element): void {
  const bars = [...group.children]
  const plain = ['fill,height,width,x,y', 'height,width,x,y']
  if (bars.length < 2 || bars.some((bar) => bar.localName !== 'rect')) return
  if (bars.some((bar) => !plain.includes(bar.getAttributeNames().sort().join()))) return
  for (const bar of bars) {
    const of = (name: string) => shortNumber(Number(bar.getAttribute(name)))
    const d = `M${of('x')} ${of('y')}h${of('width')}v${of('height')}h${shortNumber(-Number(bar.getAttribute('width')))}z`
    const before = bar.previousElementSibling
    if (before?.localName === 'path' && before.getAttribute('fill') === bar.getAttribute('fill')) {
      before.setAttribute('d', before.getAttribute('d') + d)
      bar.remove()
      continue
    }
    const path = group.ownerDocument.createElementNS(group.namespaceURI, 'path')
    path.setAttribute('d', d)
    const fill = bar.getAttribute('fill')
    if (fill !== null) path.setAttribute('fill', fill)
    bar.replaceWith(path)
  }
}

/**
 * Makes one path of the ticks of an axis, of the lines of a grid, and of like marks; takes away needless
 * groups.
 */
function merge(svg: Element): void {
  for (const group of svg.querySelectorAll('g')) {
    mergeBars(group)
    const d = strokesOf(group)
    if (group.children.length > 1 && d !== undefined) {
      const path = group.ownerDocument.createElementNS(group.namespaceURI, 'path')
      path.setAttribute('d', d)
      group.replaceChildren(path)
    }
    const [child] = group.children
    if (group.children.length !== 1 || group.hasAttribute('data-arrows')) continue
    const [outer, inner] = [shift(group), shift(child)]
    if (group.hasAttribute('transform') && child.hasAttribute('transform') && !(outer && inner)) continue
    for (const { name, value } of group.attributes)
      if (!child.hasAttribute(name)) child.setAttribute(name, value)
    if (outer && inner)
      child.setAttribute('transform', `translate(${outer[0] + inner[0]},${outer[1] + inner[1]})`)
    group.replaceWith(child)
  }
}

/**
 * Draws one panel with Observable Plot and returns it as SVG text: scaled by its viewBox to the width that
 * the page gives it, typeset in the page's face and in its current colour. `kind` is a further class.
 * Pictures are meant to be shown near their own width, so that 12 units of type stay about 12 pixels; several
 * panels flow as the page allows.
 */
export function panel({
  kind,
  ...options
}: Plot.PlotOptions & { readonly width: number; readonly height: number; readonly kind?: string }): string {
  const svg = plotted({ ...options, document })
  merge(svg)
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    round(element)
    if (!kept.includes(element.getAttribute('class') ?? '')) element.removeAttribute('class')
  }
  if (kind) svg.classList.add(kind)
  for (const name of ['xmlns', 'xmlns:xlink']) svg.removeAttribute(name)
  return svg.outerHTML
}

/** A mark that is one element of SVG, such as a path with the class that the style sheet colours. */
export const mark =
  (name: string, attributes: (x: (value: number) => number, y: (value: number) => number) => Attributes) =>
  (...[, scales, , , { document }]: Parameters<Plot.RenderFunction>): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name)
    const scale = (of: unknown) => of as (value: number) => number
    for (const [key, value] of Object.entries(attributes(scale(scales.x), scale(scales.y))))
      element.setAttribute(key, String(value))
    return element
  }

interface Attributes {
  readonly [name: string]: string | number
}

/**
 * A mark that draws many points as one path element: lines of no length with round ends, `size` pixels
 * across.
 */
export function points(all: readonly (readonly [x: number, y: number])[], size: number): Plot.Markish {
  return mark('path', (x, y) => ({
    d: all.map((point) => `M${pair(x(point[0]), y(point[1]))}h0`).join(''),
    fill: 'none',
    stroke: colour('measured'),
    'stroke-linecap': 'round',
    'stroke-width': size,
    'stroke-opacity': 0.5,
  }))
}
