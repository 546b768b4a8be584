import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Mistakes } from '../../../src/markdown/problem.ts'
import { html, inline, pagesWithWords, wordsFile, wordsIn } from '../../../src/markdown/words.ts'

const source = (page: 'laboratory' | 'provenance') => readFileSync(wordsFile(page), 'utf8')

/** What is wrong with a page's words, a line each. */
function mistakes(page: 'laboratory' | 'provenance', text: string): string[] {
  try {
    wordsIn(page, text)
    return []
  } catch (error) {
    if (error instanceof Mistakes) return error.message.split('\n')
    throw error
  }
}

describe('the words of pages that the site makes', () => {
  test.each(pagesWithWords)('of %s are right', (page) => {
    expect(mistakes(page, source(page))).toEqual([])
  })

  test('are Markdown whose places are filled', async () => {
    const { made } = wordsIn(
      'provenance',
      source('provenance').replace(/^made: .*?\n\n/ms, 'made: By *{engine}*, {seed}.\n\n'),
    )
    const values = { date: '2026-11-30', engine: 'wasm', profile: 'paper', seed: 7 }
    expect(await html(made, values)).toBe('<p>By <em>wasm</em>, 7.</p>')
    expect(await inline(made, values)).toBe('By <em>wasm</em>, 7.')
  })

  test.each([
    [
      'a place that nothing fills',
      /\{seed\}/,
      '{sead}',
      'made: unknown place in braces "sead". Did you mean "seed"',
    ],
    [
      'a name that no text has',
      /^numbers:/m,
      'nubmers:',
      'unknown setting "nubmers". Did you mean "numbers"',
    ],
    [
      'a name within a section',
      /^ {2}none:/m,
      '  nome:',
      'unknown setting "evidence.nome". Did you mean "evidence.none"',
    ],
    ['a heading without words', /heading: Claims/, 'heading: ""', 'claims.heading: '],
  ])('are refused with their place: %s', (_, right, wrong, reason) => {
    const text = source('provenance').replace(right, wrong)
    const found = mistakes('provenance', text).find((line) => line.includes(reason))
    expect(found).toMatch(/^content\/provenance\.yaml:\d+:\d+: /)
  })
})
