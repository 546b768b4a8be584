import { describe, expect, test } from 'vitest'
import { frontmatterProblems, withoutFrontmatter } from '../../../src/markdown/frontmatter.ts'

/** The problems of a page whose frontmatter has these lines, as `line:column: reason`. */
const said = (...lines: string[]) =>
  frontmatterProblems(['---', ...lines, '---', 'Words.'].join('\n')).map(
    ({ at, reason }) => `${at.line}:${at.column}: ${reason}`,
  )

describe('the frontmatter', () => {
  test('is read with either end of line', () => {
    expect(said('title: A title', 'summary: "Words: all of them"', 'short: T')).toEqual([])
    expect(frontmatterProblems('---\r\ntitle: A\r\nsummary: B\r\n---\r\nWords.')).toEqual([])
  })

  test.each([
    ['a missing key', ['title: A title'], '1:1: the frontmatter has no summary'],
    [
      'a mistyped key',
      ['titel: A title', 'title: x', 'summary: y'],
      '2:1: unknown key of the frontmatter "titel". Did you mean "title"',
    ],
    [
      'a number',
      ['title: 2024', 'summary: y'],
      '2:1: title of the frontmatter is 2024, which is no text; put it in quotes',
    ],
    ['an empty title', ['summary: y', 'title:'], '3:1: title of the frontmatter is empty'],
    ['a title of blanks', ['title: "  "', 'summary: y'], '2:1: title of the frontmatter is empty'],
    [
      'a colon',
      ['title: A: b', 'summary: y'],
      '2:8: the frontmatter is not YAML: Nested mappings are not allowed',
    ],
    [
      'a quote without end',
      ['title: "A', 'summary: y'],
      '2:8: the frontmatter is not YAML: Missing closing "quote',
    ],
    [
      'a key twice',
      ['title: A', 'title: B', 'summary: y'],
      '3:1: the frontmatter is not YAML: Map keys must be unique',
    ],
    ['words only', ['A title'], '2:1: the frontmatter must be lines such as title: ...'],
  ])('is wrong with %s', (_, lines, expected) => {
    expect(said(...lines).join('\n')).toContain(expected)
  })

  test('has to be there, and to end', () => {
    expect(frontmatterProblems('Words.')[0].reason).toContain('the page has no frontmatter')
    expect(frontmatterProblems('')[0].reason).toContain('the page has no frontmatter')
    expect(frontmatterProblems('---\ntitle: A\n\nWords.')[0].reason).toContain('has no --- below it')
  })

  test('is left blank, so that what follows keeps its line and column', () => {
    const source = '---\ntitle: A\n---\nWords --- more.'
    expect(withoutFrontmatter(source)).toBe('   \n        \n   \nWords --- more.')
  })
})
