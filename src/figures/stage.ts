import * as Plot from '@observablehq/plot'
import { longest } from '../data/field.ts'
import type { FilmFile } from '../data/film.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { axisTicks, gridX, gridY, middleLabel } from '../drawing/grid.ts'
import { lengthKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { screen, spans } from '../drawing/screen.ts'
import { arrowLength, span, stage } from '../drawing/stage.ts'

/**
 * Draws the panel of a player without its arrows: the axes, the true parameters, and between them an empty
 * group, marked `data-arrows`, for the page to fill.
 *
 * @param parameter what is moved of each of the two units
 */
export function emptyStage(
  { field, units }: LayerLandscapes,
  parameter: 'bias' | 'beta',
): { readonly svg: string; readonly key: string } {
  const axis = (values: Float64Array, unit: number) =>
    ({
      domain: span(values),
      label: `${parameter} of unit ${unit}, from its true value`,
      ...middleLabel,
      ticks: axisTicks(span(values)),
    }) as const
  const [across, upwards] = [axis(field.x, units[0]), axis(field.y, units[1])]
  const room: Plot.Markish = (_index, _scales, _channels, _dimensions, { document }) => {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g')
    group.setAttribute('data-arrows', '')
    return group
  }
  const svg = panel({
    ...stage,
    x: across,
    y: upwards,
    marks: [
      gridX(across.ticks),
      gridY(upwards.ticks),
      room,
      Plot.dot([[0, 0]], { r: 8, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  return { svg, key: lengthKey(arrowLength(field), longest(field), stage.width) }
}

/**
 * Draws the panel of a film without its dots: the axes, the line of the rule, and an empty path, marked
 * `data-dots`, for the page to fill.
 */
export function emptyScreen(film: FilmFile): string {
  const { x, y } = spans(film)
  const [across, upwards] = [axisTicks(x), axisTicks(y)]
  const dots: Plot.Markish = (_index, _scales, _channels, _dimensions, { document }) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('data-dots', '')
    path.setAttribute('fill', 'none')
    path.setAttribute('stroke-linecap', 'round')
    return path
  }
  return panel({
    ...screen,
    x: { ...middleLabel, ticks: across, domain: x, label: 'actual' },
    y: { ...middleLabel, ticks: upwards, domain: y, label: 'predicted' },
    marks: [
      gridX(across),
      gridY(upwards),
      Plot.line(
        [
          [0, 0],
          [x[1], x[1]],
        ],
        { stroke: colour('truth'), strokeWidth: 1.5 },
      ),
      dots,
    ],
  })
}
