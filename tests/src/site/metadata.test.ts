import type { ScholarlyArticle, WithContext } from 'schema-dts'
import { describe, expect, test } from 'vitest'
import { bibtex, cff, citation, ris } from '../../../src/site/citation.ts'
import { documentTitle, type PageFacts, structured, tags } from '../../../src/site/metadata.ts'
import { parseSettings } from '../../../src/site/settings.ts'

const bare = parseSettings('name: A site')
const full = parseSettings(`
name: A site
address: https://example.org/paper
authors:
  - name: Ada B. Lovelace
    orcid: 0000-0002-1825-0097
    affiliation: Institute & Sons
  - name: Plato
published: 2026-11-30
doi: 10.5281/zenodo.1234
repository: https://example.org/a/b
licence:
  name: CC-BY-4.0
  address: https://creativecommons.org/licenses/by/4.0/
`)
const page: PageFacts = {
  title: 'Votes & gradients',
  description: 'What was found.',
  address: 'index.html',
  article: true,
  card: { address: 'cards/index.png', alternative: 'Fifty arrows.' },
}
const contents = (settings: typeof full, name: string) =>
  tags(page, settings).flatMap(({ attributes }) =>
    [attributes.name, attributes.property].includes(name) ? [attributes.content] : [],
  )

describe('the head of a page', () => {
  test('says nothing that nobody has said', () => {
    const text = JSON.stringify([tags(page, bare), structured(page, bare)])
    expect(text).not.toMatch(/undefined|null|author|doi|https?:\/\/(?!schema\.org)/)
  })

  test('has what reference managers read, one author a tag, dates as they write them', () => {
    expect(contents(full, 'citation_author')).toEqual(['Ada B. Lovelace', 'Plato'])
    expect(contents(full, 'citation_publication_date')).toEqual(['2026/11/30'])
    expect(contents(full, 'citation_doi')).toEqual(['10.5281/zenodo.1234'])
    expect(contents(full, 'citation_public_url')).toEqual(['https://example.org/paper/'])
    expect(contents(full, 'DC.creator')).toHaveLength(2)
  })

  test('has a picture for those who get the link, by its whole address', () => {
    expect(contents(full, 'og:image')).toEqual(['https://example.org/paper/cards/index.png'])
    expect(contents(full, 'twitter:card')).toEqual(['summary_large_image'])
    expect(contents(bare, 'og:image')).toEqual([])
  })

  test('describes the article in the words of schema.org', () => {
    // The type is the check: what schema.org does not know does not compile.
    const expected: WithContext<ScholarlyArticle> = {
      '@context': 'https://schema.org',
      '@type': 'ScholarlyArticle',
      headline: 'Votes & gradients',
      name: 'Votes & gradients',
      description: 'What was found.',
      inLanguage: 'en',
      '@id': 'https://example.org/paper/',
      url: 'https://example.org/paper/',
      image: 'https://example.org/paper/cards/index.png',
      author: [
        {
          '@type': 'Person',
          name: 'Ada B. Lovelace',
          sameAs: 'https://orcid.org/0000-0002-1825-0097',
          affiliation: { '@type': 'Organization', name: 'Institute & Sons' },
        },
        { '@type': 'Person', name: 'Plato' },
      ],
      datePublished: '2026-11-30',
      dateModified: '2026-11-30',
      identifier: 'https://doi.org/10.5281/zenodo.1234',
      license: 'https://creativecommons.org/licenses/by/4.0/',
      isBasedOn: 'https://example.org/a/b',
      isPartOf: { '@type': 'WebSite', name: 'A site', url: 'https://example.org/paper/' },
    }
    expect(structured(page, full)).toEqual(expected)
  })

  test('names the site in the titles of its other pages', () => {
    expect(documentTitle(page, full)).toBe('Votes & gradients')
    expect(documentTitle({ ...page, title: 'Method', article: false }, full)).toBe('Method · A site')
  })
})

describe('a citation', () => {
  const cited = { title: page.title, abstract: page.description, settings: full }
  const nobody = { ...cited, settings: bare }

  test('in BibTeX escapes what BibTeX would read as its own', () => {
    expect(bibtex(cited)).toBe(`@online{lovelace2026,
  title = {{Votes \\& gradients}},
  author = {Lovelace, Ada B. and Plato},
  year = {2026},
  date = {2026-11-30},
  doi = {10.5281/zenodo.1234},
  url = {https://example.org/paper/},
}
`)
    expect(bibtex(nobody)).toBe('@online{article,\n  title = {{Votes \\& gradients}},\n}\n')
  })

  test('in RIS ends as the format wants', () => {
    const lines = ris(cited).split('\r\n')
    expect(lines[0]).toBe('TY  - ELEC')
    expect(lines.filter((line) => line.startsWith('AU'))).toEqual(['AU  - Lovelace, Ada B.', 'AU  - Plato'])
    expect(lines.at(-2)).toBe('ER  - ')
  })

  test('in CITATION.cff waits until somebody is named', () => {
    expect(cff(nobody)).toBeUndefined()
    expect(cff(cited)).toContain('  - family-names: "Lovelace"\n    given-names: "Ada B."\n')
  })

  test('in words', () => {
    expect(citation(cited)).toBe(
      'Ada B. Lovelace, Plato (2026) Votes & gradients. https://doi.org/10.5281/zenodo.1234',
    )
    expect(citation(nobody)).toBe('Votes & gradients.')
  })
})
