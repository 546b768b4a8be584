import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import { codeOfMembers, type Evidence, readEvidence, writeEvidence } from '../../pipeline/evidence.ts'
import {
  MembersFailed,
  readCosts,
  runSweep,
  type SweepObserver,
  type SweepOptions,
  sampleOf,
  shareOf,
  standings,
  verifyMembers,
} from '../../pipeline/sweep.ts'
import { estimate, sweepProgressOn } from '../../pipeline/sweep-progress.ts'
import { exportResults, importResults, pruneResults } from '../../pipeline/upkeep.ts'
import { toyRoot } from './fixtures/toy/study.ts'
import { toySweep, toySweepOptions } from './fixtures/toy/sweep.ts'
import { filesBelow, temporaryFolder, toyCopy } from './helpers.ts'

/** A sweep's surroundings, and the ids of the members that a run of it makes. */
function setting(options: Partial<SweepOptions> = {}) {
  const [cache, evidence] = [temporaryFolder(), temporaryFolder()]
  const all = { ...toySweepOptions(cache, evidence), ...options }
  return {
    ...all,
    async made(members = toySweep(), more: Partial<SweepOptions> = {}): Promise<string[]> {
      const made: string[] = []
      const observer: SweepObserver = {
        planned() {},
        started: () => undefined,
        made: ({ id }) => made.push(id),
        failed() {},
        stopped() {},
      }
      await runSweep(members, { ...all, observer, ...more })
      return made
    },
    recorded: async () => (await readEvidence(all.evidence, 'toy')) as Evidence,
  }
}

describe('a sweep', () => {
  test('records of each member its measures and the digests of all its stages, and keeps no tensors', async () => {
    const sweep = setting()
    expect(await sweep.made()).toEqual(['toy-1001', 'toy-1002', 'toy-1003'])
    const { members, engine } = await sweep.recorded()
    expect(engine).toBe('abacus (1.0)')
    expect(members.map(({ id, group, seed }) => ({ id, group, seed }))).toEqual(
      toySweep().map(({ id, group, seed }) => ({ id, group, seed })),
    )
    expect(members.map(({ measures }) => measures)).toMatchObject([{ count: 3 }, { count: 4 }, { count: 5 }])
    expect(Object.keys(members[0].stages)).toEqual(
      ['numbers toy-1001', 'training toy-1001', 'measures toy-1001'].sort(),
    )
    expect((await filesBelow(sweep.cache.folder)).filter((path) => path.includes('sweeps'))).toEqual([
      join(sweep.cache.folder, 'sweeps', 'toy', 'costs.json'),
    ])
  })

  test('computes nothing that is recorded, and only what is new or of another protocol', async () => {
    const sweep = setting()
    await sweep.made()
    expect(await sweep.made()).toEqual([])
    expect(await sweep.made(toySweep({ count: 4 }))).toEqual(['toy-1004'])
    const changed = [...toySweep({ count: 4, steps: 21 }).slice(0, 1), ...toySweep({ count: 4 }).slice(1)]
    expect(await sweep.made(changed)).toEqual(['toy-1001'])
    expect((await sweep.recorded()).members.map(({ id }) => id)).toEqual(
      toySweep({ count: 4 }).map(({ id }) => id),
    )
  })

  test('takes members from the evidence in an empty cache, and from the cache without evidence', async () => {
    const sweep = setting()
    await sweep.made()
    expect(await sweep.made(toySweep(), { cache: openCache(temporaryFolder()) })).toEqual([])
    const elsewhere = temporaryFolder()
    expect(await sweep.made(toySweep(), { evidence: elsewhere })).toEqual([])
    expect(await readEvidence(elsewhere, 'toy')).toEqual(await sweep.recorded())
  })

  test('computes again what code that trains or measures changed, unless a stamp says that the outcome is the same', async () => {
    const root = await toyCopy()
    const sweep = setting({ root })
    await sweep.made()
    const path = join(root, 'measure.ts')
    await writeFile(path, (await readFile(path, 'utf8')).replace('data.length', 'data.length + 0'))
    const found = await standings(toySweep(), await codeOfMembers(root, toySweep()), sweep)
    expect(found.map(({ state, reason }) => [state, reason])).toEqual(
      Array(3).fill(['missing', 'recorded of other code']),
    )
    const before = await sweep.recorded()
    const codes = [...new Set(found.map(({ code }) => code))]
    const verified = { codes, node: '22', commit: 'c0ffee', members: ['toy-1001'], date: '2026-11-25' }
    await writeEvidence(sweep.evidence, { ...before, verified })
    expect(await sweep.made()).toEqual([])
    await writeEvidence(sweep.evidence, before)
    expect(await sweep.made()).toEqual(['toy-1001', 'toy-1002', 'toy-1003'])
    expect((await sweep.recorded()).members.map(({ digest }) => digest)).toEqual(
      before.members.map(({ digest }) => digest),
    )
  })

  test('keeps what it made when results of runs are pruned', async () => {
    const sweep = setting()
    await sweep.made(toySweep({ count: 1 }))
    await pruneResults(sweep.cache, { quick: [] })
    expect(await sweep.made(toySweep({ count: 1 }), { evidence: temporaryFolder() })).toEqual([])
  })

  test('goes on with the others when a member fails, and says which failed', async () => {
    const sweep = setting()
    await expect(sweep.made(toySweep({ trouble: true }))).rejects.toThrow(MembersFailed)
    expect((await sweep.recorded()).members.map(({ id }) => id)).toEqual(['toy-1001', 'toy-1003'])
  })

  test('in shares, joined by export and import, records the same as in one', async () => {
    const whole = setting()
    await whole.made()
    const shares = [setting(), setting()]
    expect(await shares[0].made(toySweep(), { shard: { index: 1, of: 2 } })).toEqual(['toy-1001', 'toy-1003'])
    expect(await shares[1].made(toySweep(), { shard: { index: 2, of: 2 } })).toEqual(['toy-1002'])
    const joined = setting()
    for (const { cache } of shares) {
      const archive = join(temporaryFolder(), 'share.tar')
      await exportResults(cache, archive)
      await importResults(joined.cache, archive)
    }
    expect(await joined.made()).toEqual([])
    expect(await joined.recorded()).toEqual(await whole.recorded())
  })

  test('computes again a member whose result in the cache is damaged', async () => {
    const sweep = setting()
    await sweep.made(toySweep({ count: 1 }))
    const measures = (await filesBelow(sweep.cache.folder)).filter((path) => path.includes('content-v2'))
    for (const path of measures) await writeFile(path, 'damage')
    expect(await sweep.made(toySweep({ count: 1 }), { evidence: temporaryFolder() })).toEqual(['toy-1001'])
  })

  test('killed in the middle of a member, keeps those that are done and goes on from the last checkpoint', async () => {
    const sweep = setting()
    const arguments_ = [join(toyRoot, 'sweep.ts'), sweep.cache.folder, sweep.evidence, '10']
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...arguments_])
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (data) => {
        output += data
        if (/made {5}toy-1001[\s\S]*training toy-1002: [3-9]\d\/100/.test(output)) resolve()
      })
      child.once('close', () => resolve())
    })
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect((await sweep.recorded()).members.map(({ id }) => id)).toEqual(['toy-1001'])
    const events: string[] = []
    await runSweep(toySweep({ pause: 10, steps: 100 }), {
      ...sweep,
      observer: {
        planned() {},
        started: () => ({
          started() {},
          stage: (name, { type }) => events.push(`${type} ${name}`),
          ended() {},
          stopped() {},
        }),
        made() {},
        failed() {},
        stopped() {},
      },
    })
    expect(events).toContain('resumed training toy-1002')
    expect(events).not.toContain('resumed training toy-1003')
    const undisturbed = setting()
    await undisturbed.made(toySweep({ pause: 10, steps: 100 }))
    expect((await sweep.recorded()).members).toEqual((await undisturbed.recorded()).members)
  })

  test('two at once make each member once between them', async () => {
    const sweep = setting()
    const members = toySweep({ count: 4, pause: 5 })
    const made = await Promise.all([sweep.made(members), sweep.made(members)])
    expect(made.flat().sort()).toEqual(members.map(({ id }) => id))
    expect((await sweep.recorded()).members).toHaveLength(4)
  })
})

describe('evidence', () => {
  const corrupted = async (change: (text: string) => string) => {
    const sweep = setting()
    await sweep.made()
    const path = join(sweep.evidence, 'toy.json')
    await writeFile(path, change(await readFile(path, 'utf8')))
    return readEvidence(sweep.evidence, 'toy')
  }

  test('is a file with a member a line', async () => {
    const sweep = setting()
    await sweep.made()
    expect(await readdir(sweep.evidence)).toEqual(['toy.json'])
    expect((await readFile(join(sweep.evidence, 'toy.json'), 'utf8')).trimEnd().split('\n')).toHaveLength(5)
  })

  test('that was changed by hand is not read', async () => {
    await expect(corrupted((text) => text.replace('"count":4', '"count":40'))).rejects.toThrow(
      /toy\.json was changed by hand: the measures of member "toy-1002" do not have their digest\. .*npm run sweep -- toy/,
    )
  })

  test('that is not JSON, or not evidence, is named with the place', async () => {
    await expect(corrupted((text) => text.slice(0, 100))).rejects.toThrow(/toy\.json is not JSON/)
    await expect(corrupted((text) => text.replace('"seed":1002', '"seed":"x"'))).rejects.toThrow(
      /toy\.json is not the evidence of a sweep: at members\.1\.seed, /,
    )
  })

  test('that is not there is undefined', async () => {
    expect(await readEvidence(temporaryFolder(), 'toy')).toBeUndefined()
  })
})

describe('verifying', () => {
  test('chooses members by the commit, others with another commit, each as often as any', () => {
    const members = toySweep({ count: 20 })
    const ids = (commit: string) => sampleOf(members, 3, commit).map(({ id }) => id)
    expect(ids('a')).toEqual(ids('a'))
    const chosen = Array.from({ length: 400 }, (_, i) => ids(`commit ${i}`)).flat()
    const counts = members.map(({ id }) => chosen.filter((other) => other === id).length)
    // Each is expected 60 times; six standard deviations either way.
    expect(Math.min(...counts)).toBeGreaterThan(60 - 6 * 7.2)
    expect(Math.max(...counts)).toBeLessThan(60 + 6 * 7.2)
  })

  test('computes the chosen members again, and names the first stage whose result differs', async () => {
    const sweep = setting()
    await sweep.made()
    const evidence = await sweep.recorded()
    const verify = (found: Evidence, count: number) =>
      verifyMembers(toySweep(), found, {
        root: sweep.root,
        engine: sweep.engine,
        scratch: temporaryFolder(),
        commit: 'c0ffee',
        count,
      })
    const { differing, stamp } = await verify(evidence, 2)
    expect(differing).toEqual([])
    expect(stamp).toMatchObject({
      codes: [evidence.members[0].code],
      commit: 'c0ffee',
      members: sampleOf(toySweep(), 2, 'c0ffee')
        .map(({ id }) => id)
        .sort(),
    })
    const other = evidence.members[1].stages['training toy-1002']
    const forged = evidence.members.map((member) => ({
      ...member,
      stages: { ...member.stages, [`training ${member.id}`]: other },
    }))
    expect((await verify({ ...evidence, members: forged }, 3)).differing).toEqual(
      expect.arrayContaining([{ id: 'toy-1001', from: 'training toy-1001' }]),
    )
    await expect(
      verifyMembers(toySweep({ steps: 21 }), evidence, {
        root: sweep.root,
        engine: sweep.engine,
        scratch: temporaryFolder(),
        commit: 'c0ffee',
        count: 1,
      }),
    ).rejects.toThrow('No member of "toy" is recorded as its protocol is.')
  })
})

describe('progress', () => {
  test('says how many members are done and for how long it goes on, from what they cost', () => {
    let now = 0
    let text = ''
    const output = {
      write(line: string) {
        text += line
      },
    }
    const members = toySweep({ count: 4 })
    const observer = sweepProgressOn(output, 2, {}, () => now)
    observer.planned(
      members.map((member, i) => ({ member, state: i === 0 ? 'recorded' : 'missing', code: '' })),
    )
    expect(text).toBe('1 of 4 members\n')
    observer.started(members[1])
    now += 100_000
    observer.made(members[1], 100)
    expect(text).toContain('made     toy-1002 in 1 min 40 s; 2 of 4 members, about 1 min 40 s left\n')
    const stages = observer.started(members[2])
    now += 40_000
    stages?.stage('training', { type: 'running', reasons: [] })
    expect(text).toContain('running  toy-1003: training; 2 of 4 members, about 1 min 20 s left\n')
  })

  test('takes a group without known cost for an average one', () => {
    const costs = { a: { count: 1, seconds: 10, bytes: 1 }, b: { count: 5, seconds: 30, bytes: 1 } }
    expect(estimate([{ group: 'a' }, { group: 'c' }], costs)).toBe(30)
    expect(estimate([{ group: 'a' }], {})).toBeUndefined()
  })

  test('the cost of a group is the mean over its members', async () => {
    const sweep = setting()
    await sweep.made()
    expect((await readCosts(sweep.cache, 'toy')).toy).toMatchObject({ count: 3 })
  })
})

test('shares are disjoint and together are all members', () => {
  const members = [1, 2, 3, 4, 5, 6, 7]
  const shares = [1, 2, 3].map((index) => shareOf(members, { index, of: 3 }))
  expect(shares.flat().sort()).toEqual(members)
  expect(
    Math.max(...shares.map(({ length }) => length)) - Math.min(...shares.map(({ length }) => length)),
  ).toBe(1)
})
