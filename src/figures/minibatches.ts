import { mean as average } from 'd3-array'
import { gradientAt, gradientsAt, longest, mean, opposes, pairCosines, thin } from '../data/field.ts'
import { packLandscapes } from '../data/landscapes.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { arrowPath } from '../drawing/arrow.ts'
import { cell, cellsSize, cornerOf } from '../drawing/cells.ts'
import { colourKey, lengthKey } from '../drawing/key.ts'
import { reach, rootLength } from '../drawing/length.ts'
import { tag } from '../drawing/markup.ts'
import { plainNumber } from '../number.ts'
import { compass } from './compass.ts'
import { atNetwork, kind } from './figure.ts'
import { fieldTable } from './landscape.ts'

export default kind({
  async read(results, { condition, epoch, variant }) {
    const layers = await results.landscapes(condition, epoch, variant)
    return { layers, epoch, label: results.condition(condition).label }
  },
  draw: ({ layers }) => minibatches(layers),
  describe: ({ layers, label, epoch }) =>
    `${layers.map(atCentre).join(' ')} The gradient landscapes of ${layers[0].field.minibatches} minibatches, ` +
    `${label}, epoch ${epoch}, as small panels; below them their gradients at the true parameters as arrows ` +
    `from one point, and a histogram of the cosines of all pairs.`,
  tabulate: ({ layers }) => fieldTable(layers),
  played: ({ layers }, asked) => ({ player: 'minibatches', landscapes: layers, asked }),
  // The same two parameters of hidden layer 1.
  laboratory({ layers }, asked) {
    const [x, y] = layers[0].units.map((unit) => `${asked.variant === 'beta' ? 'beta' : 'bias'}.${unit}`)
    return atNetwork(asked, { layer: '1', x, y, ...(asked.variant === 'fresh' && { pass: 'fresh' }) })
  },
  file: ({ layers }) => packLandscapes(layers),
})

/** Arrows to a side of a small panel. */
const kept = 3

/**
 * Draws every minibatch's landscape as a cell of one picture, its grid thinned about the centre, each arrow
 * centred on its grid point. All cells of a layer share one arrow length. An arrow that points against the
 * mean gradient of all minibatches at its grid point has the colour of opposition; a cell whose arrow at the
 * true parameters does is tinted. Below them a compass has the arrows at the true parameters of all
 * minibatches.
 */
export function minibatches(layers: readonly LayerLandscapes[]): string {
  const { x, y } = layers[0].field
  const drawn = `${thin(x.length, kept).length * thin(y.length, kept).length} of ${x.length * y.length}`
  const keys = [
    colourKey('agree', 'with the mean gradient, cosine above 0'),
    colourKey('opposed', 'against it, below 0'),
    tag(
      'span',
      { class: 'key' },
      `Arrows, ${drawn} of each minibatch, point uphill, against a step of training; ` +
        'their lengths, per parameter unit, are drawn by square root.',
    ),
  ]
  return `<div class="layers">${layers.map(block).join('')}</div><p class="keys">${keys.join('')}</p>`
}

function block({ layer, field }: LayerLandscapes): string {
  const most = longest(field)
  const scale = rootLength(most, (1.1 * cell.size) / (kept + 1))
  const [width] = cellsSize(field.minibatches)
  const over = (note: string) =>
    `<p class="over">Hidden layer ${layer} ${note}${lengthKey(scale, most, width, '')}</p>`
  if (most === 0) return tag('div', { class: 'layer' }, over(''))
  const centre = gradientsAt(field)
  const against = centre.map((gradient) => opposes(gradient, mean(centre)))
  const zero = centre.filter(([x, y]) => x === 0 && y === 0).length
  const count = `${against.filter(Boolean).length} of ${field.minibatches} point the other way`
  const note = `<span class="count">${count}${zero > 0 ? `, ${zero} ${zero === 1 ? 'is' : 'are'} zero` : ''}</span>`
  return tag('div', { class: 'layer' }, over(note), cells({ layer, field }, against, scale), compass(field))
}

function cells(
  { field }: Pick<LayerLandscapes, 'layer' | 'field'>,
  against: readonly boolean[],
  scale: (length: number) => number,
): string {
  const [rows, columns] = [thin(field.y.length, kept), thin(field.x.length, kept)]
  const points = rows.flatMap((row, v) =>
    columns.map((column, h) => ({
      row,
      column,
      right: ((h + 0.5) / columns.length) * (cell.size - 6) + 3,
      down: (1 - (v + 0.5) / rows.length) * (cell.size - 6) + 3,
      common: mean(gradientsAt(field, row, column)),
    })),
  )
  const paths = { panel: '', tint: '', agree: '', opposed: '' }
  for (const [i, isAgainst] of against.entries()) {
    const [left, top] = cornerOf(i, against.length)
    paths[isAgainst ? 'tint' : 'panel'] += `M${left} ${top}h${cell.size}v${cell.size}h-${cell.size}z`
    for (const { row, column, right, down, common } of points) {
      const gradient = gradientAt(field, i, row, column)
      const by = reach(gradient, scale)
      const [x, y] = [left + right - by.right / 2, top + down + by.up / 2]
      paths[opposes(gradient, common) ? 'opposed' : 'agree'] += arrowPath(x, y, by.right, -by.up, 4)
    }
  }
  const ground = (d: string, name: string) => (d ? tag('path', { d, class: name }) : '')
  const [width, height] = cellsSize(against.length)
  return tag(
    'svg',
    { class: 'panel many', viewBox: `0 0 ${width} ${height}`, 'data-count': against.length },
    ground(paths.panel, 'ground'),
    ground(paths.tint, 'ground against'),
    tag('path', { d: paths.agree, class: 'agree' }),
    tag('path', { d: paths.opposed, class: 'opposed' }),
  )
}

/** How far the minibatches of a layer agree at the true parameters. */
function atCentre({ layer, field }: LayerLandscapes): string {
  const gradients = gradientsAt(field)
  const cosines = pairCosines(gradients)
  const zero = gradients.filter(([x, y]) => x === 0 && y === 0).length
  const name = `Hidden layer ${layer}`
  if (cosines.length === 0)
    return `${name}: the gradient of ${zero} of ${gradients.length} minibatches is zero.`
  const against = gradients.filter((gradient) => opposes(gradient, mean(gradients))).length
  const opposed = cosines.filter((value) => value < 0).length / cosines.length
  return (
    `${name}: ${against} of ${gradients.length} point against their mean${zero > 0 ? `, ${zero} are zero` : ''}; ` +
    `the mean cosine of a pair is ${plainNumber(average(cosines) ?? Number.NaN)}, and ` +
    `${plainNumber(opposed, { format: 'percent', digits: 0 })} of the pairs are opposed.`
  )
}
