import * as Plot from '@observablehq/plot'
import { ticks } from 'd3-array'
import { colour } from './palette.ts'

/** Round values between two, both taken in, at most `most` of them: more can not be read on a phone. */
export function axisTicks([from, to]: readonly [number, number], most = 5): number[] {
  for (let count = most; count > 1; count--) {
    const values = ticks(from, to, count)
    if (values.length <= most) return values
  }
  return [from, to]
}

const style = { stroke: colour('grid'), strokeOpacity: 1 }

/** The lines of a panel's grid, at these values. */
export const gridX = (values: readonly number[]): Plot.Markish => Plot.gridX({ ...style, ticks: [...values] })
export const gridY = (values: readonly number[]): Plot.Markish => Plot.gridY({ ...style, ticks: [...values] })

/** How a horizontal axis, and one whose name stands beside its middle, is labelled. */
export const middleLabel = { labelAnchor: 'center', labelArrow: 'none' } as const
