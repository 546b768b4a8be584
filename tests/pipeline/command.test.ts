import { describe, expect, test } from 'vitest'
import { experimentsCommand, type Request, runExperiments, StagesFailed } from '../../pipeline/command.ts'
import { quick, toyExperiments, toyStages } from './fixtures/toy/study.ts'
import { startToy, temporaryFolder, toyRun, written } from './helpers.ts'

/** What the command line writes, for arguments. */
async function told(cache: string, ...options: string[]): Promise<string> {
  let text = ''
  const output = {
    write(part: string) {
      text += part
    },
  }
  const command = experimentsCommand(toyExperiments(), output).exitOverride()
  command.configureOutput({ writeErr: output.write })
  await command
    .parseAsync(['--cache', cache, ...options], { from: 'user' })
    .catch((error) => output.write(error.message))
  return text
}

describe('the command line', () => {
  test('runs what is not fresh, with plain lines where there is no terminal, and sums up', async () => {
    const cache = temporaryFolder()
    const first = await told(cache)
    expect(first).toMatch(
      /^made {5}numbers in [\d.]+ s, \d+ MB of memory \(not made before\)\nmade {5}training/,
    )
    for (const name of ['numbers', 'training a', 'training b', 'training c', 'total'])
      expect(first.replace(/\nlongest chain.*/, '').split(name), name).toHaveLength(2)
    expect(first).toMatch(/\n5 stages: 5 made in [\d.]+ s \(profile quick, engine abacus\)\n$/)
    expect(await told(cache)).toMatch(
      /^Nothing to run\. 5 stages: 5 fresh in [\d.]+ s \(profile quick, engine abacus\)\n$/,
    )
  })

  test('lists the stages and how they stand, without running any', async () => {
    const cache = temporaryFolder()
    await toyRun(cache, { only: ['training a'] })
    const lines = (await told(cache, '--list')).split('\n').map((line) =>
      line
        .replace(/ [\d.]+ s +\d+ MB/, '')
        .replace(/ +/g, ' ')
        .trimEnd(),
    )
    expect(lines).toEqual([
      'fresh numbers',
      'fresh training a',
      'stale training b not made before',
      'stale training c not made before',
      'waiting total waits for training b, training c',
      '(profile quick, engine abacus)',
      '',
    ])
  })

  test('draws the graph', async () => {
    expect(await told(temporaryFolder(), '--graph')).toContain(
      '%% profile quick\nflowchart LR\n  s0["numbers"]',
    )
  })

  test('says why a stage would run, back to the first cause', async () => {
    const cache = temporaryFolder()
    await toyRun(cache)
    expect(await told(cache, '--why', 'total')).toMatch(
      /^total is fresh: made \d{4}-\d\d-\d\dT.* in [\d.]+ s, digest [0-9a-f]{64}\.\n\(profile quick, engine abacus\)\n$/,
    )
    expect(await told(cache, '--why', 'total', '--engine', 'slide rule')).toBe(
      [
        'total:',
        '  waits for training a, training b, training c, and runs only if their results turn out different',
        ...['a', 'b', 'c'].flatMap((branch) => [
          `training ${branch} would run:`,
          '  engine abacus (1.0) -> slide rule (1.0)',
        ]),
        '(profile quick, engine slide rule)',
        '',
      ].join('\n'),
    )
  })

  test.each([
    [
      'profile',
      ['--profile', 'qiuck'],
      'unknown profile "qiuck". Did you mean "quick"? Valid: quick, slow, long, troubled.',
    ],
    [
      'engine',
      ['--engine', 'abacuss'],
      'unknown engine "abacuss". Did you mean "abacus"? Valid: auto, abacus, slide rule.',
    ],
    [
      'stage to run',
      ['--only', 'totel'],
      'unknown stage "totel". Did you mean "total"? Valid: numbers, training a, training b, training c, total.',
    ],
    [
      'stage to force',
      ['--force', 'x'],
      'unknown stage "x". Valid: numbers, training a, training b, training c, total.',
    ],
    ['stage to explain', ['--why', 'numbrs'], 'unknown stage "numbrs". Did you mean "numbers"?'],
    [
      'option',
      ['--porfile', 'quick'],
      "unknown option '--porfile'\n(Did you mean --profile?)\n`npm run experiments -- --help` lists the options.",
    ],
    [
      'number of jobs',
      ['--jobs', '0'],
      "option '--jobs <count>' argument '0' is invalid. It has to be a whole number, 1 or more.",
    ],
    [
      'size',
      ['--memory', 'lots'],
      "option '--memory <size>' argument 'lots' is invalid. It has to be a number with M or G, such as 800M or 4G.",
    ],
    ['argument', ['total'], 'too many arguments'],
  ])('answers an unknown %s with one message that says what would be right', async (_, options, message) => {
    expect(await told(temporaryFolder(), ...options)).toContain(message)
  })

  test('ends with code 1 and one message when stages failed', async () => {
    const toy = startToy(temporaryFolder(), ['--profile', 'troubled'])
    expect(await toy.ended).toBe(1)
    expect(toy.output()).toMatch(
      /\nFailed: trouble throws, trouble aborts\. The results are not complete\.\n$/,
    )
    expect(toy.output()).toContain('    with {"how":"throws"}\n')
  })

  test('takes profile, engine and cache from the environment too', async () => {
    const toy = startToy(temporaryFolder(), [], { PROFILE: 'slow', ENGINE: 'slide rule' })
    expect(await toy.ended).toBe(0)
    expect(toy.output()).toContain('(profile slow, engine slide rule)')
  })
})

test('a build that calls for the results gets their record, and an error when some failed', async () => {
  const quiet = { write() {} }
  const request = (profile: string): Request => ({ profile, cache: temporaryFolder() })
  const { stages } = await runExperiments(toyExperiments(), request('quick'), quiet)
  expect(stages.map(({ status }) => status)).toEqual(['made', 'made', 'made', 'made', 'made'])
  await expect(runExperiments(toyExperiments(), request('troubled'), quiet)).rejects.toThrow(StagesFailed)
})

test('a run that leaves many results of earlier states says how much, and how they are removed', async () => {
  const cache = temporaryFolder()
  await toyRun(cache, {}, toyStages({ ...quick, steps: 21 }))
  const said = async (muchToPrune: number, force: string) => {
    let text = ''
    const output = {
      write(part: string) {
        text += part
      },
    }
    await runExperiments({ ...toyExperiments(), muchToPrune }, { cache, force: [force] }, output)
    return text
  }
  expect(await said(1e9, 'total')).not.toContain('prune')
  expect(await said(1, 'total')).toMatch(
    /\n\S+ has \S+ \w+ of results, \S+ \w+ of them of earlier states: `npm run cache -- prune` removes those\.\n$/,
  )
})

describe('Ctrl-C', () => {
  test('ends the run with one message and code 130, and the next run goes on', async () => {
    const cache = temporaryFolder()
    const toy = startToy(cache, ['--profile', 'long'])
    await written(toy, /made +numbers/)
    process.kill(-toy.child.pid!, 'SIGINT')
    expect(await toy.ended).toBe(130)
    expect(toy.output().split('\n').at(-2)).toBe(
      'Interrupted. Finished results are kept; a stage that saves checkpoints goes on from its last one.',
    )
    expect(toy.output()).not.toMatch(/failed|crashed|killed/)
    const next = startToy(cache, ['--profile', 'long', '--only', 'numbers'])
    expect(await next.ended).toBe(0)
    expect(next.output()).toContain('Nothing to run.')
  })
})
