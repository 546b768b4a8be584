import * as Plot from '@observablehq/plot'
import { colour } from './palette.ts'

const style = { stroke: colour('grid'), strokeOpacity: 1 }

/** The lines of a panel's grid, at about this many ticks. */
export const gridX = (ticks: number): Plot.Markish => Plot.gridX({ ...style, ticks })
export const gridY = (ticks: number): Plot.Markish => Plot.gridY({ ...style, ticks })

/** How a horizontal axis, and one whose name stands beside its middle, is labelled. */
export const middleLabel = { labelAnchor: 'center', labelArrow: 'none' } as const
