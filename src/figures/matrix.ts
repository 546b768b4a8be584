import { mean } from 'd3-array'
import type { LayerCosines } from '../data/shapes.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { atNetwork, kind } from './figure.ts'

export default kind({
  async read(results, { condition, epoch }) {
    const layers = await results.cosines(condition, epoch)
    const { label } = results.condition(condition)
    return { layers, epoch, label }
  },
  draw: ({ layers }) => matrix(layers),
  describe: ({ layers, label, epoch }) =>
    `${layers.map(camps).join(' ')} The cosines of all pairs of ${layers[0].count} minibatches' gradients, ` +
    `${label}, epoch ${epoch}, as a matrix of colours for each layer, similar minibatches next to each other.`,
  laboratory: (_data, asked) => atNetwork(asked, { layer: '1' }),
  tabulate: ({ layers }) => ({
    columns: ['hidden layer', 'minibatch', 'other minibatch', 'cosine'],
    rows: layers.flatMap(({ layer, count, cosines }) =>
      Array.from(cosines, (value, at) => [layer, Math.floor(at / count), at % count, value]),
    ),
  }),
})

/**
 * Colour classes, equally wide from -1 to 1: an even number, so that none holds both acute and obtuse angles.
 */
const classes = 10
const width = 280

/**
 * Draws, for each layer, the cosines of all pairs of minibatches that have a gradient as a matrix of colours,
 * its rows and columns in the order of `similarityOrder`.
 */
export function matrix(layers: readonly LayerCosines[]): string {
  const blocks = layers.map((layer) => {
    const order = similarityOrder(layer)
    const svg = panel({
      width,
      height: width,
      margin: 0,
      axis: null,
      marks: [(_index, _scales, _channels, _dimensions, { document }) => cells(document, layer, order)],
    })
    const zero = layer.count - order.length
    const note =
      zero > 0 ? `<p class="count">Left out, for want of a gradient: ${zero} of ${layer.count}</p>` : ''
    return `<div class="layer"><p class="over">Hidden layer ${layer.layer}</p>${svg}${note}</div>`
  })
  return `<div class="layers pair">${blocks.join('')}</div><p class="keys">${key()}</p>`
}

/**
 * The minibatches in the order of their entries in the leading eigenvector of the cosine matrix, so that
 * similar ones are neighbours and, where there are two camps, these lie at either end; largest first, with
 * the sign that makes the entries' sum positive. Those without a gradient are left out.
 */
export function similarityOrder({ cosines, count }: LayerCosines): number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  const directed = all.filter((i) => !Number.isNaN(cosines[i * count + i]))
  const product = (vector: readonly number[], i: number) =>
    directed.reduce((sum, j) => sum + cosines[i * count + j] * vector[j], 0)
  // The power method, from the minibatch that is least perpendicular to the others.
  const squares = all.map((i) => directed.reduce((sum, j) => sum + cosines[i * count + j] ** 2, 0))
  const first = directed.reduce((best, i) => (squares[i] > squares[best] ? i : best), directed[0] ?? 0)
  let entries = all.map((i) => Number(i === first))
  for (let iteration = 0; iteration < 200; iteration++) {
    const next = all.map((i) => (directed.includes(i) ? product(entries, i) : 0))
    const length = Math.hypot(...next)
    entries = next.map((entry) => entry / length)
  }
  const sign = entries.reduce((sum, entry) => sum + entry, 0) < 0 ? -1 : 1
  return directed.sort((a, b) => sign * (entries[b] - entries[a]))
}

/** The class of a cosine, 0 for the most opposed. */
const classOf = (cosine: number): number =>
  Math.max(0, Math.min(classes - 1, Math.floor(((cosine + 1) / 2) * classes)))

/** From the colour of opposition through the panel's ground to that of agreement. */
function classColour(index: number): string {
  const value = (2 * index + 1) / classes - 1
  return `color-mix(in oklab,${colour(value < 0 ? 'opposed' : 'agree')} ${Math.round(100 * Math.abs(value))}%,${colour('panel')})`
}

/**
 * The matrix as one path for each class of colour; cells of one class that are neighbours in a row are one
 * stroke.
 */
function cells(document: Document, { cosines, count }: LayerCosines, order: readonly number[]): SVGElement {
  const create = (name: string, attributes: { readonly [name: string]: string }) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
    return element
  }
  const paths = Array.from({ length: classes }, () => '')
  order.forEach((i, row) => {
    const inRow = order.map((j) => classOf(cosines[i * count + j]))
    for (let from = 0; from < inRow.length; ) {
      let to = from + 1
      while (to < inRow.length && inRow[to] === inRow[from]) to++
      paths[inRow[from]] += `M${from} ${row}h${to - from}`
      from = to
    }
  })
  const group = create('g', {
    transform: `scale(${width / order.length})translate(0,.5)`,
    fill: 'none',
    'shape-rendering': 'crispEdges',
  })
  paths.forEach((d, index) => {
    if (d) group.append(create('path', { d, stroke: classColour(index) }))
  })
  return group
}

/** A strip of all colours with the cosines at its ends and in its middle. */
function key(): string {
  const size = 16
  const strip = Array.from(
    { length: classes },
    (_, index) => `<rect x="${index * size}" width="${size}" height="10" fill="${classColour(index)}"/>`,
  )
  return `<span class="key"><span>cosine of a pair: \u22121</span><svg viewBox="0 0 ${classes * size} 10" width="${classes * size}" height="10" aria-hidden="true">${strip.join('')}</svg><span>1</span></span>`
}

/** How the pairs of minibatches divide. */
function camps({ layer, cosines, count }: LayerCosines): string {
  const known = [...cosines].filter(
    (value, at) => at % count < Math.floor(at / count) && !Number.isNaN(value),
  )
  const share = (of: (value: number) => boolean) =>
    plainNumber(known.filter(of).length / known.length, { format: 'percent', digits: 0 })
  return `Hidden layer ${layer}: the mean cosine is ${plainNumber(mean(known) ?? Number.NaN)}; ${share((value) => value > 0.5)} of the pairs have one above 0.5, ${share((value) => value < 0)} one below 0 and ${share((value) => value < -0.5)} one below \u22120.5.`
}
