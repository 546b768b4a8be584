import { describe, expect, test } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import { deviations, lockRun } from '../../pipeline/reproduction.ts'
import { quick, toyStages } from './fixtures/toy/study.ts'
import { lastRun, temporaryFolder, toyRun } from './helpers.ts'

const changed = toyStages({ ...quick, rates: { ...quick.rates, b: 0.25 } })

describe('the record of reproducibility', () => {
  test('is the same for two runs from nothing', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()]
    await toyRun(a)
    await toyRun(b)
    const lock = await lockRun(await lastRun(a))
    expect(await lockRun(await lastRun(b))).toEqual(lock)
    expect(await deviations(lock, await lastRun(b), openCache(a).store)).toEqual([])
    expect(lock).toMatchObject({ profile: 'quick', engine: 'abacus (1.0)', node: process.versions.node })
    expect(Object.keys(lock.stages.numbers.files['numbers.safetensors'].tensors!)).toEqual(['wide', 'narrow'])
  })

  test('says which tensor differs, by how much and from which stage on', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()]
    await toyRun(a)
    await toyRun(b, {}, changed)
    const lock = await lockRun(await lastRun(a))
    const found = await deviations(lock, await lastRun(b), openCache(a).store)
    expect(found.map(({ stage, consequence }) => [stage, consequence])).toEqual([
      ['training b', false],
      ['total', true],
    ])
    expect([...found[0].details].sort()).toEqual([
      expect.stringMatching(/^history\.json: last is 0\.\d+ instead of 0\.\d+$/),
      expect.stringMatching(
        /^parameters\.safetensors: tensor values \[5\]: 5 of 5 values differ, by at most 0\.\d+ \(largest value 0\.\d+\)$/,
      ),
    ])
    const elsewhere = await deviations(lock, await lastRun(b), openCache(temporaryFolder()).store)
    expect(elsewhere[0].details).toContain(
      'parameters.safetensors: tensor values differs (by how much is not known: the recorded one is not in the cache)',
    )
  })

  test('says which stages are new and which are gone', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()]
    await toyRun(a)
    await toyRun(b, {}, toyStages({ ...quick, rates: { a: 0.1, b: 0.2, d: 0.4 } }))
    const found = await deviations(await lockRun(await lastRun(a)), await lastRun(b), openCache(a).store)
    expect(found).toContainEqual({
      stage: 'training d',
      details: ['the stage is not in the record'],
      consequence: false,
    })
    expect(found).toContainEqual({ stage: 'training c', details: ['the stage is gone'], consequence: false })
  })
})
