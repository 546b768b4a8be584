/** The picture of walks: paths of two biases from one start, the last one in colour. */
import * as Plot from '@observablehq/plot'
import { extent, nice } from 'd3-array'
import { axisTicks, gridX, gridY, middleLabel } from '../../drawing/grid.ts'
import { colour } from '../../drawing/palette.ts'
import { plotted } from '../../drawing/plotted.ts'
import type { Walked } from './walk.ts'

export function walksPicture({ paths, units: [x, y] }: Walked): SVGSVGElement {
  const last = paths.length - 1
  const axis = (index: 0 | 1, label: string) => {
    const [least = 0, most = 1] = extent(paths.flat(), (place) => place[index])
    const domain = nice(least, most, 4)
    return { label, domain, ...middleLabel, ticks: axisTicks(domain) } as const
  }
  const across = axis(0, `bias of unit ${x} of hidden layer 1`)
  const upwards = axis(1, `bias of unit ${y}`)
  const svg = plotted({
    width: 440,
    height: 360,
    marginTop: 10,
    marginRight: 16,
    marginBottom: 42,
    marginLeft: 62,
    x: across,
    y: upwards,
    marks: [
      gridX(across.ticks),
      gridY(upwards.ticks),
      ...paths.map((path, i) =>
        Plot.line([...path], {
          stroke: colour(i === last ? 'agree' : 'muted'),
          strokeWidth: i === last ? 1.8 : 1.2,
          strokeOpacity: i === last ? 1 : 0.6,
        }),
      ),
      Plot.dot(
        paths.map((path) => path[path.length - 1]),
        { r: 4, fill: (_: unknown, i: number) => colour(i === last ? 'agree' : 'muted') },
      ),
      Plot.dot([paths[0][0]], { r: 7, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute(
    'aria-label',
    `Paths of two biases over an epoch, from one start, in ${paths.length} orders; the text beside says how far apart the networks end`,
  )
  return svg
}
