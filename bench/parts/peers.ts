import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { paper } from '../../experiments/protocol.ts'
import { atMost, interleaved, type Line, ratio, spread } from '../measure.ts'
import type { Part } from '../part.ts'
import { type Asked, startPeer } from '../process.ts'

const [repeats, steps, timed] = [5, 20, 5]
const { grid, minibatches } = paper.landscapes
const points = (2 * grid.x.steps + 1) * (2 * grid.y.steps + 1)
const agreement = 1e-4
const peersHere = ['torch_peer.py', 'jax_peer.py']
/** Our step's time, both cores busy, as a multiple of PyTorch's. */
const budgets = { native: 1, wasm: 1.5 }

/**
 * The same step and the same landscape in other frameworks, if they are there: first whether the numbers
 * agree, then the ratio.
 */
export const peers: Part = async (bench) => {
  const lines: Line[] = []
  const exchange = join(bench.scratch, 'exchange')
  await mkdir(exchange)
  const [engine] = bench.engines
  await (await bench.worker(engine)).ask({ task: 'exchange', count: 1, folder: exchange })
  for (const script of peersHere) {
    const start = (threads: number) =>
      startPeer(bench.python, [join(bench.root, 'bench/peers', script), exchange, String(threads)], {
        OMP_NUM_THREADS: String(threads),
      })
    const running: Asked<object>[] = []
    try {
      const both = await start(2)
      running.push(both)
      const singles = [await start(1), await start(1)]
      running.push(...singles)
      const { name, step, landscape } = both.first as { name: string; step: number; landscape: number }
      const line = (what: string, unit: string, rest: Omit<Line, 'part' | 'what' | 'unit'>) =>
        lines.push({ part: 'peers', what, unit, ...rest })
      for (const [what, value] of Object.entries({ step, landscape })) {
        const difference = spread([value])
        line(`${name}: largest difference from our ${what}, of its largest value`, '', {
          spread: difference,
          budget: atMost(agreement, '', difference),
        })
      }
      const together = async (workers: readonly Asked<never>[]) => {
        const request = { task: 'step', count: steps } as never
        const times = await Promise.all(workers.map((worker) => worker.ask(request)))
        return Math.max(...times) / steps / workers.length
      }
      const ours = Object.fromEntries(
        await Promise.all(
          bench.engines.map(async (engine) => {
            const workers = [await bench.worker(engine), await bench.worker(engine, 1)] as Asked<never>[]
            return [engine, () => together(workers)] as const
          }),
        ),
      )
      const { ask } = await bench.worker(engine)
      const samples = await interleaved(
        {
          ...ours,
          threads: () => together([both]),
          processes: () => together(singles),
          naive: async () =>
            ((await both.ask({ task: 'naive', count: timed })) / timed) * points * 2 * minibatches,
          landscapes: async () => ((await ask({ task: 'landscapes', count: 10 })) / 10) * minibatches,
        } as { [name: string]: () => Promise<number> },
        repeats,
      )
      line(`${name}: a step, one process on both cores`, 'ms', { spread: spread(samples.threads) })
      line(`${name}: a step, two processes at once, time between steps`, 'ms', {
        spread: spread(samples.processes),
      })
      const best = samples.threads.map((value, i) => Math.min(value, samples.processes[i]))
      for (const engine of bench.engines) {
        const share = ratio(samples[engine], best)
        line(`our step, ${engine} / the faster of these`, 'x', {
          spread: share,
          ...(script === 'torch_peer.py' && { budget: atMost(budgets[engine], 'x', share) }),
        })
      }
      line(`${name}: figure 2 point by point / ours with activations, ${engine}`, 'x', {
        spread: ratio(samples.naive, samples.landscapes),
        note: `${timed} of its points timed`,
      })
    } catch (error) {
      bench.say(`  ${script} is left out: ${lastLine((error as Error).message)}`)
    } finally {
      for (const { stop } of running) stop()
    }
  }
  return lines
}

const lastLine = (text: string) => text.trim().split('\n').at(-1)!
