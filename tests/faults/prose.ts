/**
 * Ways in which an author errs: a grammar of malformed edits of pages, frontmatter and bibliography, drawn
 * from a seed.
 */
import { randomLcg } from 'd3-random'
import type { Chance } from './suite.ts'

/** An edit of a file of `content/`, and what has to be said of it. */
export interface Fault {
  readonly kind: string
  readonly file: string
  readonly text: string
  /** The line in which the mistake is. */
  readonly line: number
  readonly reason: RegExp
}

type Draw = () => number
/** The edited text and the line of the mistake; undefined where the text has nothing to edit in this way. */
type Edit = (text: string, draw: Draw) => { readonly text: string; readonly line: number } | undefined

const choice = <T>(from: readonly T[], draw: Draw): T => from[Math.floor(draw() * from.length)]
/** The line, from 1, of a place in a text. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** Between two paragraphs of running text, a paragraph is put in. */
const paragraph =
  (...written: string[]): Edit =>
  (text, draw) => {
    const breaks = [...text.matchAll(/[.)]\n\n(?=[A-Z])/g)].map(({ index }) => index + 2)
    const at = choice(breaks, draw)
    return {
      text: `${text.slice(0, at)}\n${choice(written, draw)}\n${text.slice(at)}`,
      line: lineAt(text, at) + 1,
    }
  }

/** What one of the matches is, is replaced. */
const replaced =
  (pattern: RegExp, by: (found: RegExpMatchArray, draw: Draw) => string, offset = 0): Edit =>
  (text, draw) => {
    const matches = [...text.matchAll(pattern)]
    if (matches.length === 0) return undefined
    const found = choice(matches, draw)
    const end = found.index + found[0].length
    return {
      text: text.slice(0, found.index) + by(found, draw) + text.slice(end),
      line: lineAt(text, found.index + offset),
    }
  }

/** A name with one of its letters left out. */
const mistyped = (name: string, draw: Draw): string => {
  const at = 1 + Math.floor(draw() * (name.length - 2))
  return name.slice(0, at) + name.slice(at + 1)
}

const pages = ['article.mdx', 'method.mdx', 'method.mdx', 'method.mdx']
const bibliography = ['references.bib']

const grammar: readonly [kind: string, files: readonly string[], edit: Edit, reason: RegExp][] = [
  [
    'a mistyped statistic',
    pages,
    replaced(/(<Stat name=")([^"]+)/g, ([, tag, name], draw) => `${tag}${mistyped(name, draw)}x`),
    /unknown statistic/,
  ],
  [
    'a mistyped attribute',
    pages,
    replaced(/<Stat name=/g, () => '<Stat nmae='),
    /unknown attribute of <Stat> "nmae"/,
  ],
  ['a mistyped component', pages, replaced(/<Stat /g, () => '<Sta '), /unknown component "Sta"/],
  [
    'a verdict on a number',
    pages,
    replaced(/<Stat (name="[^"]+") \/>/g, ([, name]) => `<Verdict ${name} yes="a" no="b" />`),
    /is no verdict/,
  ],
  [
    'an interval where there is none',
    ['method.mdx'],
    replaced(/<Stat name="study\.hidden0" \/>/g, () => '<Stat name="study.hidden0" interval />'),
    /has no interval/,
  ],
  ['a missing quote', pages, replaced(/(<Stat name="[^"]+)" \/>/g, ([, tag]) => `${tag} />`), /./],
  [
    'a tag without end',
    pages,
    paragraph('Words <Note>and more.', 'Words </Note> and more.', 'It *is <Note>* so.'),
    /./,
  ],
  ['code', pages, paragraph('If { a < b } so.', '{Math.PI}', 'So {a + b}.', 'export const a = 1'), /code/],
  ['a brace', pages, paragraph('A set {1, 2.', 'If { a < } so.'), /./],
  ['a sign', pages, paragraph('When a <5 it', 'Or <= that.', '<!-- so -->'), /Unexpected character/],
  [
    'a dollar sign',
    pages,
    paragraph('It costs $5 and then $10 more.', 'Costs $5.', 'Costs 5 $ a day.'),
    /\$/,
  ],
  [
    'a formula that cannot be typeset',
    pages,
    paragraph('So $\\frac{1}$.', '$$\n\\foo\n$$', 'And $a^$ too.'),
    /cannot be typeset/,
  ],
  ['a formula without end', pages, paragraph('$$\nx = 1'), /no \$\$ below it/],
  ['a paragraph without end', pages, paragraph('Word after word. '.repeat(3000)), /characters follow/],
  ['a missing import', pages, paragraph('import A from "./no-such.ts"'), /there is no file/],
  [
    'a dead link',
    pages,
    paragraph(
      'So [it](./labb.html) is.',
      '[it](nowhere.mdx)',
      '[it](#no-such)',
      '[it](method.mdx#no-such)',
      '[it]()',
    ),
    /unknown|no address/,
  ],
  [
    'a missing image',
    pages,
    paragraph('![Words](./missing.png)', '![Words](/missing.png)', '![Words](a.doc)'),
    /image/,
  ],
  [
    'an unknown citation',
    pages,
    paragraph('As [@unknown2020] has it.', 'As @unknown2020 has it.', 'As [see @unknown2020, p. 3].'),
    /unknown citation "unknown2020"/,
  ],
  [
    'a mark that does nothing',
    pages,
    paragraph('It is **bold.', 'It is `code.', 'A note[^1].', '[words][nowhere]'),
    /./,
  ],
  ['a heading out of order', pages, paragraph('# A title', '##### Deep', '## '), /heading/],
  [
    'a figure that cannot be drawn',
    pages,
    paragraph(
      '<Figure id="f-x" kind="walk" condition="dropout" title="T">\nWords.\n</Figure>',
      '<Figure id="f-x" kind="batch-size" condition="batch-norm-before" title="T">\nWords.\n</Figure>',
      '<Figure id="f-x" kind="matrix" condition="none" epoch={7} title="T">\nWords.\n</Figure>',
    ),
    /cannot be drawn|unknown epoch/,
  ],
  [
    'a component where it cannot be',
    pages,
    paragraph(
      '<Note>Alone.</Note>',
      'Words <Equation id="e-x">$x$</Equation>.',
      'A <Stat name="study.seed">5</Stat>.',
    ),
    /belongs|stands/,
  ],
  ['frontmatter that is no YAML', pages, replaced(/^title: /g, () => 'title: a: ', 0), /not YAML/],
  [
    'a frontmatter without a key',
    pages,
    (text) => ({ text: text.replace(/^summary: .*\n/m, ''), line: 1 }),
    /has no summary/,
  ],
  ['a mistyped key of the frontmatter', pages, replaced(/^title:/gm, () => 'titel:'), /unknown key/],
  ['an empty title', pages, replaced(/^title: .*/gm, () => 'title:'), /title of the frontmatter is empty/],
  [
    'a key twice',
    bibliography,
    (text, draw) => {
      const found = choice([...text.matchAll(/^@[\s\S]*?^\}\n/gm)], draw)
      return { text: `${text.trimEnd()}\n\n${found[0]}`, line: lineAt(text, text.trimEnd().length) + 2 }
    },
    /is used twice/,
  ],
  [
    'an entry without end',
    bibliography,
    replaced(/^(@[\s\S]*?)^\}\n(?=\n@)/gm, ([, entry]) => entry),
    /does a brace or a quote not end/i,
  ],
  [
    'a missing comma',
    bibliography,
    replaced(/^( {2}title = \{[^\n]*\}),/gm, ([, field]) => field),
    /a comma is missing/,
  ],
  [
    'a mistyped type of entry',
    bibliography,
    replaced(/^@article/gm, () => '@artcle'),
    /unknown type of entry/,
  ],
]

const faultOf = (
  [kind, files, edit, reason]: (typeof grammar)[number],
  draw: Draw,
  read: (file: string) => string,
) => {
  const file = choice(files, draw)
  const edited = edit(read(file), draw)
  return edited && { kind, file, ...edited, reason }
}

/** A page more, whose address is no page's, or another page's. */
function pageMore(chance: Chance): Fault {
  const [name, reason] = chance.pick([
    ['Method.mdx', /^\S+ .*as content\/method\.mdx is/],
    ['Notes.mdx', /Rename it to content\/notes\.mdx/],
    ['my page.mdx', /Rename it to content\/my-page\.mdx/],
    ['Größe.mdx', /Rename it to content\/grosse\.mdx/],
    ['notes.md', /Rename it to content\/notes\.mdx/],
    ['lab.mdx', /its address lab\.html is that of src\/pages\/lab\.astro/],
    ['provenance.mdx', /its address provenance\.html is that of src\/pages\/provenance\.astro/],
    ['index.mdx', /its address index\.html is that of content\/article\.mdx/],
  ] as const)
  const text = '---\ntitle: A page\nsummary: It is about nothing.\n---\n\nWords.\n'
  return { kind: 'a page more', file: `content/${name}`, text, line: 1, reason }
}

/**
 * Some edits, the same for a seed, as many of each kind as there can be. @param read the text of a file of
 * `content/`
 */
export function proseFaults(seed: number, count: number, read: (file: string) => string): Fault[] {
  const draw = randomLcg(seed)
  return Array.from({ length: count }, (_, index) => {
    const fault = faultOf(grammar[index % grammar.length], draw, read)
    return fault ? [fault] : []
  }).flat()
}

/** One edit, of any kind. @param read the text of a file of the project */
export async function proseFault(chance: Chance, read: (file: string) => Promise<string>): Promise<Fault> {
  const texts = new Map<string, string>()
  for (const file of [...new Set(pages), ...bibliography]) texts.set(file, await read(`content/${file}`))
  for (;;) {
    const kind = chance.below(grammar.length + 2)
    if (kind >= grammar.length) return pageMore(chance)
    const fault = faultOf(
      grammar[kind],
      () => chance.below(2 ** 30) / 2 ** 30,
      (file) => texts.get(file) ?? '',
    )
    if (fault) return { ...fault, file: `content/${fault.file}` }
  }
}
