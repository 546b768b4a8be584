import * as Plot from '@observablehq/plot'
import { max, nice } from 'd3-array'
import type { EpochRecord } from '../../experiments/definitions/training.ts'
import { axisTicks, gridY, middleLabel } from '../drawing/grid.ts'
import { shapeKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { panel } from '../drawing/plot.ts'
import { plainNumber } from '../number.ts'
import { kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const { checkpoints, label } = results.condition(condition)
    const epochs = await results.training(condition)
    return { epochs, checkpoints, label }
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
  const lengths = axisTicks([0, epochs[epochs.length - 1].epoch])
  const draw = (label: string, domain: readonly [number, number], value: keyof EpochRecord) => {
    const values = axisTicks(domain)
    return panel({
      width: 340,
      height: 165,
      marginTop: 26,
      marginRight: 14,
      marginBottom: 40,
      marginLeft: 44,
      x: { label: 'epoch', ticks: lengths, ...middleLabel },
      y: { label, domain: [...domain], ticks: values, labelArrow: 'none' },
      marks: [
        gridY(values),
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
  }
  const lowest = Math.min(0, ...epochs.map(({ testR2 }) => testR2))
  const most = max(epochs, ({ testMae }) => testMae) ?? 1
  const error = draw('mean absolute error on test data', nice(0, most, 4), 'testMae')
  const fit = draw('R² on test data', nice(lowest, 1, 3), 'testR2')
  return `<div class="panels two">${error}${fit}</div><p class="keys">${checkpointKey}</p>`
}

const checkpointKey = shapeKey(
  '<circle cx="5" cy="5" r="4" fill="none" stroke="var(--measured)" stroke-width="2"/>',
  'landscapes are drawn',
)
