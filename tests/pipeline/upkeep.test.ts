import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { create, extract } from 'tar'
import { describe, expect, test } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import { sha256 } from '../../pipeline/fingerprint.ts'
import { exportResults, importResults, listResults, pruneResults } from '../../pipeline/upkeep.ts'
import { quick, toyStages } from './fixtures/toy/study.ts'
import { contentPath, digests, filesBelow, temporaryFolder, toyRun } from './helpers.ts'

const names = toyStages(quick).map(({ name }) => name)

test('the results are listed with what is wrong with them', async () => {
  const cache = temporaryFolder()
  const { stages } = await toyRun(cache)
  const results = await listResults(openCache(cache), true)
  expect(results.map(({ manifest, damages }) => [manifest!.stage, damages])).toEqual(
    [...names].sort().map((name) => [name, []]),
  )
  await rm(await contentPath(cache, stages.total.files!['total.json'].integrity))
  const damaged = (await listResults(openCache(cache), true)).filter(({ damages }) => damages.length > 0)
  expect(damaged.map(({ manifest, damages }) => [manifest!.stage, damages])).toEqual([
    ['total', ['total.json is missing']],
  ])
})

describe('pruning', () => {
  test('leaves the most recent result of each stage, and what is left is fresh', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    await toyRun(cache, {}, toyStages({ ...quick, rates: { ...quick.rates, b: 0.25 } }))
    expect(await listResults(openCache(cache), false)).toHaveLength(7)
    const { removed, results } = await pruneResults(openCache(cache), { quick: names })
    expect(removed).toBeGreaterThan(0)
    expect(results).toBe(5)
    expect(
      (await toyRun(cache, {}, toyStages({ ...quick, rates: { ...quick.rates, b: 0.25 } }))).made,
    ).toEqual([])
    expect((await toyRun(cache)).made).toEqual(['training b', 'total'])
  })

  test('removes the results of stages and profiles that are no more, and checkpoints', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    await cp(join(cache, 'last-run.json'), join(cache, 'checkpoints', 'k'))
    expect((await pruneResults(openCache(cache), { quick: ['numbers'] })).results).toBe(1)
    expect(await filesBelow(cache)).not.toContain(join(cache, 'checkpoints', 'k'))
    expect((await pruneResults(openCache(cache), { other: names })).results).toBe(0)
  })

  test('is refused while a run has the cache open', async () => {
    const cache = temporaryFolder()
    const opened = await openCache(cache).locks.open()
    await expect(pruneResults(openCache(cache), { quick: names })).rejects.toThrow(
      /^A run has the cache .* open\. Prune it when the run has ended\.$/,
    )
    opened.release()
  })
})

describe('an archive', () => {
  test.each(['results.tar', 'results.tar.gz'])(
    '%s carries results to another cache, where nothing is left to run',
    async (name) => {
      const [cache, other] = [temporaryFolder(), temporaryFolder()]
      await toyRun(cache)
      const archive = join(temporaryFolder(), name)
      expect(await exportResults(openCache(cache), archive)).toBe(5)
      expect(await importResults(openCache(other), archive)).toHaveLength(5)
      expect((await toyRun(other)).made).toEqual([])
      expect(await digests(other)).toEqual(await digests(cache))
    },
  )

  test.skipIf(process.platform !== 'linux')('is not made where no folder can be', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const written = exportResults(openCache(cache), '/proc/no/such/folder/results.tar')
    await expect(written).rejects.toThrow(/^\/proc\S+ was not written: .*mkdir '\/proc\/no'/)
  })

  test('takes the place of an earlier one, and of no other file', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const archive = join(temporaryFolder(), 'results.tar')
    for (const _ of [1, 2]) expect(await exportResults(openCache(cache), archive)).toBe(5)
    const notes = join(temporaryFolder(), 'notes.md')
    await writeFile(notes, 'mine')
    await expect(exportResults(openCache(cache), notes)).rejects.toThrow(
      'is no archive of results and is not replaced',
    )
    const other = join(temporaryFolder(), 'other.tar')
    await create({ cwd: dirname(notes), file: other }, ['notes.md'])
    await expect(exportResults(openCache(cache), other)).rejects.toThrow('is no archive of results')
    expect(await readFile(notes, 'utf8')).toBe('mine')
  })

  test('is not made of damaged results', async () => {
    const cache = temporaryFolder()
    const { stages } = await toyRun(cache)
    await rm(await contentPath(cache, stages.total.files!['total.json'].integrity))
    await expect(exportResults(openCache(cache), join(cache, 'a.tar'))).rejects.toThrow(
      'The result of total is damaged: total.json is missing.',
    )
    await expect(exportResults(openCache(temporaryFolder()), join(cache, 'a.tar'))).rejects.toThrow(
      'There are no results in',
    )
  })

  test('of which any byte is wrong is refused as a whole', async () => {
    const [cache, home] = [temporaryFolder(), temporaryFolder()]
    await toyRun(cache)
    const archive = join(home, 'a.tar')
    await exportResults(openCache(cache), archive)
    await extract({ cwd: home, file: archive })
    const files = (await filesBelow(home)).filter((path) => path !== archive)
    expect(files.length).toBeGreaterThan(10)
    for (const path of files) {
      const bytes = await readFile(path)
      const damaged = Uint8Array.from(bytes)
      damaged[Math.floor(bytes.length / 2)] ^= 1
      await writeFile(path, damaged)
      await create({ cwd: home, file: join(home, 'b.tar') }, ['results', 'content'])
      const other = temporaryFolder()
      await expect(importResults(openCache(other), join(home, 'b.tar')), path).rejects.toThrow(
        /was not imported: .* does not have its digest/,
      )
      expect(await filesBelow(other)).toEqual([])
      await writeFile(path, bytes)
    }
    // Under the digest of what it says, too, a record says all that a record has to.
    const record = files.find((path) => path.includes('/results/'))!
    const text = await readFile(record, 'utf8')
    for (const field of ['stage', 'digest', 'files', 'fingerprint', 'made']) {
      const { [field]: _, ...rest } = JSON.parse(text)
      const forged = JSON.stringify(rest)
      await rm(record)
      const place = record.replace(/-[0-9a-f]+\.json$/, `-${sha256(forged)}.json`)
      await writeFile(place, forged)
      await create({ cwd: home, file: join(home, 'b.tar') }, ['results', 'content'])
      await expect(importResults(openCache(temporaryFolder()), join(home, 'b.tar'))).rejects.toThrow(
        `is not a record of this version at ${field}`,
      )
      await rm(place)
      await writeFile(record, text)
    }
    const whole = await readFile(archive)
    await writeFile(archive, whole.subarray(0, whole.length / 2))
    await expect(importResults(openCache(temporaryFolder()), archive)).rejects.toThrow(/was not imported/)
    await expect(importResults(openCache(temporaryFolder()), join(home, 'none.tar'))).rejects.toThrow(
      'was not imported: there is no such file',
    )
  })
})
