import * as Plot from '@observablehq/plot'
import { gradientAt, longest } from '../data/field.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { lengthKey } from '../drawing/key.ts'
import { linearLength, reach } from '../drawing/length.ts'
import { colour } from '../drawing/palette.ts'
import { type Arrow, arrows, panel } from '../drawing/plot.ts'

/** Draws the first minibatch's gradient at every grid point as an arrow, the true parameters as a circle in the middle. */
export function landscape({ field, units }: LayerLandscapes): string {
  const size = 440
  const spacing = (size - 80) / (Math.max(field.x.length, field.y.length) + 2)
  const scale = linearLength(longest(field), 0.9 * spacing)
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
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
    } as const
  }
  const svg = panel({
    width: size,
    height: size,
    marginTop: 10,
    marginRight: 14,
    marginBottom: 46,
    marginLeft: 62,
    x: axis(field.x, units[0]),
    y: axis(field.y, units[1]),
    marks: [
      Plot.gridX({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      arrows(all, { role: 'agree', head: 4, width: 1.1 }),
      Plot.dot([[0, 0]], { r: 8, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  return `<div class="layer"><div class="panels one">${svg}</div><p class="keys">${lengthKey(scale, longest(field), size)}</p></div>`
}
