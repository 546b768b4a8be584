import { gradientsAt, longest, mean, opposes } from '../data/field.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import { colourKey, lengthKey } from '../drawing/key.ts'
import { reach, rootLength } from '../drawing/length.ts'
import { type Arrow, arrows, panel } from '../drawing/plot.ts'

const [columns, size] = [10, 36]

/** Draws a layer's gradients at the true parameters, an arrow a minibatch, in rows of ten, at each of some epochs. Each epoch has its own arrow length. */
export function directions(
  epochs: readonly { readonly epoch: number; readonly landscapes: LayerLandscapes }[],
): string {
  const panels = epochs.map(({ epoch, landscapes: { field } }) => {
    const gradients = gradientsAt(field)
    const rows = Math.ceil(gradients.length / columns)
    const scale = rootLength(longest(field), 0.8 * size)
    const placed = gradients.map((gradient, i): Arrow & { readonly against: boolean } => ({
      x: i % columns,
      y: -Math.floor(i / columns),
      ...reach(gradient, scale),
      against: opposes(gradient, mean(gradients)),
    }))
    const side = (against: boolean) => placed.filter((arrow) => arrow.against === against)
    const style = { head: 7, width: 1.75, anchor: 'middle' } as const
    const picture = panel({
      width: columns * size,
      height: rows * size,
      margin: 0,
      axis: null,
      x: { domain: [-0.5, columns - 0.5] },
      y: { domain: [0.5 - rows, 0.5] },
      marks: [
        arrows(side(false), { role: 'agree', ...style }),
        arrows(side(true), { role: 'opposed', ...style }),
      ],
    })
    const moment = epoch === 0 ? 'Before the first step' : `After epoch ${epoch}`
    return `<div class="layer"><p class="over">${moment} ${lengthKey(scale, longest(field), columns * size)}</p>${picture}</div>`
  })
  const keys = colourKey('agree', 'with the mean gradient') + colourKey('opposed', 'against it')
  return `<div class="layers">${panels.join('')}</div><p class="keys">${keys}</p>`
}
