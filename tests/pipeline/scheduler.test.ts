import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Interrupted } from '../../pipeline/scheduler.ts'
import { quick, toyStages } from './fixtures/toy/study.ts'
import { temporaryFolder, toyCopy, toyRun } from './helpers.ts'

describe('a run', () => {
  test('makes every stage once, and the second time none', async () => {
    const cache = temporaryFolder()
    const first = await toyRun(cache)
    expect(first.made).toEqual(['numbers', 'training a', 'training b', 'training c', 'total'])
    const second = await toyRun(cache)
    expect(second.made).toEqual([])
    for (const [name, { digest, key, seconds }] of Object.entries(first.stages)) {
      expect(second.stages[name]).toMatchObject({ status: 'fresh', digest, key, seconds })
    }
  })

  test('makes again only the branch of which a parameter changed, and says which', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const changed = toyStages({ ...quick, rates: { ...quick.rates, b: 0.25 } })
    const { made, stages } = await toyRun(cache, {}, changed)
    expect(made).toEqual(['training b', 'total'])
    expect(stages['training b'].reason).toBe('parameter rate 0.2 -> 0.25')
    expect(stages.total.reason).toBe('upstream training b: another result')
    expect((await toyRun(cache)).made).toEqual([])
  })

  test('makes again what uses changed code, and nothing after it if the result is the same', async () => {
    const cache = temporaryFolder()
    const root = await toyCopy()
    await toyRun(cache, { root })
    const helper = join(root, 'arithmetic.ts')
    const source = await readFile(helper, 'utf8')
    await writeFile(helper, `// A remark.\n${source}`)
    expect((await toyRun(cache, { root })).made).toEqual([])
    await writeFile(helper, source.replace('3.9 * x * (1 - x)', '(3.9 * x) * (1 - x) + 0 * x'))
    const { made, stages } = await toyRun(cache, { root })
    expect(made).toEqual(['training a', 'training b', 'training c'])
    expect(stages['training a'].reason).toBe('code arithmetic.ts')
    expect(stages.total.status).toBe('fresh')
  })

  test('with another engine makes again only what uses the engine, and what comes of it', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const { stages, made } = await toyRun(cache, { engine: { name: 'slide rule', version: '1.0' } })
    expect(made).toEqual(['training a', 'training b', 'training c'])
    expect(stages['training a'].reason).toBe('engine abacus (1.0) -> slide rule (1.0)')
  })

  test('of some stages makes what they need and leaves the others', async () => {
    const cache = temporaryFolder()
    const { made, stages } = await toyRun(cache, { only: ['training b'] })
    expect(made).toEqual(['numbers', 'training b'])
    expect(stages['training a']).toMatchObject({ status: 'skipped', reason: 'not made before' })
    expect(stages.total).toMatchObject({ status: 'skipped', reason: 'needs training a, training c' })
  })

  test('makes a stage again when told to, and what needs it stays fresh if the result is the same', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    const { made, stages } = await toyRun(cache, { force: ['training a'] })
    expect(made).toEqual(['training a'])
    expect(stages['training a'].reason).toBe('asked for with --force')
  })

  test('tells of progress', async () => {
    const { events } = await toyRun(temporaryFolder(), { only: ['training a'] })
    expect(events['training a'].map(({ type }) => type)).toEqual(
      expect.arrayContaining(['running', 'started', 'progress', 'settled']),
    )
    expect(events['training a'].find(({ type }) => type === 'progress')).toMatchObject({
      total: 20,
      unit: 'steps',
    })
  })

  test('that is interrupted ends its workers, and keeps what was made', async () => {
    const cache = temporaryFolder()
    const interruption = new AbortController()
    const slow = toyStages({ ...quick, steps: 10_000, pause: 10 })
    const observer = {
      started() {},
      stage(_: string, { type }: { type: string }) {
        if (type === 'progress') interruption.abort()
      },
      ended() {},
      stopped() {},
    }
    await expect(toyRun(cache, { signal: interruption.signal, observer }, slow)).rejects.toThrow(Interrupted)
    expect((await toyRun(cache, { only: ['numbers'] }, slow)).made).toEqual([])
  })
})

describe('a stage that fails', () => {
  const ways = ['throws', 'aborts', 'exits', 'killed', 'gives NaN', 'never ends its process']
  const messages: Record<string, string | RegExp> = {
    throws: /^Error: the cost is not a number\n {4}at .*trouble\.ts/,
    aborts: /^crashed \(SIGABRT\)/,
    exits: 'ended without a result',
    killed: 'was killed (SIGKILL), most often because the machine ran out of memory',
    'gives NaN': /bad\.json cannot be written: cost is NaN/,
  }

  test('is reported, however it fails, and the others finish', async () => {
    const { stages, record } = await toyRun(temporaryFolder(), {}, toyStages({ ...quick, troubles: ways }))
    for (const [way, message] of Object.entries(messages)) {
      const stage = stages[`trouble ${way}`]
      expect(stage, way).toMatchObject({ status: 'failed', parameters: { how: way } })
      expect(stage.reason, way).toMatch(message)
    }
    expect(stages['trouble never ends its process'].status).toBe('made')
    expect(record.stages.filter(({ status }) => status === 'made')).toHaveLength(6)
  })

  test('keeps those that need it from running, and is tried again by the next run', async () => {
    const cache = temporaryFolder()
    const [numbers, a, ...rest] = toyStages(quick)
    const broken = [numbers, { ...a, module: 'trouble.ts', parameters: { how: 'throws' } }, ...rest]
    const { stages } = await toyRun(cache, {}, broken)
    expect(stages['training b'].status).toBe('made')
    expect(stages.total).toMatchObject({ status: 'blocked', reason: 'needs training a' })
    expect((await toyRun(cache)).made).toEqual(['training a', 'total'])
  })

  test('for want of memory says so', async () => {
    const options = { memory: 80 * 2 ** 20, only: ['trouble fills the heap'] }
    const { stages } = await toyRun(
      temporaryFolder(),
      options,
      toyStages({ ...quick, troubles: ['fills the heap'] }),
    )
    expect(stages['trouble fills the heap']).toMatchObject({
      status: 'failed',
      reason: 'ran out of memory: its JavaScript heap passed the bound set with --memory',
    })
  })
})

test('code that is edited while a run is under way does not make a result under the old code’s key', async () => {
  const cache = temporaryFolder()
  const root = await toyCopy()
  const observer = {
    started() {},
    stage(name: string, { type }: { type: string }) {
      if (name !== 'numbers' || type !== 'settled') return
      const helper = join(root, 'arithmetic.ts')
      edit = readFile(helper, 'utf8').then((source) => writeFile(helper, source.replace('3.9', '3.7')))
    },
    ended() {},
    stopped() {},
  }
  let edit: Promise<void> | undefined
  const { stages } = await toyRun(cache, { root, observer, jobs: 1 })
  await edit
  expect(stages['training c']).toMatchObject({
    status: 'failed',
    reason: 'arithmetic.ts changed while the run was under way. Run again for a result of the new code.',
  })
  expect((await toyRun(cache, { root })).stages['training c'].status).toBe('made')
})
