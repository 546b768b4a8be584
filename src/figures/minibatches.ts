import { type Field, gradientAt, longest, meanGradientAt, opposes, thin } from './field.ts'
import { colourKey, lengthKey } from './key.ts'
import { type Arrow, arrows, panel } from './plot.ts'

/** The landscapes of many minibatches, layer by layer. */
export interface Minibatches {
  readonly layers: readonly {
    readonly layer: number
    readonly units: readonly [x: number, y: number]
    readonly field: Field
  }[]
}

const size = 64
const kept = 5

/**
 * Draws every minibatch's landscape as a small panel, its grid thinned about the centre. All panels of a layer share one arrow length. An arrow that points
 * against the mean gradient of all minibatches at its grid point has the colour of opposition.
 */
export function minibatches({ layers }: Minibatches): string {
  const blocks = layers.map(({ layer, field }) => {
    const pixels = (1.3 * size) / (kept + 1) / longest(field)
    const panels = Array.from({ length: field.minibatches }, (_, minibatch) => smallPanel(field, minibatch, pixels))
    return `<div class="layer"><p class="over">Hidden layer ${layer} ${lengthKey({ pixels, atMost: 24 })}</p><div class="panels many">${panels.join('')}</div></div>`
  })
  return `<div class="layers">${blocks.join('')}</div><p class="keys">${colourKey('agree', 'with the mean gradient')}${colourKey('opposed', 'against the mean gradient')}</p>`
}

function smallPanel(field: Field, minibatch: number, pixels: number): string {
  const agreeing: Arrow[] = []
  const opposed: Arrow[] = []
  for (const row of thin(field.y.length, kept)) {
    for (const column of thin(field.x.length, kept)) {
      const gradient = gradientAt(field, minibatch, row, column)
      const side = opposes(gradient, meanGradientAt(field, row, column)) ? opposed : agreeing
      side.push({ x: field.x[column], y: field.y[row], right: gradient[0] * pixels, up: gradient[1] * pixels })
    }
  }
  const domain = (axis: Float64Array) => {
    const shown = thin(axis.length, kept)
    const most = axis[shown[kept - 1]] + 0.5 * (axis[shown[1]] - axis[shown[0]])
    return [-most, most]
  }
  const style = { head: 3, width: 1 }
  return panel({
    width: size,
    height: size,
    margin: 4,
    axis: null,
    x: { domain: domain(field.x) },
    y: { domain: domain(field.y) },
    marks: [arrows(agreeing, { role: 'agree', ...style }), arrows(opposed, { role: 'opposed', ...style })],
  })
}
