import * as Plot from '@observablehq/plot'
import type { EpochRecord } from '../../experiments/definitions/training.ts'
import { gridY, middleLabel } from '../drawing/grid.ts'
import { shapeKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const { checkpoints, label } = results.condition(condition)
    const epochs = await results.training(condition)
    return { epochs, checkpoints, label, stages: [`training ${condition}`] }
  },
  draw: training,
  describe({ epochs, label }) {
    const [first, last] = [epochs[0], epochs[epochs.length - 1]]
    return (
      `R² on the test data goes from ${plainNumber(first.testR2)} to ${plainNumber(last.testR2, { digits: 3 })} ` +
      `and the mean absolute error from ${plainNumber(first.testMae, { digits: 0 })} to ` +
      `${plainNumber(last.testMae, { digits: 1 })}: two curves over ${last.epoch} epochs of training, ${label}.`
    )
  },
  tabulate: ({ epochs }) => ({
    columns: ['epoch', 'training cost', 'test mean absolute error', 'test R2'],
    rows: epochs.map(({ epoch, cost, testMae, testR2 }) => [epoch, cost ?? '', testMae, testR2]),
  }),
})

/** A training run, and the epochs whose landscapes are drawn. */
export interface Training {
  readonly epochs: readonly EpochRecord[]
  readonly checkpoints: readonly number[]
}

/**
 * Draws the test error, which is the cost in evaluation mode, and the test R² by epoch; checkpoints are
 * marked.
 */
export function training({ epochs, checkpoints }: Training): string {
  const marked = epochs.filter(({ epoch }) => checkpoints.includes(epoch))
  const draw = (y: Plot.ScaleOptions, value: keyof EpochRecord) =>
    panel({
      width: 340,
      height: 190,
      marginTop: 26,
      marginRight: 14,
      marginBottom: 40,
      marginLeft: 44,
      x: { label: 'epoch', ticks: 5, ...middleLabel },
      y: { ...y, ticks: 5, labelArrow: 'none' },
      marks: [
        gridY(5),
        Plot.line(epochs, { x: 'epoch', y: value, stroke: colour('measured'), strokeWidth: 2 }),
        Plot.dot(marked, {
          x: 'epoch',
          y: value,
          r: 4,
          fill: colour('paper'),
          stroke: colour('measured'),
          strokeWidth: 2,
        }),
      ],
    })
  const lowest = Math.min(0, ...epochs.map(({ testR2 }) => testR2))
  const error = draw({ label: 'mean absolute error on test data', zero: true }, 'testMae')
  const fit = draw({ label: 'R² on test data', domain: [lowest, 1], nice: true }, 'testR2')
  return `<div class="panels two">${error}${fit}</div><p class="keys">${checkpointKey}</p>`
}

const checkpointKey = shapeKey(
  '<circle cx="5" cy="5" r="4" fill="none" stroke="var(--measured)" stroke-width="2"/>',
  'landscapes are drawn',
)
