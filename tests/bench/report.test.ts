import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Report, reports, section, withNumbers } from '../../bench/report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const report: Report = {
  processor: 'Abacus 3000',
  cores: 2,
  node: 'v22.23.2',
  load: 0.1,
  pace: 1.5,
  date: '2026-11-25',
  commit: 'abc1234',
  lines: [
    {
      part: 'step',
      what: 'a step',
      unit: 'ms',
      spread: { median: 7.94, low: 7, high: 1234, repeats: 7 },
      budget: { text: 'at most 10 ms x 1.50', holds: true },
    },
    { part: 'page', what: 'requests', unit: '', spread: { median: 0, low: 0, high: 0, repeats: 1 } },
  ],
}

test('a report is a table of medians between quartiles, beside budgets', () => {
  const text = section(report)
  expect(text).toContain('| step | a step | 7.9 ms (7.0 to 1,234) | at most 10 ms x 1.50 | holds |')
  expect(text).toContain('| page | requests | 0 |  |  |')
  expect(text).toContain('2026-11-25, commit abc1234, Node.js v22.23.2, pace 1.50')
})

test('replaces the numbers on the page and nothing else, and needs a place for them', () => {
  const page = 'a\n<!-- numbers of npm run bench -- --docs -->\nstale\n<!-- end of the numbers -->\nz\n'
  const once = withNumbers(page, [report])
  expect(once).toMatch(/^a\n<!-- numbers.*Abacus 3000.*<!-- end of the numbers -->\nz\n$/s)
  expect(once).not.toContain('stale')
  expect(withNumbers(once, [report])).toBe(once)
  expect(() => withNumbers('a page', [report])).toThrow('docs/performance.md has no')
})

test('the numbers in docs/performance.md are those of docs/bench', async () => {
  const text = await readFile(`${root}/docs/performance.md`, 'utf8')
  expect(withNumbers(text, await reports(root))).toBe(text)
})
