/** Fields and pictures for the tests of figures. */
import { JSDOM } from 'jsdom'
import type { Field, Gradient } from '../../src/data/field.ts'

/** A field of `columns` by `rows` grid points a step of 0.1 apart, from a function of the indices. */
export function field(
  minibatches: number,
  columns: number,
  rows: number,
  gradient: (minibatch: number, row: number, column: number) => Gradient,
): Field {
  const axis = (points: number) =>
    Float64Array.from({ length: points }, (_, i) => (i - (points - 1) / 2) * 0.1)
  const values: number[] = []
  for (let minibatch = 0; minibatch < minibatches; minibatch++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) values.push(...gradient(minibatch, row, column))
  return { x: axis(columns), y: axis(rows), minibatches, gradient: Float64Array.from(values), roundOff: 0 }
}

/** The elements of a picture. */
export const parse = (html: string): DocumentFragment => JSDOM.fragment(html)

/** An arrow as it is drawn, in pixels of its panel. */
export interface Drawn {
  readonly from: readonly [x: number, y: number]
  readonly by: readonly [dx: number, dy: number]
}

/**
 * The arrows of a path, read back from its commands: where each starts and how far its shaft reaches; a dot
 * reaches nowhere.
 */
export function drawnArrows(path: Element | null): Drawn[] {
  const number = '(-?(?:\\d+\\.?\\d*|\\.\\d+))'
  const shafts = new RegExp(`M${number}[ ]?${number}(?:h0|l${number}[ ]?${number})`, 'g')
  return [...(path?.getAttribute('d') ?? '').matchAll(shafts)].map(([, x, y, dx = '0', dy = '0']) => ({
    from: [Number(x), Number(y)],
    by: [Number(dx), Number(dy)],
  }))
}
