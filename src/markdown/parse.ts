/** Reads a page into the tree that the checks look at, as the site's own processor reads it. */
import { createProcessor } from '@mdx-js/mdx'
import remarkGfm from 'remark-gfm'
import remarkMath from 'remark-math'
import { VFile } from 'vfile'
import { withoutFrontmatter } from './frontmatter.ts'
import { pointAt } from './problem.ts'
import type { Node, Point } from './tree.ts'

/** The first place from which on a text is not MDX. */
export interface Unreadable {
  readonly at: Point
  readonly reason: string
}

/** Thrown when the tree is there, since nothing that would be made of it is needed. */
class Read {
  readonly tree: Node
  constructor(tree: Node) {
    this.tree = tree
  }
}

const processor = createProcessor({
  remarkPlugins: [
    remarkGfm,
    remarkMath,
    () => (tree: Node) => {
      throw new Read(tree)
    },
  ],
})

/**
 * Characters of a paragraph, of which the parser's time grows with the square: at twenty times as many, a
 * minute.
 */
const longest = 50_000

/** The tree of a page, its frontmatter left blank, or why there is none. */
export function parse(source: string): Node | Unreadable {
  const value = withoutFrontmatter(source)
  const long = longParagraph(value)
  if (long) return long
  try {
    processor.processSync(new VFile({ value }))
  } catch (error) {
    return error instanceof Read ? error.tree : unreadable(error as Message, value)
  }
  throw new Error('The processor of the prose has passed over its last step.')
}

function longParagraph(value: string): Unreadable | undefined {
  let begin = 0
  for (const { index } of value.matchAll(/\n[ \t\r]*\n|$/g)) {
    if (index - begin > longest)
      return {
        at: pointAt(value, begin + value.slice(begin).search(/\S/)),
        reason: `${index - begin} characters follow without a blank line; at most ${longest} may. Divide them.`,
      }
    begin = index + 1
  }
  return undefined
}

/** Where the last brace stands that no other closes. */
function unclosedBrace(value: string): number {
  const open: number[] = []
  for (const { 0: brace, index } of value.matchAll(/(?<!\\)[{}]/g)) {
    if (brace === '{') open.push(index)
    else open.pop()
  }
  return open.at(-1) ?? 0
}

/** What the parser throws. */
interface Message extends Error {
  readonly place?: Point | { readonly start: Point }
  readonly line?: number
  readonly column?: number
  readonly reason?: string
  readonly cause?: unknown
}

function unreadable({ place, line, column, reason, message, cause }: Message, value: string): Unreadable {
  const start = (place && 'start' in place ? place.start : place) ?? { line: line ?? 1, column: column ?? 1 }
  const said = (reason ?? message).split('\n')[0].replace(/\.$/, '')
  const opened = /^Expected a closing tag for `(.*)` \((\d+):(\d+)/.exec(said)
  if (opened)
    return {
      at: { line: Number(opened[2]), column: Number(opened[3]) },
      reason: `${opened[1]} is not closed in the paragraph, the item or the component in which it begins.`,
    }
  const quote = /(?<=[A-Za-z]=)"(?=[^"\n]*$)/m.exec(value)
  if (quote)
    return { at: pointAt(value, quote.index), reason: 'the quote that begins here does not end in its line.' }
  if (/^Unexpected end of file/.test(said)) {
    const inExpression = /in expression/.test(said)
    const begins = inExpression ? unclosedBrace(value) : value.lastIndexOf('<')
    return {
      at: pointAt(value, Math.max(0, begins)),
      reason: `the ${inExpression ? 'expression' : 'tag'} that begins here does not end (${said}).`,
    }
  }
  if (/acorn/.test(said)) {
    const why = cause instanceof Error ? cause.message.replace(/ \(\d+:\d+\)$/, '') : said
    return /import\/exports/.test(said)
      ? { at: start, reason: `a line that begins with import or export is read as code: ${why}.` }
      : { at: start, reason: `what stands between { and } is read as code: ${why}. Write \\{ for a brace.` }
  }
  const help = /before name/.test(said) ? ' Write \\< for a less-than sign.' : ''
  return { at: start, reason: `${said}.${help}` }
}
