/**
 * Stages that do nothing, to see what surrounds a stage: `command.ts run COUNT JOBS` makes so many and tells
 * its parent what it took, `command.ts worker --jobs 1` makes those of a queue. The environment names cache,
 * queue and store.
 */

import { fileURLToPath } from 'node:url'
import { type Experiments, main, runExperiments, workerCommand } from '../../pipeline/command.ts'

/** What a run took. */
export interface Cost {
  readonly seconds: number
  /** Milliseconds of the processor, of the run's own process. */
  readonly processor: number
  /** Bytes of the run's own process at its peak. */
  readonly memory: number
}

const [, , command, count, jobs] = process.argv
const nothing: Experiments = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  profiles: {
    nothing: () =>
      Array.from({ length: Number(count) }, (_, number) => ({
        name: `stage ${number}`,
        module: 'stage.ts',
        parameters: { number },
        inputs: {},
        usesEngine: false,
      })),
  },
  engines: ['none'],
  chooseEngine: async (name) => ({ name, version: '0' }),
}

process.on('disconnect', () => process.exit())
process.channel?.unref()
if (command === 'worker') {
  process.argv.splice(2, 1)
  await main(workerCommand(nothing))
} else {
  const { seconds } = await runExperiments(nothing, { jobs: Number(jobs) }, { write: () => true })
  const { user, system } = process.cpuUsage()
  const memory = 1024 * process.resourceUsage().maxRSS
  const cost: Cost = { seconds, processor: (user + system) / 1000, memory }
  process.send?.(cost)
}
