import { paper } from '../../experiments/protocol.ts'
import { interleaved, type Line, ratio, spread } from '../measure.ts'
import type { Part } from '../part.ts'

const { grid, minibatches } = paper.landscapes
const points = (2 * grid.x.steps + 1) * (2 * grid.y.steps + 1)
const timed = 3

/** The dropout figure as drawn in training mode, a fresh mask at each grid point. */
export const fresh: Part = async (bench) => {
  const lines: Line[] = []
  for (const engine of bench.engines) {
    const { ask, askProcessor } = await bench.worker(engine)
    const samples = await interleaved(
      {
        fresh: () => ask({ task: 'fresh', count: 1 }),
        processor: () => askProcessor({ task: 'fresh', count: 1 }),
        naive: () => ask({ task: 'naiveFresh', count: timed }),
      },
      3,
    )
    const seconds = samples.fresh.map((value) => (value * minibatches) / 1000)
    lines.push({
      part: 'fresh',
      what: `${minibatches} minibatches x 2 layers, fresh masks, ${engine}`,
      unit: 's',
      spread: spread(seconds),
      note: `one minibatch timed; processor time ${((spread(samples.processor).median * minibatches) / 1000).toFixed(0)} s`,
    })
    const naive = samples.naive.map((value) => ((value / timed) * points * 2 * minibatches) / 1000)
    lines.push({
      part: 'fresh',
      what: `autograd / ours, fresh masks, ${engine}`,
      unit: 'x',
      spread: ratio(naive, seconds),
      note: 'bounded by the mask and product that each point needs of its own: docs/performance.md',
    })
  }
  return lines
}
