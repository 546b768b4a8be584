import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keepFolder, usersFolder } from '../../pipeline/kept.ts'
import { temporaryFolder } from './helpers.ts'

const isWhole = async (folder: string) => existsSync(join(folder, 'all'))
const fill = async (folder: string) => writeFileSync(join(folder, 'all'), 'of it')

describe('a folder that is kept', () => {
  test('is filled once, by one of those that need it at the same time, and is never seen half filled', async () => {
    const folder = join(temporaryFolder(), 'users', 'kept')
    let [filled, waited] = [0, 0]
    const need = () =>
      keepFolder(folder, {
        isWhole,
        fill: async (fresh) => {
          filled += 1
          await sleep(100)
          expect(existsSync(folder)).toBe(false)
          await fill(fresh)
        },
        onWait: () => {
          waited += 1
        },
      })
    await Promise.all([need(), need(), need()])
    await need()
    expect([filled, waited]).toEqual([1, 2])
    expect(readFileSync(join(folder, 'all'), 'utf8')).toBe('of it')
  })

  test('is made again when it is not whole, and leaves nothing beside it but its lock', async () => {
    const parent = temporaryFolder()
    mkdirSync(join(parent, 'kept'))
    writeFileSync(join(parent, 'kept', 'part'), 'of it')
    await keepFolder(join(parent, 'kept'), { isWhole, fill })
    expect(readdirSync(join(parent, 'kept'))).toEqual(['all'])
    expect(readdirSync(parent).sort()).toEqual(['kept', 'kept.lock'])
  })

  test('is not there after an error, which reaches the caller', async () => {
    const parent = temporaryFolder()
    const failing = { isWhole, fill: () => Promise.reject(new Error('no paint left')) }
    await expect(keepFolder(join(parent, 'kept'), failing)).rejects.toThrow('no paint left')
    expect(readdirSync(parent)).toEqual(['kept.lock'])
  })

  test('is made by the next after a process that was killed while it filled it', async () => {
    const parent = temporaryFolder()
    const folder = join(parent, 'kept')
    const script = join(parent, 'killed.mjs')
    writeFileSync(
      script,
      `import { writeFileSync } from 'node:fs'
import { keepFolder } from ${JSON.stringify(new URL('../../pipeline/kept.ts', import.meta.url).href)}
await keepFolder(process.argv[2], {
  isWhole: async () => false,
  fill: (fresh) => { writeFileSync(fresh + '/part', ''); process.send('filling'); return new Promise((resolve) => setTimeout(resolve, 60_000)) },
})`,
    )
    const child = fork(script, [folder], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child, 'message')
    await keepFolder(folder, { isWhole, fill, onWait: () => child.kill('SIGKILL') })
    expect(child.killed).toBe(true)
    expect(readdirSync(folder)).toEqual(['all'])
  })

  test('is no longer waited for after an interruption', async () => {
    const folder = join(temporaryFolder(), 'kept')
    const interruption = new AbortController()
    const other = keepFolder(folder, { isWhole, fill: (fresh) => sleep(200).then(() => fill(fresh)) })
    const waiting = keepFolder(folder, {
      isWhole,
      fill,
      onWait: () => interruption.abort(new Error('interrupted')),
      signal: interruption.signal,
    })
    await expect(waiting).rejects.toThrow('interrupted')
    await other
  })
})

test('the folder of the user’s own is the one that is named, or lies in the user’s cache', () => {
  const at = (environment: NodeJS.ProcessEnv) => usersFolder('paper', 'PAPER_CACHE', environment)
  expect(at({ PAPER_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/a')
  expect(at({ XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/b/paper')
  expect(at({ HOME: '/c' })).toBe('/c/.cache/paper')
  expect(at({})).toBe(join(homedir(), '.cache/paper'))
})

describe.skipIf(!existsSync('/proc/self'))('a folder that the system has no place for', () => {
  // Node's own making of folders never returns there, so a process of its own tries it.
  const module = (name: string) => JSON.stringify(new URL(`../../pipeline/${name}.ts`, import.meta.url).href)
  test.each([
    ['is refused', `(await import(${module('disk')})).makeFolder('/proc/no/such/folder')`, /ENOENT/],
    [
      'is refused for a file',
      `await (await import(${module('disk')})).replaceFile('/proc/no/file', '')`,
      /ENOENT/,
    ],
    [
      'is refused for a lock',
      `(await import(${module('lock')})).tryLock('/proc/no/lock', 'shared')`,
      /ENOENT/,
    ],
    [
      'is refused for a cache',
      `await (await import(${module('lock')})).locksOf('/proc/no').open()`,
      /may not be written/,
    ],
  ])('%s', async (_, script, expected) => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
    const refused = promisify(execFile)(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' })
    await expect(refused).rejects.toThrow(expected)
  })
})
