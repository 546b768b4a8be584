/** The frame of a landscape, by Observable Plot: axes, grid lines, and places for what is drawn within. */
import * as Plot from '@observablehq/plot'
import { axisTicks, gridX, gridY, middleLabel } from '../../drawing/grid.ts'
import { colour } from '../../drawing/palette.ts'
import { type Frame, margins, panelSize, type Scene, scenePaths } from './panel.ts'

/** What Plot draws of a frame: around the arrows of a scene if there is one, else around empty paths. */
export function framePlot(
  frame: Frame,
  scene?: Scene,
): Plot.PlotOptions & { readonly width: number; readonly height: number } {
  const axis = (index: 0 | 1) => {
    const domain = [-frame.reach[index], frame.reach[index]] as const
    return {
      domain: [...domain],
      label: frame.labels[index],
      ...middleLabel,
      ticks: axisTicks(domain),
      tickFormat: (value: number) => String(Number(value.toPrecision(6))).replace('-', '\u2212'),
    } as const
  }
  const [x, y] = [axis(0), axis(1)]
  return {
    width: panelSize,
    height: panelSize,
    marginTop: margins.top,
    marginRight: margins.right,
    marginBottom: margins.bottom,
    marginLeft: margins.left,
    x,
    y,
    marks: [
      gridX(x.ticks),
      gridY(y.ticks),
      arrowsMark(frame, scene),
      Plot.dot([[0, 0]], { r: 8, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  }
}

/** Draws a scene's arrows as two paths, of the classes `agree` and `opposed`. */
function arrowsMark(frame: Frame, scene: Scene | undefined): Plot.Markish {
  return (_index, _scales, _channels, _dimensions, { document }) => {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g')
    const paths = scene ? scenePaths(scene, frame) : { agree: '', opposed: '' }
    for (const role of ['agree', 'opposed'] as const) {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
      path.setAttribute('class', role)
      path.setAttribute('d', paths[role])
      path.setAttribute('fill', 'none')
      path.setAttribute('stroke', colour(role))
      path.setAttribute('stroke-width', '1.2')
      path.setAttribute('stroke-linecap', 'round')
      group.append(path)
    }
    return group
  }
}
