/** The article as others cite it: BibTeX, RIS, and the repository's CITATION.cff. */
import type { Author, SiteSettings } from './settings.ts'

export interface Cited {
  readonly title: string
  readonly abstract: string
  readonly settings: SiteSettings
}

/**
 * The last word of a name is taken as the family's, which is how BibTeX and reference managers read it too.
 */
function parts({ name }: Author): { family: string; given: string } {
  const words = name.trim().split(/\s+/)
  return { family: words[words.length - 1], given: words.slice(0, -1).join(' ') }
}

const inverted = (author: Author) => {
  const { family, given } = parts(author)
  return given ? `${family}, ${given}` : family
}

/** Plain words: who, when, what, where. */
export function citation({ title, settings }: Cited): string {
  const { authors, published, doi, address } = settings
  const who = authors.map(({ name }) => name).join(', ')
  const where = doi ? `https://doi.org/${doi}` : address
  return [who, published && `(${published.slice(0, 4)})`, `${title}.`, where].filter(Boolean).join(' ')
}

/** Escapes what has a meaning in BibTeX. */
const bib = (text: string) => text.replaceAll(/[\\{}&%$#_~^]/g, (sign) => `\\${sign}`)

export function bibtex({ title, settings }: Cited): string {
  const { authors, published, doi, address } = settings
  const [first] = authors
  const key = `${first ? parts(first).family.toLowerCase() : 'article'}${published?.slice(0, 4) ?? ''}`
  const fields = {
    title: `{${bib(title)}}`,
    author: authors.map((author) => bib(inverted(author))).join(' and ') || undefined,
    year: published?.slice(0, 4),
    date: published,
    doi,
    url: address,
  }
  const lines = Object.entries(fields).flatMap(([name, value]) => (value ? [`  ${name} = {${value}},`] : []))
  return `@online{${key},\n${lines.join('\n')}\n}\n`
}

export function ris({ title, abstract, settings }: Cited): string {
  const { authors, published, doi, address, language } = settings
  const lines: [string, string | undefined][] = [
    ['TY', 'ELEC'],
    ...authors.map((author): [string, string] => ['AU', inverted(author)]),
    ['TI', title],
    ['AB', abstract],
    ['PY', published?.slice(0, 4)],
    ['DA', published?.replaceAll('-', '/')],
    ['DO', doi],
    ['UR', address],
    ['LA', language],
    ['ER', ''],
  ]
  return lines.map(([tag, value]) => (value === undefined ? '' : `${tag}  - ${value}\r\n`)).join('')
}

/**
 * `CITATION.cff`, which repositories show; undefined as long as nobody is named, since the format wants an
 * author.
 */
export function cff({ title, abstract, settings }: Cited): string | undefined {
  const { authors, published, doi, address, repository, licence } = settings
  if (authors.length === 0) return undefined
  const text = (value: string) => JSON.stringify(value)
  const people = authors.map((author) => {
    const { family, given } = parts(author)
    return [
      `  - family-names: ${text(family)}`,
      given && `    given-names: ${text(given)}`,
      author.orcid && `    orcid: https://orcid.org/${author.orcid}`,
      author.affiliation && `    affiliation: ${text(author.affiliation)}`,
    ]
  })
  const lines = [
    'cff-version: 1.2.0',
    'message: "If you use this, please cite it as below."',
    `title: ${text(title)}`,
    `abstract: ${text(abstract)}`,
    'authors:',
    ...people.flat(),
    published && `date-released: ${published}`,
    doi && `doi: ${doi}`,
    address && `url: ${text(address)}`,
    repository && `repository-code: ${text(repository)}`,
    licence?.name && `license: ${licence.name}`,
  ]
  return `${lines.filter(Boolean).join('\n')}\n`
}
