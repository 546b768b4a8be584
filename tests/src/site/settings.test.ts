import { describe, expect, test } from 'vitest'
import { parseSettings, readSettings } from '../../../src/site/settings.ts'

const mistakes = (text: string): string[] => {
  try {
    parseSettings(text)
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [String(error)]
  }
  return []
}

describe('what content/site.yaml says of the site', () => {
  test('is read from the file of this project, which names nobody and no place', () => {
    expect(readSettings(process.cwd())).toMatchObject({ language: 'en', authors: [] })
  })

  test('is left out where it is empty', () => {
    const settings = parseSettings('name: A site\naddress:\nauthors:\ndoi: ""\npublished:\n')
    expect(settings).toEqual({ name: 'A site', language: 'en', authors: [] })
  })

  test('has addresses in one form', () => {
    const { address, repository } = parseSettings(
      'name: A\naddress: https://example.org/paper\nrepository: https://example.org/a/b.git\n',
    )
    expect([address, repository]).toEqual(['https://example.org/paper/', 'https://example.org/a/b'])
  })

  test('takes a day as YAML has it', () => {
    expect(parseSettings('name: A\npublished: 2026-11-30').published).toBe('2026-11-30')
  })

  test.each([
    ['name: A\nauthor: B', 'content/site.yaml:2:9: unknown setting "author". Did you mean "authors"'],
    ['language: en', 'content/site.yaml:1:1: name: '],
    [
      'name: A\npublished: yesterday',
      'content/site.yaml:2:12: published: a day such as 2026-11-30 is expected.',
    ],
    ['name: A\ndoi: doi.org/1', 'content/site.yaml:2:6: doi: a DOI such as 10.5281/zenodo.1234 is expected.'],
    [
      'name: A\naddress: javascript:alert(1)',
      'content/site.yaml:2:10: address: an address that starts with https://',
    ],
    ['name: A\nauthors:\n  - name: B\n    orcid: 7', 'content/site.yaml:4:12: authors.0.orcid: '],
    ['name: [', 'content/site.yaml:1:8: '],
    ['name: A\nname: B', 'content/site.yaml:2:1: '],
  ])('names the place of a mistake: %j', (text, message) => {
    const found = mistakes(text)
    expect(found).toHaveLength(1)
    expect(found[0].slice(0, message.length)).toBe(message)
  })

  test('names all mistakes at once', () => {
    expect(mistakes('title: A\ndoi: 1\nlanguage: e\n').length).toBeGreaterThanOrEqual(4)
  })
})
