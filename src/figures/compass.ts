import * as Plot from '@observablehq/plot'
import { max, nice } from 'd3-array'
import { type Field, gradientsAt, mean, opposes, pairCosines } from '../data/field.ts'
import { type Arrow, arrows } from '../drawing/arrow.ts'
import { axisTicks, middleLabel } from '../drawing/grid.ts'
import { lengthKey } from '../drawing/key.ts'
import { reach, rootLength, roseRadius } from '../drawing/length.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'

const size = 180

/**
 * Draws the gradients of all minibatches at the true parameters as arrows from one point, those against their
 * mean in the colour of opposition, and beside it how the cosines of all pairs are distributed, from -1
 * (opposite) to 1 (the same direction).
 */
export function compass(field: Field): string {
  const gradients = gradientsAt(field)
  const most = Math.max(...gradients.map((gradient) => Math.hypot(...gradient)))
  const scale = rootLength(most, roseRadius * size)
  const side = (against: boolean): Arrow[] =>
    gradients
      .filter((gradient) => opposes(gradient, mean(gradients)) === against)
      .map((gradient) => ({ x: 0, y: 0, ...reach(gradient, scale) }))
  const rose = panel({
    kind: 'rose',
    width: size,
    height: size,
    margin: 0,
    axis: null,
    x: { domain: [-1, 1] },
    y: { domain: [-1, 1] },
    marks: [
      Plot.ruleX([0], { stroke: colour('grid') }),
      Plot.ruleY([0], { stroke: colour('grid') }),
      arrows(side(false), { role: 'agree', head: 6, width: 1.25 }),
      arrows(side(true), { role: 'opposed', head: 6, width: 1.25 }),
      Plot.dot([[0, 0]], { r: 4, stroke: colour('truth'), fill: colour('paper'), strokeWidth: 2 }),
    ],
  })
  // For the script with which a reader chooses minibatches on it: four digits are finer than a pixel.
  const centres = gradients
    .map((gradient) => gradient.map((part) => Number(part.toPrecision(4))).join(' '))
    .join()
  const key = `<p>All at the true parameters ${lengthKey(scale, most, size, '')}</p>`
  return `<div class="compass" data-centres="${centres}">${key}${rose}${histogram(pairCosines(gradients))}</div>`
}

/** Share of pairs by cosine, in twenty equal bins. */
function histogram(cosines: readonly number[]): string {
  const shares = Array.from({ length: 20 }, () => 0)
  for (const value of cosines)
    shares[Math.min(19, Math.max(0, Math.floor((value + 1) * 10)))] += 1 / cosines.length
  const bins = shares
    .map((share, bin) => ({ from: bin / 10 - 1, to: (bin + 1) / 10 - 1, share }))
    .filter(({ share }) => share > 0)
  // A share axis ends at the whole, however wide its last step would be.
  const most = Math.min(1, nice(0, max(shares) || 1, 4)[1])
  return panel({
    width: 204,
    height: 136,
    marginTop: 22,
    marginRight: 8,
    marginBottom: 36,
    marginLeft: 44,
    x: { domain: [-1, 1], label: 'cosine of a pair', ticks: [-1, 0, 1], tickFormat: 'd', ...middleLabel },
    y: {
      domain: [0, most],
      label: 'share of pairs',
      ticks: axisTicks([0, most]),
      tickFormat: '%',
      labelArrow: 'none',
    },
    marks: [
      Plot.rectY(bins, {
        x1: 'from',
        x2: 'to',
        y: 'share',
        insetLeft: 0.5,
        insetRight: 0.5,
        fill: ({ to }) => colour(to <= 0 ? 'opposed' : 'agree'),
      }),
      Plot.ruleY([0], { stroke: colour('muted') }),
    ],
  })
}
