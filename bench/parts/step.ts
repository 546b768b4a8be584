import { interleaved, type Line, ratio, spread, within } from '../measure.ts'
import type { Part } from '../part.ts'

const [repeats, steps, few] = [7, 20, 5]
/** Milliseconds a step, both cores busy. */
const budgets = { native: 10, wasm: 25 }

/** A training step of the 3.5 M network: one worker, two at once, and TensorFlow.js's own way. */
export const step: Part = async (bench) => {
  const lines: Line[] = []
  for (const engine of bench.engines) {
    const workers = [await bench.worker(engine), await bench.worker(engine, 1)]
    const [{ ask, askProcessor }] = workers
    const samples = await interleaved(
      {
        one: async () => (await ask({ task: 'step', count: steps })) / steps,
        two: async () => {
          const times = await Promise.all(workers.map((worker) => worker.ask({ task: 'step', count: steps })))
          return Math.max(...times) / steps / workers.length
        },
        processor: async () => (await askProcessor({ task: 'step', count: steps })) / steps,
        dropout: async () => (await ask({ task: 'dropoutStep', count: steps })) / steps,
        stock: async () => (await ask({ task: 'stockStep', count: few })) / few,
      },
      repeats,
    )
    const line = (what: string, unit: string, rest: Omit<Line, 'part' | 'what' | 'unit'>) =>
      lines.push({ part: 'step', what: `${what}, ${engine}`, unit, ...rest })
    line('a step, one worker', 'ms', { spread: spread(samples.one) })
    line('processor time of a step', 'ms', { spread: spread(samples.processor) })
    const two = spread(samples.two)
    line('a step, two workers at once, time between steps', 'ms', {
      spread: two,
      budget: within(budgets[engine], 'ms', two, bench.pace),
    })
    line('a step with dropout, one worker', 'ms', { spread: spread(samples.dropout) })
    line('tf.train.adam and autograd / ours', 'x', { spread: ratio(samples.stock, samples.one) })
  }
  return lines
}
