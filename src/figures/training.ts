import * as Plot from '@observablehq/plot'
import type { EpochRecord } from '../../experiments/definitions/training.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'

/** A training run, and the epochs whose landscapes are drawn. */
export interface Training {
  readonly epochs: readonly EpochRecord[]
  readonly checkpoints: readonly number[]
}

/** Draws the test error, which is the cost in evaluation mode, and the test R² by epoch, side by side; checkpoints are marked. */
export function training({ epochs, checkpoints }: Training): string {
  const marked = epochs.filter(({ epoch }) => checkpoints.includes(epoch))
  const draw = (y: Plot.ScaleOptions, value: keyof EpochRecord) =>
    panel({
      width: 340,
      height: 230,
      marginTop: 26,
      marginRight: 14,
      marginBottom: 40,
      marginLeft: 44,
      x: { label: 'epoch', ticks: 6, labelAnchor: 'center', labelArrow: 'none' },
      y: { ...y, ticks: 5, labelArrow: 'none' },
      marks: [
        Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
        Plot.line(epochs, { x: 'epoch', y: value, stroke: colour('agree'), strokeWidth: 2 }),
        Plot.dot(marked, {
          x: 'epoch',
          y: value,
          r: 4,
          fill: colour('paper'),
          stroke: colour('agree'),
          strokeWidth: 2,
        }),
      ],
    })
  const lowest = Math.min(0, ...epochs.map(({ testR2 }) => testR2))
  return `<div class="panels two">${draw({ label: 'mean absolute error on test data', zero: true }, 'testMae')}${draw({ label: 'R² on test data', domain: [Math.max(-1, lowest), 1], clamp: true }, 'testR2')}</div>`
}
