import * as Plot from '@observablehq/plot'
import { cosine, gradientAt, gradientsAt, longest } from '../data/field.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { type Arrow, arrows } from '../drawing/arrow.ts'
import { axisTicks, gridX, gridY, middleLabel } from '../drawing/grid.ts'
import { lengthKey, uphillKey } from '../drawing/key.ts'
import { reach, rootLength } from '../drawing/length.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { atNetwork, kind, type Table } from './figure.ts'

export default kind({
  async read(results, { condition, epoch, layer }) {
    const single = await results.single(condition, epoch, layer)
    return { single, epoch, label: results.condition(condition).label }
  },
  draw: ({ single }) => landscape(single),
  describe({ single, label, epoch }) {
    const { field, units, layer } = single
    const reached = plainNumber(field.x[field.x.length - 1])
    return (
      `${turning(single)} ${field.x.length} by ${field.y.length} arrows over the biases of units ` +
      `${units.join(' and ')} of hidden layer ${layer} (${label}, epoch ${epoch}): the gradient of one ` +
      `minibatch's cost when the two biases are moved by up to ${reached} from their true values, ` +
      `which a circle marks in the middle.`
    )
  },
  laboratory: (_data, asked) => atNetwork(asked, { layer: String(asked.layer) }),
  tabulate: ({ single }) => fieldTable([single]),
})

/**
 * Draws the first minibatch's gradient at every grid point as an arrow, the true parameters as a circle in
 * the middle.
 */
export function landscape({ field, units }: LayerLandscapes): string {
  const size = 380
  const spacing = (size - 80) / (Math.max(field.x.length, field.y.length) + 2)
  const scale = rootLength(longest(field), 0.9 * spacing)
  const all: Arrow[] = []
  field.y.forEach((y, row) => {
    field.x.forEach((x, column) => {
      all.push({ x, y, ...reach(gradientAt(field, 0, row, column), scale) })
    })
  })
  const axis = (values: Float64Array, unit: number) => {
    const most = values[values.length - 1] + 1.5 * (values[1] - values[0])
    return {
      domain: [-most, most],
      label: `bias of unit ${unit}, from its true value`,
      ...middleLabel,
      ticks: axisTicks([-most, most]),
    } as const
  }
  const [across, upwards] = [axis(field.x, units[0]), axis(field.y, units[1])]
  const svg = panel({
    width: size,
    height: size,
    marginTop: 10,
    marginRight: 14,
    marginBottom: 46,
    marginLeft: 62,
    x: across,
    y: upwards,
    marks: [
      gridX(across.ticks),
      gridY(upwards.ticks),
      arrows(all, { role: 'agree', head: 4, width: 1.1 }),
      Plot.dot([[0, 0]], { r: 8, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  return `<div class="layer"><div class="panels one">${svg}</div><p class="keys">${lengthKey(scale, longest(field), size)}${uphillKey}</p></div>`
}

/** How far the direction of the first minibatch's gradient changes over its landscape. */
function turning({ field }: LayerLandscapes): string {
  const [centre] = gradientsAt(field)
  let least = 1
  field.y.forEach((_y, row) => {
    field.x.forEach((_x, column) => {
      least = Math.min(least, cosine(centre, gradientAt(field, 0, row, column)))
    })
  })
  const degrees = (Math.acos(Math.max(-1, least)) * 180) / Math.PI
  return `Nowhere on the grid does the gradient turn by more than ${plainNumber(degrees, { digits: 1 })} degrees from the one at the centre.`
}

/** Every arrow of landscapes. */
export function fieldTable(layers: readonly LayerLandscapes[]): Table {
  return {
    columns: ['hidden layer', 'minibatch', 'x', 'y', 'gradient x', 'gradient y'],
    rows: layers.flatMap(({ layer, field: { x, y, minibatches, gradient } }) =>
      Array.from({ length: minibatches * y.length * x.length }, (_, point) => {
        const row = Math.floor(point / x.length)
        return [
          layer,
          Math.floor(row / y.length),
          x[point % x.length],
          y[row % y.length],
          gradient[2 * point],
          gradient[2 * point + 1],
        ]
      }),
    ),
  }
}
