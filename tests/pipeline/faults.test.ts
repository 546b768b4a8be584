/** Whatever befalls a run or its cache, the end is the same digests or one clear error. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { quick, toyStages } from './fixtures/toy/study.ts'
import {
  digests,
  filesBelow,
  lastRun,
  type StartedProcess,
  startToy,
  temporaryFolder,
  toyRun,
  written,
} from './helpers.ts'

const shim = (name: string) => `--import=${new URL(`./fixtures/shims/${name}.mjs`, import.meta.url).href}`

/** Digests of an undisturbed run of the quick profile. */
let undisturbed: Record<string, string | undefined>

beforeAll(async () => {
  const cache = temporaryFolder()
  await toyRun(cache)
  undisturbed = await digests(cache)
})

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)] ^= 4
  await writeFile(path, bytes)
}

/** Waits until an unfinished stage of the run has saved its state, or the run has ended. */
async function checkpointed(cache: string, { child }: StartedProcess): Promise<void> {
  const saved = () => readdir(join(cache, 'checkpoints')).catch(() => [])
  while (child.exitCode === null && (await saved()).length === 0) await sleep(5)
}

/** Process ids of those whose environment names this cache: the run and its workers. Linux only. */
async function processesOf(cache: string): Promise<string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    all.map(async (id) => {
      const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')
      return environment.includes(`EXPERIMENTS_CACHE=${cache}\0`) ? [id] : []
    }),
  )
  return found.flat()
}

describe('kill -9', () => {
  test('at 20 moments of a run leaves no process behind, and the last run ends with the bits of an undisturbed one', {
    timeout: 240_000,
  }, async () => {
    const [cache, other] = [temporaryFolder(), temporaryFolder()]
    const profile = ['--profile', 'long']
    const reference = startToy(other, profile)
    let said = ''
    for (let kill = 0; kill < 20; kill++) {
      const toy = startToy(cache, profile)
      if (kill % 3 === 1) await written(toy, /made|Nothing/)
      if (kill % 3 === 2) await checkpointed(cache, toy)
      await sleep(((kill * 7) % 20) * 20)
      toy.child.kill('SIGKILL')
      await toy.ended
      said += toy.output()
    }
    if (existsSync('/proc')) await expect.poll(() => processesOf(cache), { timeout: 20_000 }).toEqual([])
    const last = startToy(cache, profile)
    expect([await last.ended, await reference.ended]).toEqual([0, 0])
    expect(said + last.output()).toMatch(/resumed {2}training [abc] after/)
    expect(await digests(cache)).toEqual(await digests(other))
  })
})

describe('damage to the cache', () => {
  test('by a flipped bit in any one stored file is named where it matters, and the same result is made again', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const { stages } = await lastRun(cache)
    const owners = new Map(
      stages.flatMap(({ name, files }) =>
        Object.entries(files ?? {}).map(([file, { integrity }]) => [hex(integrity), { name, file }]),
      ),
    )
    const files = (await filesBelow(join(cache, 'results'))).filter((path) => path.includes('content-v2'))
    expect(files.length).toBeGreaterThan(owners.size)
    for (const path of files) {
      await flip(path)
      const run = await toyRun(cache)
      const owner = owners.get(
        path
          .slice(cache.length)
          .replace(/^.*sha256/, '')
          .replaceAll('/', ''),
      )
      if (owner) {
        expect(run.made).toEqual([owner.name])
        expect(run.stages[owner.name].reason).toBe(
          `${owner.file} does not have its digest: some of its bytes were changed`,
        )
      }
      expect(await digests(cache)).toEqual(undisturbed)
    }
  })

  test.each([
    ['truncation of every stored file', 'content-v2', (path: string) => truncate(path, 7)],
    ['loss of every stored file', 'content-v2', (path: string) => rm(path)],
    ['a flipped bit in every entry of the index', 'index-v5', flip],
    ['loss of the index', 'index-v5', (path: string) => rm(path)],
  ])('by %s ends in the same results, made again', async (_, part, damage) => {
    const cache = temporaryFolder()
    await toyRun(cache)
    for (const path of await filesBelow(join(cache, 'results'))) if (path.includes(part)) await damage(path)
    expect((await toyRun(cache)).made).toEqual(['numbers', 'training a', 'training b', 'training c', 'total'])
    expect(await digests(cache)).toEqual(undisturbed)
    expect((await toyRun(cache)).made).toEqual([])
  })

  test('of a checkpoint is said, and the stage starts over to the same bits', async () => {
    const [cache, other] = [temporaryFolder(), temporaryFolder()]
    const toy = startToy(cache, ['--profile', 'slow'])
    await checkpointed(cache, toy)
    toy.child.kill('SIGKILL')
    await toy.ended
    for (const path of await filesBelow(join(cache, 'checkpoints'))) await flip(path)
    const [again, reference] = [
      startToy(cache, ['--profile', 'slow']),
      startToy(other, ['--profile', 'slow']),
    ]
    expect([await again.ended, await reference.ended]).toEqual([0, 0])
    expect(again.output()).toMatch(
      /warning {2}training [abc]: the checkpoint of an interrupted attempt does not have its digest: it is ignored/,
    )
    expect(await digests(cache)).toEqual(await digests(other))
  })
})

test('two runs at once on one cache make each result once between them, and both end well', async () => {
  const cache = temporaryFolder()
  const toys = [startToy(cache, ['--profile', 'slow']), startToy(cache, ['--profile', 'slow'])]
  expect(await Promise.all(toys.map(({ ended }) => ended))).toEqual([0, 0])
  const made = toys.flatMap((toy) => [...toy.output().matchAll(/^made +(.*) in /gm)].map(([, name]) => name))
  expect(made.sort()).toEqual(['numbers', 'total', 'training a', 'training b', 'training c'])
  expect(
    (await toyRun(cache, { profile: 'slow' }, toyStages({ ...quick, steps: 100, pause: 5 }))).made,
  ).toEqual([])
})

test('a clock that goes backwards changes no result, and makes none stale', async () => {
  const cache = temporaryFolder()
  const backwards = { NODE_OPTIONS: shim('backward-clock') }
  const first = startToy(cache, [], backwards)
  expect(await first.ended, first.output()).toBe(0)
  expect(await digests(cache)).toEqual(undisturbed)
  const second = startToy(cache, [], backwards)
  expect(await second.ended).toBe(0)
  expect(second.output()).toContain('Nothing to run.')
})

describe('a full disk', () => {
  const message =
    /\nThe cache .* cannot be used: the disk is full\. Free some space, or choose another folder with --cache\.\n$/

  test.each([100, 2000, 6000])(
    'ends a run that may write %i bytes a process with one error, and the next goes on',
    async (room) => {
      const cache = temporaryFolder()
      const toy = startToy(cache, [], { NODE_OPTIONS: shim('full-disk'), DISK_BYTES: `${room}` })
      expect(await toy.ended, toy.output()).toBe(1)
      expect(`\n${toy.output()}`).toMatch(message)
      expect(toy.output().match(/disk is full/g)).toHaveLength(1)
      await toyRun(cache)
      expect(await digests(cache)).toEqual(undisturbed)
    },
  )

  test.skipIf(!canMount())(
    'of a real file system ends a run with one error, and the next goes on',
    async () => {
      for (const size of ['24k', '80k', '120k']) {
        const cache = mounted(`size=${size}`)
        const toy = startToy(cache)
        expect(await toy.ended, toy.output()).toBe(1)
        expect(`\n${toy.output()}`).toMatch(message)
        execFileSync('mount', ['-o', 'remount,size=8m', cache])
        await toyRun(cache)
        expect(await digests(cache)).toEqual(undisturbed)
      }
    },
  )
})

describe('a cache that cannot be written', () => {
  const message =
    /^The cache .* cannot be used: it may not be written\. Make it writable, or choose another folder with --cache\.\n$/

  test.skipIf(process.getuid?.() === 0)('by its permissions ends a run with one error', async () => {
    const cache = temporaryFolder()
    await chmod(cache, 0o500)
    const toy = startToy(cache)
    expect(await toy.ended).toBe(1)
    expect(toy.output()).toMatch(message)
  })

  test.skipIf(!canMount())('because its file system is read-only ends a run with one error', async () => {
    const empty = mounted('size=8m')
    execFileSync('mount', ['-o', 'remount,ro', empty])
    const whole = mounted('size=8m')
    await toyRun(whole)
    execFileSync('mount', ['-o', 'remount,ro', whole])
    for (const cache of [empty, whole]) {
      const toy = startToy(cache)
      expect(await toy.ended).toBe(1)
      expect(toy.output()).toMatch(message)
    }
  })

  test('because it is a file ends a run with one error', async () => {
    const cache = join(temporaryFolder(), 'file')
    await writeFile(cache, '')
    const toy = startToy(cache)
    expect(await toy.ended).toBe(1)
    expect(toy.output()).toMatch(
      /^The cache .* cannot be used: it, or something on its path, is a file and not a folder\. .*\n$/,
    )
  })
})

function hex(integrity: string): string {
  return Buffer.from(integrity.replace('sha256-', ''), 'base64').toString('hex')
}

function canMount(): boolean {
  try {
    execFileSync(
      'unshare',
      ['-m', 'mount', '-t', 'tmpfs', 'none', fileURLToPath(new URL('.', import.meta.url))],
      {
        stdio: 'ignore',
      },
    )
    return true
  } catch {
    return false
  }
}

/** A file system of its own in memory, as long as the test runs. */
function mounted(options: string): string {
  const folder = temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
  })
  return folder
}
