import { expect, test } from 'vitest'
import { comparison, type Shown } from '../../scripts/compare.ts'
import { parseVersion, writeVersion } from '../../src/data/version.ts'

const hash = (letter: string) => letter.repeat(64)

const version: Shown = {
  version: '0.1.0',
  date: '2026-11-20T10:00:00.000Z',
  profile: 'paper',
  engine: { name: 'wasm', version: '4.22.0' },
  claims: { 'none.learns': { verdict: 'holds', median: 0.98, interval: [0.97, null] } },
  stages: {
    training: {
      parameters: { epochs: 10 },
      engine: 'wasm (4.22.0)',
      upstream: {},
      code: { hash: hash('a'), packages: {}, modules: { 'experiments/training.ts': hash('b') } },
    },
    article: {
      parameters: null,
      engine: null,
      upstream: { training: { stage: 'training', digest: hash('c') } },
      code: { hash: hash('d'), packages: {}, modules: {} },
    },
  },
  statistics: {
    'none.epoch10.r2': { value: 0.5, interval: [0.4, 0.6], from: ['training'] },
    'none.last.r2': { value: 0.5, from: ['training'] },
  },
  figures: { hero: { picture: '<svg/>', table: 'x,y\n1,2\n3,4\n' } },
}

test('a version is read as it was written', () => {
  const { statistics: _statistics, figures: _figures, ...rest } = version
  expect(parseVersion(writeVersion(rest))).toEqual(rest)
})

test('nothing is told of a version beside itself', () => {
  expect(comparison(version, version).slice(2)).toEqual([
    'What decides the results is the same.',
    'Verdicts: none of 1 changed',
    'Numbers: none of 1 changed',
    'Figures: none of 1 changed',
  ])
})

test('what changed is told with what it was, by how much, and beside what decided it', () => {
  const now: Shown = {
    ...version,
    version: '0.2.0',
    claims: { 'none.learns': { verdict: 'cannot be decided', median: 0.9, interval: [0.8, 0.95] } },
    stages: {
      training: { ...version.stages.training, parameters: { epochs: 12 } },
      article: {
        ...version.stages.article,
        upstream: { training: { stage: 'training', digest: hash('e') } },
      },
      walk: version.stages.training,
    },
    statistics: {
      ...version.statistics,
      'none.epoch10.r2': { value: 0.55, interval: [0.4, 0.7], from: ['training'] },
      'none.epoch10.error': { value: 3, from: ['training'] },
    },
    figures: { hero: { picture: '<svg />', table: 'x,y\n1,2\n3,4.5\n' }, law: { picture: '', table: '' } },
  }
  expect(comparison(version, now)).toEqual([
    'old: version 0.1.0, 2026-11-20 10:00, profile paper, engine wasm 4.22.0',
    'new: version 0.2.0, 2026-11-20 10:00, profile paper, engine wasm 4.22.0',
    'What decides the results:',
    '  parameter epochs 10 -> 12 (training)',
    '  stage is new (walk)',
    'Verdicts: 1 of 1 changed',
    '  none.learns: holds, 0.98 [0.97, unknown] -> cannot be decided, 0.9 [0.8, 0.95]',
    'Numbers: 2 of 2 changed',
    '  none.epoch10.r2: 0.5 [0.4, 0.6] -> 0.55 [0.4, 0.7] (+10%)',
    '  none.epoch10.error: new -> 3',
    'Figures: 2 of 2 changed',
    '  hero: another picture, 1 of 4 numbers, by 0.5 at most',
    '  law: new',
  ])
})
