/** The bibliography, in BibTeX: its keys, and what is wrong with it. */
import { plugins } from '@citation-js/core'
import '@citation-js/plugin-bibtex'
import { unknown } from '../../pipeline/nearest.ts'
import { pointAt } from './problem.ts'
import type { Point } from './tree.ts'

interface Entry {
  readonly type: string
  readonly key: string
  /** Where it begins in the file. */
  readonly offset: number
  readonly text: string
}

const begin = /^[ \t]*@[ \t]*(\w+)[ \t]*[{(]?[ \t]*([^,\s]*)/gm
const notEntries = ['comment', 'string', 'preamble']

/** The parts of a BibTeX file that begin with an @ at the beginning of a line. */
function entries(bibtex: string): Entry[] {
  const found = [...bibtex.matchAll(begin)]
  return found.map(({ index, 1: type, 2: key }, i) => ({
    type: type.toLowerCase(),
    key,
    offset: index,
    text: bibtex.slice(index, found[i + 1]?.index),
  }))
}

/** The keys of a BibTeX file's entries. */
export const bibliographyKeys = (bibtex: string): string[] =>
  entries(bibtex).flatMap(({ type, key }) => (notEntries.includes(type) || !key ? [] : [key]))

/** What the parser calls the signs of BibTeX. */
const signs: { readonly [token: string]: string } = {
  '"rbrace"': '"}"',
  '"lbrace"': '"{"',
  '"comma"': '","',
  '"equals"': '"="',
  '"label"': 'a key',
  '"text"': 'a closing quote or brace',
  '"identifier"': 'a name',
  EOF: 'the end of the entry',
}

/** What is wrong with a BibTeX file, and where. */
export function bibliographyProblems(bibtex: string): { readonly at: Point; readonly reason: string }[] {
  const types = Object.keys(plugins.config.get('@bibtex').types.biblatex.source)
  const lines = new Map<string, number>()
  return entries(bibtex).flatMap(({ type, key, offset, text }) => {
    if (notEntries.includes(type)) return []
    const at = pointAt(bibtex, offset + text.indexOf('@'))
    if (!types.includes(type))
      return [
        {
          at,
          reason: unknown(
            'type of entry',
            `@${type}`,
            types.map((name) => `@${name}`),
          ),
        },
      ]
    const first = lines.get(key)
    if (first !== undefined)
      return [{ at, reason: `the key "${key}" is used twice; line ${first} has it too` }]
    lines.set(key, at.line)
    const mistake = syntax(text)
    if (mistake) return [{ at: pointAt(bibtex, offset + mistake.offset), reason: mistake.reason }]
    const { title, issued, author, editor } = parsed(text)
    return [
      ...(title ? [] : ['title']),
      ...(issued ? [] : ['year']),
      ...(author || editor ? [] : ['author']),
    ].map((field) => ({ at, reason: `the entry "${key}" has no ${field}` }))
  })
}

const parsed = (text: string) =>
  plugins.input.chain(text, { forceType: '@bibtex/text', generateGraph: false })[0] ?? {}

/** The first thing in an entry that cannot be read. */
function syntax(text: string): { readonly offset: number; readonly reason: string } | undefined {
  try {
    parsed(text)
    return undefined
  } catch (error) {
    const [message] = (error as Error).message.split('\n')
    const place = /^(.*) at line (\d+) col (\d+):$/.exec(message)
    const plain = (place?.[1] ?? message).replace(/"[a-z]+"|EOF/g, (token) => signs[token] ?? token)
    const reason = `the entry cannot be read: ${plain}`
    if (!place || /got EOF/.test(message))
      return { offset: text.indexOf('@'), reason: `${reason}. Does a brace or a quote not end?` }
    const before = text
      .split('\n')
      .slice(0, Number(place[2]) - 1)
      .join('\n').length
    const offset = before + (place[2] === '1' ? 0 : 1) + Number(place[3]) - 1
    // A name where the entry could have ended: the field before it has no comma.
    return /^expected "}", got a name/.test(plain)
      ? {
          offset: text.slice(0, offset).trimEnd().length,
          reason: 'the entry cannot be read: a comma is missing here',
        }
      : { offset, reason }
  }
}
