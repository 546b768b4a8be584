import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { placeOf } from '../../scripts/protocol.ts'

const source = readFileSync(new URL('../../experiments/protocol.ts', import.meta.url), 'utf8')
const lineOf = (path: readonly (string | number)[]) =>
  source.split('\n')[placeOf(source, 'paper', path).line - 1]

test.each([
  [['conditions', 'weight-decay', 'weightDecay'], 'weightDecay: 1e-4'],
  [['conditions', 'dropout', 'dropout'], 'dropout: 0.3'],
  [['conditions', 'dropout', 'label'], "label: 'dropout'"],
  [['conditions', 'none', 'checkpoints', 2], 'checkpoints: [0, 10, 50]'],
  [['landscapes', 'grid', 'x', 'step'], 'grid: {'],
  [['training', 'adam', 'beta1'], 'beta1'],
])('what the protocol has at %j is found in its line', (path, text) => {
  expect(lineOf(path)).toContain(text)
})
