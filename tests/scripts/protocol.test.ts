import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { paper } from '../../experiments/protocol.ts'
import { checked, placeOf } from '../../scripts/protocol.ts'

const source = `const base = {
  rate: 1,
  steps: [1, 2],
}

export const paper: Protocol = {
  seed: 5, conditions: {
    'with-name': { ...base, rate: 2 },
  },
}

export const smoke: Protocol = {
  ...paper,
  other: { ...paper.conditions, more: f(1) },
}

const named = { one: { rate: 3 } } satisfies Named

export const third: Protocol = { ...paper, named }
`

describe('the place of a part of an object', () => {
  test.each([
    ['paper', ['seed'], 7, 3],
    ['paper', ['conditions', 'with-name'], 8, 5],
    ['paper', ['conditions', 'with-name', 'rate'], 8, 29],
    ['paper', ['conditions', 'with-name', 'steps', 1], 3, 14],
    ['smoke', ['seed'], 7, 3],
    ['smoke', ['other', 'with-name', 'rate'], 8, 29],
    ['smoke', ['other', 'more', 'computed'], 14, 33],
    ['smoke', ['nowhere'], 12, 32],
    ['third', ['named', 'one', 'rate'], 17, 24],
  ])('%s %j is at line %i, column %i', (exported, path, line, column) => {
    expect(placeOf(source, exported, path)).toEqual({ line, column })
  })
})

const own = readFileSync(new URL('../../experiments/protocol.ts', import.meta.url), 'utf8')

test.each([
  [['conditions', 'weight-decay', 'weightDecay'], 'weightDecay: 1e-4'],
  [['conditions', 'dropout', 'dropout'], 'dropout: 0.3'],
  [['conditions', 'dropout', 'label'], "label: 'dropout'"],
  [['conditions', 'none', 'checkpoints', 2], 'checkpoints: [0, 10, 50]'],
  [['landscapes', 'grid', 'x', 'step'], 'grid: {'],
  [['training', 'adam', 'beta1'], 'beta1'],
])('what the protocol has at %j is found in its line', (path, text) => {
  expect(own.split('\n')[placeOf(own, 'paper', path).line - 1]).toContain(text)
})

test('protocols with faults are refused with all of them, each once, with file, line and column', () => {
  const wrong = { ...paper, seed: 1.5, training: { ...paper.training, clipNorm: -1 } }
  expect(() => checked({ paper, smoke: wrong, third: wrong })).toThrow(
    /^experiments\/protocol\.ts:\d+:\d+: smoke\.seed is 1\.5; .*\nexperiments\/protocol\.ts:\d+:\d+: smoke\.training\.clipNorm is -1; .*$/,
  )
  expect(checked({ paper })).toEqual({ paper })
})
