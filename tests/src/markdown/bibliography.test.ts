import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { bibliographyKeys, bibliographyProblems } from '../../../src/markdown/bibliography.ts'

const entry = (key: string, more = '') =>
  `@article{${key},\n  title = {A title},\n  author = {Author, A.},\n  year = {2014}${more}\n}\n`

const said = (bibtex: string) =>
  bibliographyProblems(bibtex).map(({ at, reason }) => `${at.line}:${at.column}: ${reason}`)

describe('the bibliography', () => {
  test('has the keys of its entries', () => {
    expect(
      bibliographyKeys('@article{kingma2014,\n title={A @sign}\n}\n  @book{ b-1 ,}\n% @misc none'),
    ).toEqual(['kingma2014', 'b-1'])
  })

  test('of this project is right', async () => {
    const bibtex = await readFile(new URL('../../../content/references.bib', import.meta.url), 'utf8')
    expect(said(bibtex)).toEqual([])
    expect(bibliographyKeys(bibtex)).toContain('kingma2014')
  })

  test.each([
    [
      'two entries with one key',
      entry('a') + entry('b') + entry('a'),
      '11:1: the key "a" is used twice; line 1 has it too',
    ],
    [
      'a brace that does not end',
      `${entry('a').replace(/\}\n$/, '')}\n${entry('b')}`,
      '1:1: the entry cannot be read: expected "}", got the end of the entry',
    ],
    [
      'a missing comma',
      entry('a').replace('title},', 'title}'),
      '2:20: the entry cannot be read: a comma is missing here',
    ],
    [
      'a missing equals sign',
      entry('a').replace('title =', 'title'),
      '2:9: the entry cannot be read: expected "=", got "{"',
    ],
    ['no key', entry(''), '1:10: the entry cannot be read: expected a key'],
    [
      'a mistyped kind of entry',
      entry('a').replace('@article', '@artcle'),
      '1:1: unknown type of entry "@artcle". Did you mean "@article"',
    ],
    ['a mistyped field', entry('a').replace('year', 'yeer'), '1:1: the entry "a" has no year'],
    [
      'a quote that does not end',
      entry('a').replace('{A title}', '"A title'),
      '1:1: the entry cannot be read',
    ],
  ])('is wrong with %s', (_, bibtex, expected) => {
    expect(said(bibtex).join('\n')).toContain(expected)
  })

  test('tells of all its entries', () => {
    expect(said(entry('a').replace('year', 'y') + entry('b').replace('title', 't'))).toHaveLength(2)
  })
})
