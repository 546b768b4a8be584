/** What a page says of itself, in YAML between the two lines of hyphens at its top. */
import { z } from 'astro/zod'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { unknown } from '../../pipeline/nearest.ts'
import type { Point } from './tree.ts'

const text = z.string().trim().min(1)

const saying = z.union([z.literal('nothing'), z.record(text, text)])

export const frontmatter = z.strictObject({
  title: text,
  /** One or two sentences, shown under the title and to search engines. */
  summary: text,
  /** What links between pages call it; the title unless given. */
  short: text.optional(),
  /** What title and summary say, claim by claim, or `nothing` where they state no finding. */
  states: z.strictObject({ title: saying.optional(), summary: saying.optional() }).optional(),
  /** Headings that state no finding. */
  topics: z.array(text).optional(),
})

export type Frontmatter = z.infer<typeof frontmatter>

interface Found {
  readonly at: Point
  readonly reason: string
}

const top: Point = { line: 1, column: 1 }

/**
 * The source of a page with blanks in place of its frontmatter, so that its lines and columns are those of
 * the file.
 */
export const withoutFrontmatter = (source: string): string =>
  source.replace(/^\uFEFF?---[\s\S]*?\n---/, (whole) => whole.replace(/[^\r\n]/g, ' '))

/** What is wrong with a page's frontmatter, and where. @param source the whole page */
export function frontmatterProblems(source: string): readonly Found[] {
  if (!/^\uFEFF?---[ \t]*\r?\n/.test(source))
    return [
      { at: top, reason: 'the page has no frontmatter: it begins with ---, title: ..., summary: ..., ---' },
    ]
  const yaml = /^\uFEFF?---([ \t]*\r?\n(?:[\s\S]*?\n)?)---/.exec(source)?.[1]
  if (yaml === undefined) return [{ at: top, reason: 'the frontmatter that begins here has no --- below it' }]
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Point => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col + (line === 1 ? 3 : 0) }
  }
  const unreadable = document.errors.map(({ pos, code, message }) => ({
    // Of a quote without end, where it begins.
    at: at(code === 'MISSING_CHAR' ? Math.max(0, yaml.slice(0, pos[0]).search(/["'][^"']*$/)) : pos[0]),
    reason: `the frontmatter is not YAML: ${message.split('\n')[0]}. Put a text with : or # in quotes.`,
  }))
  if (unreadable.length > 0) return unreadable
  const pairs = isMap(document.contents) ? document.contents.items : []
  if (pairs.length === 0 && document.contents !== null)
    return [{ at: { line: 2, column: 1 }, reason: 'the frontmatter must be lines such as title: ...' }]
  const valid = Object.keys(frontmatter.shape)
  const place = (key: string): Point => {
    const found = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)
    return isScalar(found?.key) && found.key.range ? at(found.key.range[0]) : top
  }
  const data: { [key: string]: unknown } = document.toJS() ?? {}
  const { error } = frontmatter.safeParse(data)
  return (error?.issues ?? []).flatMap((issue): Found[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        at: place(key),
        reason: unknown('key of the frontmatter', key, valid),
      }))
    const key = String(issue.path[0])
    if (!Object.hasOwn(data, key)) return [{ at: top, reason: `the frontmatter has no ${key}` }]
    const value = data[key]
    const given =
      value === null || (typeof value === 'string' && value.trim() === '')
        ? 'is empty'
        : key === 'states'
          ? `takes title and summary, each "nothing" or a claim with its verdict, such as "none.learns: holds"`
          : key === 'topics'
            ? 'is a list of headings'
            : `is ${JSON.stringify(value)}, which is no text; put it in quotes`
    return [{ at: place(key), reason: `${key} of the frontmatter ${given}` }]
  })
}
