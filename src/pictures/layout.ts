/**
 * A figure's picture, which on the page is HTML around panels of SVG, as one drawing of a given width: the
 * columns, the words and the keys as the page has them on a wide screen.
 */
import { JSDOM } from 'jsdom'
import type { Weight } from './faces.ts'
import { paint } from './paint.ts'

/** Pixels: of type, between its lines, between columns and rows, and the widest single panel. */
const type = 14
const leading = 19
const gap = 20
const widest = 416

export type Measure = (text: string, weight: Weight) => number

/** What was laid out from the top left corner of its place. */
interface Block {
  readonly svg: string
  readonly height: number
}

/** A drawing, colours still by role. */
export interface Drawing extends Block {
  readonly width: number
}

const { window } = new JSDOM('')

/** Lays out the HTML of a figure's picture. */
export function layOut(picture: string, width: number, measure: Measure): Drawing {
  const root = window.document.createElement('div')
  root.innerHTML = picture
  window.document.body.replaceChildren(root)
  paint(root)
  return { ...stack([...root.children], width, measure), width }
}

const columns: { readonly [kind: string]: number } = {
  'panels three': 3,
  'panels four': 4,
  'panels two': 2,
  layers: 2,
  'hero-panels': 2,
}

function block(element: Element, width: number, measure: Measure): Block {
  if (element.localName === 'svg') return panel(element, width)
  if (element.localName === 'p') return words(element, width, measure)
  if (element.matches('.compass')) return compass(element, width, measure)
  const [, count] =
    Object.entries(columns).find(([kind]) =>
      kind.split(' ').every((name) => element.classList.contains(name)),
    ) ?? []
  if (count !== undefined) return grid([...element.children], count, width, measure)
  const inner = element.matches('.panels.one, .layer:only-child') ? Math.min(width, widest) : width
  const { svg, height } = stack([...element.children], inner, measure)
  return { svg: moved(svg, (width - inner) / 2, 0), height }
}

const moved = (svg: string, x: number, y: number) =>
  x === 0 && y === 0 ? svg : `<g transform="translate(${round(x)},${round(y)})">${svg}</g>`

const round = (value: number) => Math.round(value * 10) / 10

function stack(elements: readonly Element[], width: number, measure: Measure): Block {
  let [svg, height] = ['', 0]
  for (const [i, element] of elements.entries()) {
    if (i > 0) height += element.localName === 'svg' ? 6 : 10
    const part = block(element, width, measure)
    svg += moved(part.svg, 0, height)
    height += part.height
  }
  return { svg, height }
}

/**
 * Rows of columns; in each, titles end on one line, however long they are. The rest has what is left of a
 * row.
 */
function grid(elements: readonly Element[], count: number, width: number, measure: Measure): Block {
  const column = (width - (count - 1) * gap) / count
  const rows: { element: Element; at: number; span: number }[][] = []
  let at = count
  for (const element of elements) {
    const { classList } = element
    const left = at < count ? count - at : count
    const span = classList.contains('rest') ? left : Math.min(count, classList.contains('wide') ? 2 : 1)
    if (at + span > count) {
      rows.push([])
      at = 0
    }
    rows.at(-1)?.push({ element, at, span })
    at += span
  }
  let [svg, height] = ['', 0]
  for (const [i, row] of rows.entries()) {
    if (i > 0) height += gap
    const parts = row.map(({ element, at, span }) => {
      const room = column * span + gap * (span - 1)
      const [title] = element.children
      const titled = title?.classList.contains('over') === true
      const over = titled ? words(title, room, measure).height : 0
      return { over, x: at * (column + gap), block: block(element, room, measure) }
    })
    const over = Math.max(...parts.map((part) => part.over))
    svg += parts.map((part) => moved(part.block.svg, part.x, height + over - part.over)).join('')
    height += Math.max(...parts.map((part) => part.block.height + over - part.over))
  }
  return { svg, height }
}

/** Words over the rose and the distribution, which is one and a half times as wide. */
function compass(element: Element, width: number, measure: Measure): Block {
  const [key, rose, distribution] = element.children
  const left = 0.4 * (width - gap)
  const over = words(key, width, measure, left)
  const parts = [panel(rose, left), panel(distribution, width - gap - left)]
  const bottom = over.height + Math.max(...parts.map((part) => part.height))
  const svg = parts.map((part, i) => moved(part.svg, i * (left + gap), bottom - part.height))
  return { svg: over.svg + svg.join(''), height: bottom }
}

function panel(svg: Element, width: number): Block {
  const [x, y, w, h] = (svg.getAttribute('viewBox') ?? '0 0 1 1').split(/[\s,]+/).map(Number)
  const scale = width / w
  return {
    svg: `<g transform="scale(${Math.round(scale * 1e4) / 1e4})translate(${-x},${-y})" font-size="12" text-anchor="middle">${markup(svg)}</g>`,
    height: h * scale,
  }
}

/** The shapes in an element, in the notation of XML. */
function markup(svg: Element): string {
  const serializer = new window.XMLSerializer()
  return [...svg.childNodes]
    .map((child) => serializer.serializeToString(child))
    .join('')
    .replaceAll(' xmlns="http://www.w3.org/2000/svg"', '')
    .replaceAll(/ (?:class|data-[\w-]+)="[^"]*"/g, '')
}

interface Style {
  readonly weight: Weight
  readonly fill: string
  readonly raised: boolean
}

/** A word, or a drawing in a line. */
interface Item {
  readonly svg: (x: number, y: number) => string
  readonly width: number
  /** Space before it, where it is not the first of a line. */
  readonly space: number
}

/**
 * The words and keys of a paragraph, in lines as wide as there is room.
 *
 * @param panelWidth of the panel whose lengths its keys show
 */
function words(paragraph: Element, width: number, measure: Measure, panelWidth = width): Block {
  const bold = paragraph.classList.contains('over')
  const quiet = paragraph.classList.contains('count')
  const items = itemsOf(paragraph, {
    weight: bold ? 600 : 400,
    fill: quiet ? 'var(--muted)' : 'var(--ink)',
    raised: false,
  })
  let [svg, x, line] = ['', 0, 0]
  for (const item of items) {
    if (x > 0 && x + item.space + item.width > width) [x, line] = [0, line + 1]
    else if (x > 0) x += item.space
    svg += item.svg(x, line * leading + type)
    x += item.width
  }
  return { svg, height: (line + 1) * leading }

  function itemsOf(element: Element, style: Style): Item[] {
    const apart = element.matches('.key') ? 6 : element.matches('.over, .keys') ? gap : 0
    return [...element.childNodes].flatMap((child, i) => {
      const found = nodeItems(child, style)
      const [first, ...rest] = found
      return first && i > 0 && apart > first.space ? [{ ...first, space: apart }, ...rest] : found
    })
  }

  function nodeItems(node: Node, style: Style): Item[] {
    if (node.nodeType === window.Node.TEXT_NODE) return textItems(node.textContent ?? '', style)
    if (!(node instanceof window.Element)) return []
    if (node.localName === 'svg') return [drawn(node)]
    const colour = /(?:^|;)\s*color:\s*([^;]+)/.exec(node.getAttribute('style') ?? '')?.[1]
    const key = node.matches('.key')
    const items = itemsOf(node, {
      weight: node.matches('strong') ? 600 : key || node.matches('[data-part]') ? 400 : style.weight,
      fill: colour ?? (key ? 'var(--muted)' : style.fill),
      raised: style.raised || node.matches('sup'),
    })
    return key ? together(items) : items
  }

  /** A key is not broken where a line has room for all of it. */
  function together(items: Item[]): Item[] {
    const places: { item: Item; at: number }[] = []
    let at = 0
    for (const item of items) {
      if (at > 0) at += item.space
      places.push({ item, at })
      at += item.width
    }
    if (at > width) return items
    return [
      { space: 0, width: at, svg: (x, y) => places.map(({ item, at }) => item.svg(x + at, y)).join('') },
    ]
  }

  function textItems(text: string, { weight, fill, raised }: Style): Item[] {
    const size = raised ? type * 0.75 : type
    const space = measure(' ', weight) * type
    return [...text.matchAll(/([ \n\t]*)([^ \n\t]+)/g)].map(([, before, word]) => ({
      space: before ? space : 0,
      width: measure(word, weight) * size,
      svg: (x, y) =>
        `<text x="${round(x)}" y="${round(raised ? y - 5 : y)}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(word)}</text>`,
    }))
  }

  function drawn(svg: Element): Item {
    const [, , w, h] = (svg.getAttribute('viewBox') ?? '0 0 10 10').split(/[\s,]+/).map(Number)
    // A key to lengths is a share of its panel's width.
    const share = /--panel-width\)\*([\d.]+)/.exec(svg.getAttribute('style') ?? '')?.[1]
    const wide = share === undefined ? Number(svg.getAttribute('width') ?? w) : Number(share) * panelWidth
    return {
      space: 0,
      width: wide,
      svg: (x, y) => moved(panel(svg, wide).svg, x, y - 5 - (h * wide) / w / 2),
    }
  }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
