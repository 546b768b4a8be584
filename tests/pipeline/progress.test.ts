import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { progressOn, summary } from '../../pipeline/progress.ts'
import type { KeptRun, StageRecord } from '../../pipeline/run.ts'
import { quick, toyStages } from './fixtures/toy/study.ts'

const record = (name: string, rest: Partial<StageRecord>): StageRecord => ({
  name,
  status: 'made',
  parameters: { rate: 1 },
  inputs: {},
  engine: null,
  ...rest,
})
const run = (...stages: StageRecord[]): KeptRun => ({
  id: '0'.repeat(64),
  profile: 'paper',
  engine: { name: 'wasm', version: '1' },
  date: '2026-01-01T00:00:00.000Z',
  seconds: 75,
  stages,
})

/**
 * What a run's observer writes, on a screen of 60 columns if it is a terminal, by a clock that is told the
 * time in seconds.
 */
function watch(isTTY: boolean) {
  let text = ''
  let now = 0
  const output = {
    isTTY,
    columns: 60,
    rows: 24,
    write(part: string) {
      text += part
      return true
    },
  }
  const observer = progressOn(output, () => now * 1000)
  return {
    observer,
    at(seconds: number) {
      now = seconds
      return observer
    },
    /** What was written since it was last asked. */
    told() {
      const told = text
      text = ''
      return told
    },
  }
}

describe('where there is no terminal', () => {
  test('a stage is told of once, when it is done; of those that run for long, a line after half a minute', () => {
    const { at, told } = watch(false)
    const step = (done: number) =>
      ({ type: 'progress', done, total: 1000, unit: 'steps', note: 'epoch 2' }) as const
    at(0).started(toyStages(quick))
    at(0).stage('training', { type: 'running', reasons: ['code a.ts', 'engine x -> y'] })
    at(0).stage('training', { type: 'started' })
    at(1).stage('training', step(100))
    at(29).stage('training', step(2))
    expect(told()).toBe('')
    at(31).stage('training', step(400))
    expect(told()).toBe('0 of 5 stages; running training: 400/1000 steps, 10/s, 1 min 0 s left, epoch 2\n')
    at(60).stage('training', step(450))
    expect(told()).toBe('')
    at(70).stage('training', {
      type: 'settled',
      record: record('training', { seconds: 21, memory: 2e8, reason: 'code a.ts' }),
    })
    expect(told()).toBe('made     training in 21 s, 200 MB of memory (code a.ts)\n')
    at(71).stage('landscape', { type: 'resumed', seconds: 12 })
    expect(told()).toBe('resumed  landscape after 12 s of work\n')
  })

  test('what a stage says can move no cursor and colour nothing', () => {
    const { observer, told } = watch(false)
    observer.stage('a', { type: 'warning', text: 'red \u001b[31mand \u0007loud' })
    expect(told()).toBe('warning  a: red \\u{1b}[31mand \\u{7}loud\n')
  })

  test('a stage that fails is told of with its parameters, a fresh one not at all', () => {
    const { observer, told } = watch(false)
    observer.stage('a', { type: 'settled', record: record('a', { status: 'fresh' }) })
    observer.stage('b', {
      type: 'settled',
      record: record('b', { status: 'failed', reason: 'crashed (SIGABRT)' }),
    })
    expect(told()).toBe('failed   b: crashed (SIGABRT)\n    with {"rate":1}\n')
  })

  test('a warning is told of at once', () => {
    const { observer, told } = watch(false)
    observer.stage('a', { type: 'warning', text: 'the checkpoint is damaged' })
    expect(told()).toBe('warning  a: the checkpoint is damaged\n')
  })
})

describe('in a terminal', () => {
  test('running stages have a line each, which is redrawn; done ones stay', () => {
    const { at, told } = watch(true)
    at(0).started(toyStages(quick))
    expect(stripVTControlCharacters(told())).toContain('0 of 5 stages, 0.0 s')
    at(1).stage('numbers', { type: 'running', reasons: ['not made before'] })
    expect(stripVTControlCharacters(told())).toContain(
      'running  numbers  not made before\n0 of 5 stages, 1.0 s',
    )
    at(2).stage('numbers', { type: 'progress', done: 1, total: 9, unit: 'steps' })
    at(3).stage('numbers', { type: 'progress', done: 3, total: 9, unit: 'steps' })
    expect(stripVTControlCharacters(told())).toContain('running  numbers  3/9 steps, 2/s, 3.0 s left')
    at(4).stage('numbers', {
      type: 'settled',
      record: record('numbers', { seconds: 3, memory: 1e8, reason: 'x' }),
    })
    const last = stripVTControlCharacters(told())
    expect(last).toContain('made     numbers in 3.0 s, 100 MB of memory (x)\n')
    expect(last).toContain('1 of 5 stages')
    at(5).ended(run(record('numbers', { seconds: 3, memory: 1e8, reason: 'x' })))
    expect(stripVTControlCharacters(told())).toContain('1 stages: 1 made in 1 min 15 s')
  })

  test('no line is wider than the screen', () => {
    const { observer, told } = watch(true)
    observer.started(toyStages(quick))
    observer.stage('numbers', { type: 'running', reasons: ['a very long reason '.repeat(20)] })
    for (const line of stripVTControlCharacters(told()).split('\n')) expect(line.length).toBeLessThan(60)
    observer.stopped()
  })
})

test('a run is summed up: how many stages came to what, and what could not run', () => {
  const stages = [
    record('dataset', { status: 'fresh' }),
    record('training', { seconds: 61, memory: 9e8, reason: 'a; b; c; d; e' }),
    record('landscape', { status: 'failed', reason: 'crashed\nstack' }),
    ...['a', 'b', 'c', 'd', 'e', 'article'].map((name) =>
      record(name, { status: 'blocked', reason: 'needs landscape' }),
    ),
  ]
  expect(summary(run(...stages))).toBe(
    [
      'blocked  a, b, c, d and 2 more, by what failed',
      '9 stages: 1 made, 1 fresh, 1 failed, 6 blocked in 1 min 15 s (profile paper, engine wasm)',
    ].join('\n'),
  )
})

test('a run that made stages one after the other says which chain took longest', () => {
  const stages = [
    record('dataset', { seconds: 1 }),
    record('training', { seconds: 61, inputs: { dataset: 'dataset' } }),
    record('walk', { seconds: 90, status: 'fresh', inputs: { training: 'training' } }),
    record('film', { seconds: 5, inputs: { dataset: 'dataset' } }),
  ]
  expect(summary(run(...stages)).split('\n')[0]).toBe(
    'longest chain, 1 min 2 s: dataset (1.0 s), training (1 min 1 s)',
  )
})
