import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { rollup, sum } from 'd3-array'
import { Redis } from 'ioredis'
import { interleaved, type Line, type Spread, spread, time } from '../measure.ts'
import type { Cost } from '../nothing/command.ts'
import type { Part } from '../part.ts'
import { haveServers, nginx, redis } from '../servers.ts'

/** Stages of a run whose time is taken, and how often. */
const [few, rounds] = [60, 3]
const many = 2000
const counts = [1, 2, 4]

const line = (what: string, unit: string, found: Spread, note?: string): Line => ({
  part: 'queue',
  what,
  unit,
  spread: found,
  ...(note !== undefined && { note }),
})

/** What surrounds a stage, here and at a queue: these do nothing, and each makes a file of a few bytes. */
export const queue: Part = async ({ scratch, say }) => {
  if (!haveServers) {
    say('  redis-server and nginx are not here')
    return []
  }
  const [queue, store] = [await redis(scratch), await nginx(scratch)]
  const processes: ChildProcess[] = []

  async function start(servers: NodeJS.ProcessEnv, ...options: (string | number)[]) {
    const cache = await mkdtemp(join(scratch, 'cache-'))
    const child = fork(
      fileURLToPath(new URL('../nothing/command.ts', import.meta.url)),
      options.map(String),
      {
        env: { ...process.env, EXPERIMENTS_CACHE: cache, ...servers },
        execArgv: ['--disable-warning=ExperimentalWarning'],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    )
    processes.push(child)
    return child
  }
  const run = async (servers: NodeJS.ProcessEnv, stages: number, jobs: number) => {
    const child = await start(servers, 'run', stages, jobs)
    return once(child, 'message').then(([cost]) => cost as Cost)
  }
  const perStage = ({ seconds }: Cost) => (1000 * seconds) / few

  let settings = 0
  /** A queue and a store that are empty, with so many workers of one stage at once. */
  async function setting() {
    settings++
    const path = `/${settings}/`
    const client = new Redis({ port: queue.port, db: settings })
    const workers: ChildProcess[] = []
    const servers = {
      EXPERIMENTS_QUEUE: `redis://127.0.0.1:${queue.port}/${settings}`,
      EXPERIMENTS_STORE: `http://127.0.0.1:${store.port}/${settings}`,
    }
    return {
      servers,
      waiting: () => client.llen('bull:stages:wait'),
      async work(count: number) {
        for (let i = 0; i < count; i++) workers.push(await start(servers, 'worker', '--jobs', 1))
        while (String(await client.client('LIST')).split(/name=bull:/).length <= count) await sleep(50)
      },
      /** Requests to the store by kind. */
      requests: async () =>
        rollup(
          (await store.requests()).filter((request) => request.includes(` ${path}`)),
          ({ length }) => length,
          (request) => request.replace(path, '').replace(/(ac|cas)\/.+/, '$1/...'),
        ),
      /** Ends the workers. @returns milliseconds of the processor that they took, with their stages */
      async end(): Promise<number> {
        const took = await Promise.all(workers.map(({ pid }) => processorOf(pid)))
        await Promise.all(workers.map(ended))
        client.disconnect()
        return sum(took)
      },
    }
  }

  try {
    await Promise.all([queue.start(), store.start()])
    const atQueue = async (count: number) => {
      const { servers, work, end } = await setting()
      await work(count)
      const cost = await run(servers, few, 1)
      await end()
      return perStage(cost)
    }
    const measured = counts.flatMap((count): [string, () => Promise<number>][] => [
      [`here, ${count} at once`, async () => perStage(await run({}, few, count))],
      [`at a queue, ${count} workers`, () => atQueue(count)],
    ])
    const samples = await interleaved(Object.fromEntries(measured), rounds)
    const lines = measured.map(([what]) => line(`a stage, ${what}`, 'ms', spread(samples[what])))

    const { servers, waiting, work, requests, end } = await setting()
    const running = run(servers, many, 1)
    while ((await waiting()) === 0) await sleep(5)
    const dispatch = await time(async () => {
      while ((await waiting()) < many) await sleep(5)
    })
    await work(2)
    const begin = performance.now()
    const { processor, memory } = await running
    const making = performance.now() - begin
    const kinds = [...(await requests())].map(([kind, count]) => `${kind} ${count}`).join(', ')
    const single = (value: number) => spread([value])
    const of = `${many.toLocaleString('en')} stages`
    return [
      ...lines,
      line(`${of}, put into the queue`, 's', single(dispatch / 1000), 'before a worker is there'),
      line(`${of}, made by 2 workers`, 's', single(making / 1000)),
      line(`${of}, processor time each, workers`, 'ms', single((await end()) / many), 'with their processes'),
      line(`${of}, processor time each, run`, 'ms', single(processor / many)),
      line(`${of}, memory of the run`, 'MB', single(memory / 1e6), 'at its peak'),
      line(`${of}, requests to the store`, '', single(sum((await requests()).values())), kinds),
    ]
  } finally {
    await Promise.all(processes.map(ended))
    await Promise.all([queue, store].map((server) => server.kill()))
  }
}

/** Ends a process, if it has not ended. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const end = once(child, 'exit')
  child.kill()
  await end
}

/** Milliseconds of the processor that a process took, and its children that have ended. Linux only. */
async function processorOf(pid = 0): Promise<number> {
  const ticks = 10
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ')
  return fields ? ticks * sum(fields.slice(11, 15), Number) : Number.NaN
}
