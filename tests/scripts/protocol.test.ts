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
  ])('%s %j is at line %i, column %i', (exported, path, line, column) => {
    expect(placeOf(source, exported, path)).toEqual({ line, column })
  })
})

test('protocols with faults are refused with all of them, each once, with file, line and column', () => {
  const wrong = { ...paper, seed: 1.5, training: { ...paper.training, clipNorm: -1 } }
  expect(() => checked({ paper, smoke: wrong, third: wrong })).toThrow(
    /^experiments\/protocol\.ts:\d+:\d+: smoke\.seed is 1\.5; .*\nexperiments\/protocol\.ts:\d+:\d+: smoke\.training\.clipNorm is -1; .*$/,
  )
  expect(checked({ paper })).toEqual({ paper })
})
