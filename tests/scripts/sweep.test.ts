import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { haveServers, nginx, redis } from '../../bench/servers.ts'
import { openCache } from '../../pipeline/cache.ts'
import { readCosts } from '../../pipeline/sweep.ts'
import { bytes } from '../../pipeline/words.ts'
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
    root,
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
  /** A machine that has made it, what that recorded, and what was foretold before. */
  async function madeAlone() {
    const { root, run, evidence } = await machine()
    const foretold = () => run('sweep', ['smoke', '--dry-run', '--jobs', '2'])
    const before = await foretold()
    await run('sweep', ['smoke'])
    return { root, foretold, before, plain: await evidence() }
  }
  let made: ReturnType<typeof madeAlone> | undefined
  const alone = () => {
    made ??= madeAlone()
    return made
  }

  test('tells beforehand what there is to compute, and from measured costs how long and how large', async () => {
    const { root, foretold, before } = await alone()
    const missing = 'smoke: 4 members, 0 recorded; 4 not made before.\nTo compute: 4 members, 12 stages.\n'
    expect(before).toBe(
      `${missing}No member was made in this cache yet, so how long it takes and how large is not known.\n`,
    )
    expect(await foretold()).toBe('smoke: 4 members, 4 recorded.\n')
    const { plain } = await readCosts(openCache(join(root, '.cache')), 'smoke')
    for (const folder of ['evidence', '.cache/results']) await rm(join(root, folder), { recursive: true })
    const again = await foretold()
    expect(again).toContain(`${missing}About `)
    expect(again).toContain(`they make ${bytes(4 * plain.bytes)} of files`)
    expect(again).toContain(`up to ${bytes(2 * plain.bytes)} are there at once`)
  })

  test('exports a network into a folder that is empty or new, and replaces nothing', async () => {
    const { root, start, run } = await machine()
    const asked = (folder: string) => ['smoke', '--member', 'plain-1001', '--export', join(root, folder)]
    const both = ['one', 'two'].map((folder) => start('sweep', asked(folder)))
    for (const each of both) expect(await each.ended, each.output()).toBe(0)
    const files = ['dataset', 'training', 'measures'].map((kind) => `${kind}-plain-1001`)
    for (const folder of ['one', 'two']) {
      expect((await readdir(join(root, folder))).sort()).toEqual(files.sort())
      const measures = await readFile(join(root, folder, 'measures-plain-1001', 'measures.json'), 'utf8')
      expect(JSON.parse(measures).records).toBeGreaterThan(0)
    }
    await writeFile(join(root, 'two', 'notes.md'), 'mine')
    const refused = start('sweep', asked('two'))
    expect(await refused.ended).toBe(1)
    expect(refused.output()).toContain('and none is replaced')
    expect(await readFile(join(root, 'two', 'notes.md'), 'utf8')).toBe('mine')
    expect((await readdir(root)).filter((name) => name.endsWith('.new'))).toEqual([])
    await mkdir(join(root, 'three'))
    await run('sweep', asked('three'))
  })

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
    expect(await joining.evidence()).toBe((await alone()).plain)
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
      expect(await asking.evidence()).toBe((await alone()).plain)
    },
  )
})

/** Ends a worker and the stages that it makes. */
async function killed({ child, ended }: StartedProcess): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL')
  await ended
}
