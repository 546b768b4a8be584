import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import { quick, toyStages } from '../pipeline/fixtures/toy/study.ts'
import { temporaryFolder, toyRun } from '../pipeline/helpers.ts'
import { root } from '../project.ts'

const node = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: root })

test('pruning tells what it would remove, and removes it only when it is not a trial', async () => {
  const cache = temporaryFolder()
  await toyRun(cache)
  const prune = (...options: string[]) => node('scripts/cache.ts', '--cache', cache, 'prune', ...options)
  expect((await prune('--dry-run')).stdout).toMatch(/^\S+ \w+ would be removed, 0 \w+ left\.\n$/)
  expect(await openCache(cache).store.keys()).toHaveLength(5)
  expect((await prune()).stdout).toMatch(/^\S+ \w+ removed; 0 results \(0 \w+\) are left\.\n$/)
  expect(await openCache(cache).store.keys()).toEqual([])
})

test('results are written into a folder that does not exist yet', async () => {
  const cache = temporaryFolder()
  await toyRun(cache)
  const archive = join(temporaryFolder(), 'no/such/folder/results.tar.gz')
  const { stdout } = await node('scripts/cache.ts', '--cache', cache, 'export', archive)
  expect(stdout).toBe(`5 results written to ${archive}.\n`)
  expect((await stat(archive)).size).toBeGreaterThan(0)
})

test('results are listed with the profile of which each is the most recent, and earlier ones as such', async () => {
  const cache = temporaryFolder()
  const list = async () => {
    const { stdout } = await node('scripts/cache.ts', '--cache', cache, 'ls')
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(-2).join(': '))
      .sort()
  }
  await toyRun(cache)
  const all = (await list()).join()
  expect(all).toContain('quick: numbers')
  expect(all).not.toContain('earlier')
  await toyRun(cache, { profile: 'other' }, toyStages({ ...quick, count: 6 }).slice(0, 1))
  await toyRun(cache, {}, toyStages({ ...quick, count: 7 }).slice(0, 1))
  const numbers = (await list()).filter((line) => line.includes('numbers'))
  expect(numbers).toEqual(['earlier: numbers', 'other: numbers', 'quick: numbers'])
})

test.each([
  ['experiments', '--list'],
  ['experiments', '--graph'],
  ['cache', '--help'],
])('whoever reads what %s %s says may stop reading', async (name, option) => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `scripts/${name}.ts`, option],
    { cwd: root, env: { ...process.env, EXPERIMENTS_CACHE: temporaryFolder(), ENGINE: 'wasm' } },
  )
  child.stdout.destroy()
  let said = ''
  child.stderr.on('data', (data) => {
    said += data
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('')
})

test('a record of reproducibility that cannot be read is named with what to do, before anything is computed', async () => {
  const { parseLock } = await import('../../pipeline/reproduction.ts')
  const text = await readFile(join(root, 'results.lock'), 'utf8')
  expect(() => parseLock(`<<<<<<< HEAD\n${text}`)).toThrow('conflict markers of git, the first in line 1')
  for (const wrong of ['{}', 'null', text.slice(0, 500), ''])
    expect(() => parseLock(wrong)).toThrow(/is not JSON|is not a record of this version/)
})
