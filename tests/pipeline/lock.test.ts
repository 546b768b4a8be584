import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lock, locksOf, tryLock } from '../../pipeline/lock.ts'
import { temporaryFolder } from './helpers.ts'

const module = new URL('../../pipeline/lock.ts', import.meta.url).href

/** A process that holds the lock until it is killed. */
async function holder(folder: string, file: string) {
  const script = join(folder, 'holder.mjs')
  writeFileSync(
    script,
    // The lock is the process's own, global: what nothing refers to is collected, and its lock is released.
    `import { tryLock } from '${module}'
globalThis.held = tryLock('${file}', 'exclusive')
process.send(held !== undefined)
setInterval(() => {}, 1000)`,
  )
  const child = fork(script, { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await once(child, 'message')).toEqual([true, undefined])
  return child
}

test('a lock is held by one process until it is killed, and then is free at once', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'lock')
  const child = await holder(folder, file)
  expect(tryLock(file, 'exclusive')).toBeUndefined()
  let waited = false
  const held = lock(file, 'exclusive', () => {
    waited = true
  })
  child.kill('SIGKILL')
  await held
  expect(waited).toBe(true)
})

test('a lock can be held twice if it is shared, but then by nobody alone', () => {
  const file = join(temporaryFolder(), 'lock')
  const holders = [tryLock(file, 'shared'), tryLock(file, 'shared')]
  expect(holders).not.toContain(undefined)
  expect(tryLock(file, 'exclusive')).toBeUndefined()
  for (const each of holders) each!.release()
  expect(tryLock(file, 'exclusive')).toBeDefined()
})

test('a result is being made as long as its lock is held', async () => {
  const locks = locksOf(temporaryFolder())
  const held = await locks.result('key')
  expect(locks.isBeingMade('key')).toBe(true)
  expect(locks.isBeingMade('another')).toBe(false)
  held.release()
  expect(locks.isBeingMade('key')).toBe(false)
})

test('nobody has the cache alone while a run has it open', async () => {
  const locks = locksOf(temporaryFolder())
  const first = await locks.open()
  const second = await locks.open()
  expect(locks.alone()).toBeUndefined()
  first.release()
  second.release()
  expect(locks.alone()).toBeDefined()
})

test('a lock is what it was when its file holds anything else, and names the folder in its place', async () => {
  const folder = temporaryFolder()
  const locks = locksOf(folder)
  for (const garbage of [
    'garbage',
    'x'.repeat(5000),
    '<<<<<<< HEAD\n',
    'SQLite format 3\0'.padEnd(4096, '?'),
  ]) {
    const opened = await locks.open()
    opened.release()
    writeFileSync(join(folder, 'locks/cache'), garbage)
    const held = await locks.open()
    expect(locks.alone()).toBeUndefined()
    held.release()
  }
  rmSync(join(folder, 'locks/cache'))
  mkdirSync(join(folder, 'locks/cache'))
  await expect(locks.open()).rejects.toThrow(
    `a folder is in the place of its file ${join(folder, 'locks/cache')}. Move that folder away`,
  )
})

test('a lock whose path is longer than can be locked is told from a disk that is full', () => {
  const locks = locksOf(join(temporaryFolder(), ...Array(3).fill('a'.repeat(200))))
  expect(() => locks.alone()).toThrow('its path is too long. Move it to a shorter one')
})
