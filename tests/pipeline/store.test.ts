import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import { checkpointOf } from '../../pipeline/checkpoint.ts'
import { keyOf } from '../../pipeline/fingerprint.ts'
import { digestOf, openStore, serialize } from '../../pipeline/store.ts'
import { contentPath, filesBelow, lastRun, temporaryFolder, toyRun } from './helpers.ts'

const artifacts = {
  'weights.safetensors': { w: { shape: [2], data: Float32Array.of(1, 2), axes: ['unit'], unit: '1' } },
  'history.json': { cost: [3, 2.5], note: 'é' },
}
const fingerprint = {
  parameters: 1,
  engine: null,
  upstream: {},
  code: { hash: '0'.repeat(64), packages: {}, modules: {} },
}
const about = (seconds: number) => ({
  stage: 'training',
  fingerprint,
  made: { date: '2026-01-01T00:00:00.000Z', seconds, memory: 1 },
})

describe('the store', () => {
  test('gives back what was kept, under its key', async () => {
    const store = openStore(temporaryFolder())
    const key = keyOf(fingerprint)
    expect(await store.manifest(key)).toBeUndefined()
    const kept = await store.keep(key, artifacts, about(1))
    expect(await store.manifest(key)).toEqual(kept)
    const upstream = store.upstream('training', kept.files)
    expect(await upstream.tensors('weights.safetensors')).toEqual(artifacts['weights.safetensors'])
    expect(await upstream.json('history.json')).toEqual(artifacts['history.json'])
    expect(await store.damages(kept)).toEqual([])
  })

  test('has a digest of a result that depends on its files and not on what it cost', async () => {
    const store = openStore(temporaryFolder())
    const [a, b] = [await store.keep('a', artifacts, about(1)), await store.keep('b', artifacts, about(99))]
    const c = await store.keep('c', { ...artifacts, 'history.json': { cost: [3, 2.6], note: 'é' } }, about(1))
    expect(a.digest).toBe(b.digest)
    expect(a.digest).toBe(digestOf(b.files))
    expect(c.digest).not.toBe(a.digest)
  })

  test.each([
    [
      'flipped',
      'does not have its digest: some of its bytes were changed',
      async (path: string) => {
        const bytes = await readFile(path)
        bytes[bytes.length - 1] ^= 1
        await writeFile(path, bytes)
      },
    ],
    ['truncated', 'is truncated or padded: 10 bytes instead of 28', (path: string) => truncate(path, 10)],
    ['missing', 'is missing', (path: string) => rm(path)],
  ])('notices, names and replaces a file that is %s', async (_, what, damage) => {
    const folder = temporaryFolder()
    const store = openStore(folder)
    const kept = await store.keep('k', artifacts, about(1))
    expect(kept.files['history.json'].size).toBe(28)
    await damage(await contentPath(folder, kept.files['history.json'].integrity))
    expect(await store.damages(kept)).toEqual([`history.json ${what}`])
    await expect(store.upstream('training', kept.files).json('history.json')).rejects.toThrow(
      `history.json of stage "training" ${what}. \`npm run experiments\` makes it again.`,
    )
    await store.keep('k', artifacts, about(1))
    expect(await store.damages(kept)).toEqual([])
  })

  test('names the nearest file when one is asked for that a result does not have', async () => {
    const store = openStore(temporaryFolder())
    const { files } = await store.keep('k', artifacts, about(1))
    await expect(store.upstream('training', files).json('histroy.json')).rejects.toThrow(
      'unknown file of stage "training" "histroy.json". Did you mean "history.json"?',
    )
  })

  test('refuses a file of another kind, and numbers that JSON does not have, saying where', () => {
    expect(() => serialize({ 'notes.txt': 'x' })).toThrow(
      'A result\'s file is named *.safetensors or *.json, not "notes.txt".',
    )
    expect(() => serialize({ 'a.json': { layers: [{ cosine: Number.NaN }] } })).toThrow(
      'a.json cannot be written: layers.0.cosine is NaN, which JSON does not have; null would do.',
    )
  })
})

describe('a checkpoint', () => {
  test('gives back the state that was saved last', async () => {
    const checkpoint = checkpointOf(temporaryFolder(), 'k')
    expect(await checkpoint.load()).toBeUndefined()
    await checkpoint.save({ state: { 'step.json': 1 }, seconds: 1 })
    await checkpoint.save({ state: artifacts, seconds: 2.5 })
    expect(await checkpoint.load()).toEqual({ state: artifacts, seconds: 2.5 })
    await checkpoint.remove()
    expect(await checkpoint.load()).toBeUndefined()
  })

  test('is refused if any of its bytes is wrong', async () => {
    const folder = temporaryFolder()
    const checkpoint = checkpointOf(folder, 'k')
    await checkpoint.save({ state: artifacts, seconds: 2.5 })
    const path = join(folder, 'checkpoints', 'k')
    const bytes = await readFile(path)
    for (const position of bytes.keys()) {
      bytes[position] ^= 1
      await writeFile(path, bytes)
      await expect(checkpoint.load()).rejects.toThrow(
        'the checkpoint of an interrupted attempt does not have its digest',
      )
      bytes[position] ^= 1
    }
  })
})

describe('the last run', () => {
  test('gives the site its stages and their files', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const run = await lastRun(cache)
    expect(run.stages.map(({ name }) => name)).toEqual([
      'numbers',
      'training a',
      'training b',
      'training c',
      'total',
    ])
    expect(await run.stage('numbers').json('about.json')).toEqual({ count: 5, first: 1 })
    expect((await run.stage('numbers').tensors('numbers.safetensors')).wide).toEqual({
      shape: [5],
      data: Float64Array.of(1, 2, 3, 4, 5),
      axes: ['number'],
      unit: 's',
    })
    expect(() => run.stage('trainig a')).toThrow('unknown stage "trainig a". Did you mean "training a"')
  })

  test('is not read if it is missing or any of its bytes is wrong', async () => {
    const cache = temporaryFolder()
    await expect(lastRun(cache)).rejects.toThrow(/^There are no results yet: .* Run `npm run experiments`\.$/)
    await toyRun(cache)
    const { id } = await lastRun(cache)
    const path = join(cache, 'runs', `${id}.json`)
    const text = await readFile(path, 'utf8')
    const last = join(cache, 'last-run.json')
    const pointer = await readFile(last, 'utf8')
    const remedy = 'Run `npm run experiments`.'
    for (const [file, content, what] of [
      [path, text.replace('"count": 5', '"count": 6'), 'does not have its digest'],
      [path, text.slice(0, -20), /is not JSON \(.*\)/],
      [path, 'null', /is not a record of this version \(.*\)/],
      [path, text.replace('"made"', '"Made"'), /is not a record of this version at stages\.0\.status \(.*\)/],
      [path, text.replace('"numbers"', '"num\\u001bbers"'), /at stages\.0\.name \(has to be a name without/],
      [last, '{}', /is not a record of this version at run \(.*\)/],
      [last, `<<<<<<< HEAD\n${pointer}`, 'has conflict markers of git, the first in line 1'],
    ] as const) {
      await writeFile(file, content)
      const complaint = await lastRun(cache).catch((error) => error.message)
      expect(complaint).toContain(`${file} is damaged: it `)
      expect(complaint).toMatch(what)
      expect(complaint.endsWith(remedy)).toBe(true)
      await writeFile(file, file === path ? text : pointer)
    }
    expect((await lastRun(cache)).id).toBe(id)
  })

  test('is the one that was asked for by its id, whatever other run ended since', async () => {
    const cache = temporaryFolder()
    const { record } = await toyRun(cache)
    const other = await toyRun(cache, { profile: 'other', engine: { name: 'slide rule', version: '1.0' } })
    expect((await lastRun(cache)).id).toBe(other.record.id)
    const run = await openCache(cache).runs.read(record.id)
    expect(run).toMatchObject({ id: record.id, profile: 'quick', engine: { name: 'abacus' } })
    await expect(openCache(cache).runs.read('0'.repeat(64))).rejects.toThrow(
      /^The record of the run is gone: .*0{64}\.json is missing\. Run `npm run experiments`\.$/,
    )
  })

  test('leaves nothing behind but results, locks and its record', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const names = (await filesBelow(cache)).map((path) => path.slice(cache.length + 1))
    expect(
      names.filter(
        (name) =>
          !/^(results\/(content|index)-v\d\/|locks\/|runs\/[0-9a-f]{64}\.json$|last-run\.json$)/.test(name),
      ),
    ).toEqual([])
  })
})
