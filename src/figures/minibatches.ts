import { type Field, gradientAt, gradientsAt, longest, mean, opposes, thin } from '../data/field.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { colourKey, lengthKey } from '../drawing/key.ts'
import { reach, rootLength } from '../drawing/length.ts'
import { type Arrow, arrows, panel } from '../drawing/plot.ts'
import { compass } from './compass.ts'

const size = 64
const kept = 3

/**
 * Draws every minibatch's landscape as a small panel, its grid thinned about the centre, each arrow centred on its grid point. All panels of a layer share one
 * arrow length. An arrow that points against the mean gradient of all minibatches at its grid point has the colour of opposition; a panel whose arrow at the
 * true parameters does is tinted. Below them a compass has the arrows at the true parameters of all minibatches.
 */
export function minibatches(layers: readonly LayerLandscapes[]): string {
  const blocks = layers.map(({ layer, field }) => {
    const scale = rootLength(longest(field), (1.1 * size) / (kept + 1))
    const points = thin(field.y.length, kept).flatMap((row) =>
      thin(field.x.length, kept).map((column) => ({
        row,
        column,
        mean: mean(gradientsAt(field, row, column)),
      })),
    )
    const centre = gradientsAt(field)
    const panels = Array.from({ length: field.minibatches }, (_, minibatch) => {
      const sides: { readonly agree: Arrow[]; readonly opposed: Arrow[] } = { agree: [], opposed: [] }
      for (const { row, column, mean } of points) {
        const gradient = gradientAt(field, minibatch, row, column)
        const arrow = { x: field.x[column], y: field.y[row], ...reach(gradient, scale) }
        sides[opposes(gradient, mean) ? 'opposed' : 'agree'].push(arrow)
      }
      const against = opposes(centre[minibatch], mean(centre))
      return smallPanel(field, sides, against)
    })
    return `<div class="layer"><p class="over">Hidden layer ${layer} ${lengthKey(scale, longest(field), size)}</p><div class="panels many" style="--rows:${Math.ceil(panels.length / 10)};--narrow-rows:${Math.ceil(panels.length / 8)}">${panels.join('')}</div>${compass(field)}</div>`
  })
  const keys =
    colourKey('agree', 'with the mean gradient, or cosine above 0') +
    colourKey('opposed', 'against it, or cosine below 0')
  return `<div class="layers">${blocks.join('')}</div><p class="keys">${keys}</p>`
}

function smallPanel(
  field: Field,
  { agree, opposed }: { agree: readonly Arrow[]; opposed: readonly Arrow[] },
  against: boolean,
): string {
  const domain = (axis: Float64Array) => {
    const shown = thin(axis.length, kept)
    const most = axis[shown[shown.length - 1]] + 0.5 * (axis[shown[1]] - axis[shown[0]])
    return [-most, most]
  }
  const style = { head: 4.5, width: 1.25, anchor: 'middle' } as const
  return panel({
    kind: against ? 'against' : undefined,
    width: size,
    height: size,
    margin: 4,
    axis: null,
    x: { domain: domain(field.x) },
    y: { domain: domain(field.y) },
    marks: [arrows(agree, { role: 'agree', ...style }), arrows(opposed, { role: 'opposed', ...style })],
  })
}
