import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { haveServers, line, nginx, redis } from '../../bench/servers.ts'
import { openCache } from '../../pipeline/cache.ts'
import { canonicalJson } from '../../pipeline/fingerprint.ts'
import { work } from '../../pipeline/queue-worker.ts'
import { digestOf } from '../../pipeline/store.ts'
import { toyExperiments, toyRoot } from './fixtures/toy/study.ts'
import {
  digests,
  lastRun,
  type StartedProcess,
  startToy,
  temporaryFolder,
  toyCopy,
  toyRun,
  written,
} from './helpers.ts'

/** A module that is to be preloaded. */
const shim = (name: string) => new URL(`fixtures/shims/${name}.mjs`, import.meta.url).href

if (!haveServers) console.log('redis-server and nginx are not here: tests of a queue are left out.')

// A stage is taken over after seconds; a machine that does much else adds to them.
describe.skipIf(!haveServers)('stages at a queue', { timeout: 150_000 }, () => {
  let queue: Awaited<ReturnType<typeof redis>>
  let store: Awaited<ReturnType<typeof nginx>>
  let folder: string
  const plain: { [profile: string]: Record<string, string | undefined> } = {}
  let settings = 0

  beforeAll(async () => {
    folder = temporaryFolder()
    queue = await redis(folder)
    store = await nginx(folder)
    await Promise.all([queue.start(), store.start()])
    for (const profile of ['quick', 'slow']) plain[profile] = await madeHere(profile)
  })
  // A test that failed may have left them ended or held up.
  beforeEach(async () => {
    queue.hold(false)
    await Promise.all([queue.start(), store.start()])
  })
  afterAll(() => Promise.all([queue, store].map((server) => server?.kill())))

  /** The digests of a run without a queue. */
  async function madeHere(profile: string) {
    const cache = temporaryFolder()
    await toyRun(cache, {}, toyExperiments().profiles[profile]())
    return digests(cache)
  }

  /** A queue and a store of a test's own, and what is started there. */
  function setting(user = '') {
    settings++
    const path = user ? `private/${settings}` : `${settings}`
    const environment = {
      EXPERIMENTS_QUEUE: `redis://${user}127.0.0.1:${queue.port}/${settings}`,
      EXPERIMENTS_STORE: `http://${user}127.0.0.1:${store.port}/${path}`,
    }
    const workers: StartedProcess[] = []
    return {
      environment,
      store: join(folder, 'store', path),
      requests: async () =>
        (await store.requests())
          .filter((line) => line.includes(` /${path}/`))
          .map((line) => line.replace(`/${path}/`, '')),
      /** How often workers took a stage. */
      taken: () =>
        workers.flatMap((worker) => [...worker.output().matchAll(/^took (.*)$/gm)].map(([, name]) => name)),
      worker(cache = temporaryFolder(), more: NodeJS.ProcessEnv = {}) {
        const options = ['--jobs', '2', '--lease', '3']
        const worker = startToy(cache, options, { ...environment, ...more }, 'worker.ts')
        workers.push(worker)
        return worker
      },
      run: (profile: string, cache = temporaryFolder(), options: readonly string[] = []) => ({
        cache,
        ...startToy(cache, ['--profile', profile, ...options], environment),
      }),
    }
  }

  async function ended(run: StartedProcess & { cache: string }, profile: string): Promise<void> {
    expect(await run.ended, run.output()).toBe(0)
    expect(await digests(run.cache)).toEqual(plain[profile])
  }

  const statuses = async (cache: string) => (await lastRun(cache)).stages.map(({ status }) => status)

  test('have the digests of a plain run, each made once, and a second run finds them by one list', async () => {
    const { run, worker, taken, requests } = setting()
    const first = run('quick')
    await written(first, /no worker is at the queue/)
    worker()
    worker()
    await ended(first, 'quick')
    expect(taken().sort()).toEqual(Object.keys(plain.quick).sort())
    const before = (await requests()).length
    const second = run('quick')
    await ended(second, 'quick')
    expect(new Set(await statuses(second.cache))).toEqual(new Set(['fresh']))
    const asked = (await requests()).slice(before)
    expect(asked.filter((line) => line === 'GET ac/')).toHaveLength(1)
    expect(asked.filter((line) => line.startsWith('GET ac/'))).toHaveLength(1 + 5)
    expect(asked.filter((line) => line.startsWith('PUT'))).toEqual([])
    const third = run('quick', second.cache)
    await ended(third, 'quick')
    expect((await requests()).slice(before + asked.length)).toEqual(['GET ac/'])
  })

  test('are taken over from a worker that is killed, and from one that is frozen, which loses them', async () => {
    const { run, worker } = setting()
    const killed = worker()
    const running = run('slow')
    await written(killed, /took training/)
    process.kill(-killed.child.pid!, 'SIGKILL')
    const frozen = worker()
    await written(frozen, /took training/)
    process.kill(-frozen.child.pid!, 'SIGSTOP')
    const last = worker()
    await ended(running, 'slow')
    process.kill(-frozen.child.pid!, 'SIGCONT')
    await written(frozen, /lost/)
    expect(frozen.output()).not.toMatch(/made/)
    expect(last.output()).toMatch(/made total/)
  })

  test('are taken over from a worker that is cut off, whose late results are refused', async () => {
    const { run, worker, environment } = setting()
    const lines = await Promise.all([queue, store].map(({ port }) => line(port)))
    onTestFinished(() => {
      for (const { end } of lines) end()
    })
    const [toQueue, toStore] = lines
    const cutOff = worker(temporaryFolder(), {
      EXPERIMENTS_QUEUE: environment.EXPERIMENTS_QUEUE.replace(`:${queue.port}`, `:${toQueue.port}`),
      EXPERIMENTS_STORE: environment.EXPERIMENTS_STORE.replace(`:${store.port}`, `:${toStore.port}`),
    })
    const running = run('slow')
    await written(cutOff, /took training/)
    for (const { cut } of lines) cut()
    const last = worker()
    await ended(running, 'slow')
    for (const { mend } of lines) mend()
    await written(cutOff, /lost/)
    expect(cutOff.output()).not.toMatch(/made training/)
    expect(last.output()).toMatch(/made total/)
  })

  test('are given back by a worker that is told to end', async () => {
    const { run, worker } = setting()
    const leaving = worker()
    const running = run('slow')
    await written(leaving, /took training/)
    leaving.child.kill('SIGTERM')
    expect(await leaving.ended).toBe(0)
    expect(leaving.output()).toMatch(/gave back training/)
    worker()
    await ended(running, 'slow')
  })

  test('are not made twice when the run is killed and started again', async () => {
    const { run, worker, taken } = setting()
    worker()
    const killed = run('slow')
    await written(killed, /made {5}numbers/)
    process.kill(-killed.child.pid!, 'SIGKILL')
    await killed.ended
    const running = run('slow', killed.cache)
    await ended(running, 'slow')
    expect(taken().sort()).toEqual(Object.keys(plain.slow).sort())
  })

  test('wait for a queue that lost all it knew, and for a store, with a word each', async () => {
    const { run, worker } = setting()
    const maker = worker()
    const running = run('slow')
    await written(maker, /took training/)
    await Promise.all([queue.kill(), store.kill()])
    await written(running, /The queue redis:\S+ does not answer \(\w+\); waiting/)
    await sleep(2000)
    await Promise.all([queue.start(), store.start()])
    await ended(running, 'slow')
    expect(running.output()).toMatch(/The queue redis:\S+ answers again/)
    expect(running.output() + maker.output()).toMatch(/The store http:\S+ answers again/)
  })

  test('wait for a queue that takes what it is told and does not answer, with a word', async () => {
    const { run, worker } = setting()
    const maker = worker()
    const running = run('slow')
    await written(maker, /took training/)
    queue.hold(true)
    await written(running, /The queue redis:\S+ does not answer \(no answer in time\); waiting/)
    queue.hold(false)
    await ended(running, 'slow')
    expect(running.output()).toMatch(/The queue redis:\S+ answers again/)
  })

  test.each(['holds still', 'is gone'])(
    'do not keep run and worker from ending when the queue %s',
    async (how) => {
      const finished = setting()
      const idle = finished.worker()
      await ended(finished.run('quick'), 'quick')
      const { run, worker } = setting()
      const maker = worker()
      const running = run('slow')
      await written(maker, /took training/)
      if (how === 'is gone') await queue.kill()
      else queue.hold(true)
      for (const { child } of [idle, maker, running]) child.kill('SIGTERM')
      expect([await idle.ended, await maker.ended]).toEqual([0, 0])
      expect(await running.ended).toBe(130)
      if (how === 'is gone') await queue.start()
      else queue.hold(false)
    },
  )

  test('are never made of damaged or foreign bytes, which are replaced', async () => {
    const { run, worker, store } = setting()
    worker()
    const first = run('quick')
    await ended(first, 'quick')
    const damage = async () => {
      for (const name of await readdir(join(store, 'cas')))
        await writeFile(join(store, 'cas', name), 'damage')
    }
    await damage()
    worker()
    const second = run('quick')
    await ended(second, 'quick')
    expect(second.output()).toMatch(/does not have its digest in the store: it is made again/)
    const [one, other] = await readdir(join(store, 'ac'))
    await writeFile(join(store, 'ac', one), await readFile(join(store, 'ac', other)))
    const third = run('quick')
    await ended(third, 'quick')
    expect(third.output()).toMatch(/is of another result: it is made again/)
  })

  test('get inputs that the store lost from the run that has them', async () => {
    const { run, worker, store } = setting()
    const first = run('quick', temporaryFolder(), ['--only', 'numbers'])
    const maker = worker()
    expect(await first.ended).toBe(0)
    maker.child.kill('SIGTERM')
    await maker.ended
    for (const name of await readdir(join(store, 'cas'))) {
      const bytes = await readFile(join(store, 'cas', name))
      await writeFile(join(store, 'cas', name), bytes.fill(0))
    }
    worker()
    const second = run('quick', first.cache)
    await ended(second, 'quick')
    expect(second.output()).toMatch(/inputs were damaged or missing in the store: put there again/)
  })

  test('whose result differs from one that another run put there are told of, and the run keeps to its own', async () => {
    const { run, worker, store } = setting()
    const maker = worker()
    const here = temporaryFolder()
    await toyRun(here, {}, toyExperiments().profiles.slow())
    const { key = '' } = (await lastRun(here)).stages.find(({ name }) => name === 'training a') ?? {}
    const manifest = (await openCache(here).store.manifest(key))!
    const { 'history.json': _, ...files } = manifest.files
    const running = run('slow')
    await written(maker, /took training a/)
    await sleep(200)
    await mkdir(join(store, 'ac'), { recursive: true })
    await writeFile(join(store, 'ac', key), canonicalJson({ ...manifest, files, digest: digestOf(files) }))
    await ended(running, 'slow')
    expect(running.output()).toMatch(/training a: the store has another result .*: the stage is not determin/)
  })

  test('that fail say why and where, and are tried again by the next run', async () => {
    const { run, worker } = setting()
    const maker = worker()
    for (let i = 0; i < 2; i++) {
      const running = run('troubled')
      expect(await running.ended).toBe(1)
      expect(running.output()).toMatch(/failed {3}trouble throws: on \S+, Error: the cost is not a number/)
      expect(running.output()).toMatch(/failed {3}trouble aborts: on \S+, crashed \(SIGABRT\)/)
    }
    expect(maker.output().match(/failed trouble throws/g)).toHaveLength(2)
  })

  test('are refused by a worker with other code, another engine or Node, which names the difference', async () => {
    const { run, worker, environment } = setting()
    const running = run('quick')
    const root = await toyCopy()
    const other = async (more: { root?: string; version?: string }) => {
      const said: string[] = []
      const { version = '1.0' } = more
      const working = work({
        queue: environment.EXPERIMENTS_QUEUE,
        store: environment.EXPERIMENTS_STORE,
        root: more.root ?? toyRoot,
        cache: openCache(temporaryFolder()),
        jobs: 1,
        lease: 3,
        chooseEngine: async (name) => ({ name, version }),
        signal: AbortSignal.timeout(30_000),
        say: (line) => said.push(line),
      })
      return { message: await working.catch((error) => error.message), said }
    }
    const engine = await other({ version: '2.0' })
    expect(engine.message).toMatch(
      /"training \w" \(there -> here\):\n {2}engine abacus \(1.0\) -> abacus \(2.0\)$/,
    )
    expect(engine.said.at(-1)).toMatch(/^gave back training/)
    const helper = join(root, 'arithmetic.ts')
    await writeFile(helper, (await readFile(helper, 'utf8')).replace('3.9', '3.8'))
    expect((await other({ root })).message).toMatch(
      /"training \w" \(there -> here\):\n {2}code arithmetic.ts$/,
    )
    const node = worker(temporaryFolder(), { NODE_OPTIONS: `--import=${shim('other-node')}` })
    expect(await node.ended).toBe(1)
    expect(node.output()).toMatch(/\n {2}package node [\d.]+ -> 20\.0\.0\n$/)
    running.child.kill('SIGTERM')
    await running.ended
  })

  test('never show the password of queue or store', async () => {
    const admin = new Redis(queue.port)
    onTestFinished(() => admin.disconnect())
    await admin.call('ACL', 'SETUSER', 'ada', 'on', '>lovelace', '~*', '&*', '+@all')
    const { run, worker, environment } = setting('ada:lovelace@')
    const maker = worker()
    const running = run('quick')
    await ended(running, 'quick')
    const wrong = Object.entries(environment).map(([name, address]) =>
      startToy(temporaryFolder(), [], { ...environment, [name]: address.replace('lovelace', 'lovelock') }),
    )
    expect(await Promise.all(wrong.map(({ ended }) => ended))).toEqual([1, 1])
    expect(wrong[0].output()).toMatch(
      /^The queue redis:\/\/127\.0\.0\.1:\d+\/\d+ does not answer \(WRONGPASS/,
    )
    expect(wrong[1].output()).toMatch(/^The store \S+ answers 401 Unauthorized .* user and password/)
    const all = [maker, running, ...wrong].map(({ output }) => output()).join('\n')
    expect(all).not.toMatch(/lovel/)
  })
})

describe('without servers', () => {
  const run = async (environment: NodeJS.ProcessEnv) => {
    const toy = startToy(temporaryFolder(), [], environment)
    expect(await toy.ended).toBe(1)
    return toy.output()
  }
  const both = { EXPERIMENTS_QUEUE: 'redis://127.0.0.1:65535', EXPERIMENTS_STORE: 'http://127.0.0.1:65535' }

  test('one line says which does not answer, is missing, or is no address', async () => {
    expect(await run(both)).toBe('The store http://127.0.0.1:65535 does not answer (ECONNREFUSED).\n')
    expect(await run({ EXPERIMENTS_QUEUE: both.EXPERIMENTS_QUEUE })).toMatch(
      /^There is a --queue and no --store/,
    )
    expect(await run({ ...both, EXPERIMENTS_STORE: 'ada:lovelace@host' })).toMatch(
      /^--store has to be an address such as http:\/\/HOST or https:\/\/HOST, not ada:\.\n$/,
    )
  })

  test('the packages of a queue that are not there are named, with how to install them', async () => {
    const without = { NODE_OPTIONS: `--import=${shim('no-queue')}` }
    expect(await run({ ...both, ...without })).toBe(
      'A queue needs two packages: `npm install --no-save bullmq ioredis` installs them.\n',
    )
    expect(await startToy(temporaryFolder(), [], without).ended).toBe(0)
  })
})
