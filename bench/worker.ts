/**
 * A process with one engine on one thread, which runs the tasks that its parent asks for and says how long
 * they took.
 */

import { openEngine } from '../experiments/engine/index.ts'
import { time } from './measure.ts'
import { tasksOn } from './tasks.ts'

const tasks = await tasksOn(await openEngine(process.argv[2]))

process.on('disconnect', () => process.exit())
process.on('message', async ({ task, count, folder }: Request) => {
  try {
    const before = process.cpuUsage()
    const milliseconds = await time(() => tasks[task](count, folder))
    const { user, system } = process.cpuUsage(before)
    process.send!({ milliseconds, processor: (user + system) / 1000 } satisfies Answer)
  } catch (error) {
    process.send!({ error: String((error as Error).stack ?? error) } satisfies Answer)
  }
})
process.send!({ milliseconds: 0 } satisfies Answer)

export interface Request {
  readonly task: keyof Awaited<ReturnType<typeof tasksOn>>
  readonly count: number
  readonly folder?: string
}

export interface Answer {
  readonly milliseconds?: number
  /** Of the processor, in milliseconds: more telling than the clock when the machine is busy. */
  readonly processor?: number
  readonly error?: string
}
