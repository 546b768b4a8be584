import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { haveServers, nginx, redis } from '../../bench/servers.ts'
import { type StartedProcess, startScript, temporaryFolder, written } from '../pipeline/helpers.ts'
import { copyProject } from '../project.ts'

/** A copy of the project, which shares no folder with another: a machine of its own. */
async function machine() {
  const root = await copyProject(temporaryFolder())
  const start = (name: string, options: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    startScript(join(root, 'scripts', `${name}.ts`), options, {
      EXPERIMENTS_CACHE: join(root, '.cache'),
      ...environment,
    })
  return {
    start,
    /** What a command says that ends well. */
    async run(name: string, options: readonly string[], environment: NodeJS.ProcessEnv = {}) {
      const running = start(name, options, environment)
      expect(await running.ended, running.output()).toBe(0)
      return running.output()
    },
    evidence: () => readFile(join(root, 'evidence/smoke.json'), 'utf8'),
  }
}

describe('the smoke sweep', { timeout: 300_000 }, () => {
  let known: string | undefined
  /** The evidence that one machine records. */
  async function plain(): Promise<string> {
    if (known === undefined) {
      const { run, evidence } = await machine()
      await run('sweep', ['smoke'])
      known = await evidence()
    }
    return known
  }

  test('in shares on two machines, joined on a third, is recorded as on one, to the byte', async () => {
    const [joining, ...sharing] = await Promise.all([machine(), machine(), machine()])
    const archives = sharing.map(async ({ run }, i) => {
      await run('sweep', ['smoke', '--shard', `${i + 1}/2`])
      const archive = join(temporaryFolder(), 'share.tar.gz')
      expect(await run('cache', ['export', archive])).toMatch(/^2 results/)
      return archive
    })
    for (const archive of await Promise.all(archives)) await joining.run('cache', ['import', archive])
    expect(await joining.run('sweep', ['smoke'])).toMatch(/^Nothing to compute/)
    expect(await joining.evidence()).toBe(await plain())
  })

  test.skipIf(!haveServers)(
    'at a queue, by two workers that are killed at random, is recorded as on one, to the byte',
    async () => {
      const folder = temporaryFolder()
      const [queue, store] = [await redis(folder), await nginx(folder)]
      onTestFinished(async () => void (await Promise.all([queue.kill(), store.kill()])))
      await Promise.all([queue.start(), store.start()])
      const [asking, ...working] = await Promise.all([machine(), machine(), machine()])
      const servers = {
        EXPERIMENTS_QUEUE: `redis://127.0.0.1:${queue.port}`,
        EXPERIMENTS_STORE: `http://127.0.0.1:${store.port}`,
      }
      const sweep = asking.start('sweep', ['smoke'], servers)
      const start = (i: number) => working[i].start('worker', ['--jobs', '1', '--lease', '3'], servers)
      const workers = working.map((_, i) => start(i))
      for (let kill = 0; kill < 4; kill++) {
        const busy = await Promise.race(
          workers.map((worker, i) => written(worker, /took (training|measures)/).then(() => i)),
        )
        await sleep(1000 * Math.random())
        await killed(workers[busy])
        workers[busy] = start(busy)
      }
      expect(await sweep.ended, sweep.output()).toBe(0)
      expect(await asking.evidence()).toBe(await plain())
    },
  )
})

/** Ends a worker and the stages that it makes. */
async function killed({ child, ended }: StartedProcess): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL')
  await ended
}
