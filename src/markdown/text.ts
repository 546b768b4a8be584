/** Marks in running text that do something else than their author meant, or nothing at all. */
import type { Heading, Literal, Table } from 'mdast'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import { unknown } from '../../pipeline/nearest.ts'
import { whyNot } from './mathematics.ts'
import { pointAt, type Report } from './problem.ts'
import type { Node, Point } from './tree.ts'

/**
 * The line at which a formula begins whose closing `$$` is missing: a blank line or a component comes before
 * it.
 */
export function unclosedFormula(source: string): Point | undefined {
  let fence: string | undefined
  let formula: Point | undefined
  for (const [index, text] of source.split('\n').entries()) {
    const line = text.trim()
    const code = /^(?:`{3,}|~{3,})/.exec(line)?.[0]
    if (!formula && code && (fence === undefined || line === fence))
      fence = fence === undefined ? code : undefined
    else if (fence !== undefined) continue
    else if (formula && (line === '' || /^<\/?[A-Z]|^#+ /.test(line))) return formula
    else if (/^\$\$$/.test(line))
      formula = formula ? undefined : { line: index + 1, column: text.indexOf('$$') + 1 }
  }
  return formula
}

/** Formulas, citations, headings, tables and marks of Markdown. */
export function checkText(tree: Node, source: string, citations: readonly string[], report: Report): void {
  let depth = 1
  visit(tree, (node, _index, parent: Node | undefined) => {
    const { position } = node
    const start = position?.start
    const raw = source.slice(start?.offset ?? 0, position?.end.offset ?? 0)
    const at = (offset: number) => pointAt(source, (start?.offset ?? 0) + offset)
    if (node.type === 'text') checkMarks(raw, at, report)
    if (node.type === 'text') checkCitations(raw, at, parent?.type, citations, report)
    const type: string = node.type
    if (type === 'inlineMath' || type === 'math') checkFormula(node as Literal, type)
    if (node.type === 'code' && fenceOf(raw) && !raw.trimEnd().endsWith(fenceOf(raw) as string))
      report(start, `the code that begins here has no ${fenceOf(raw)} below it`)
    if (node.type === 'html') report(start, 'write a comment as {/* ... */}')
    if (node.type === 'heading') depth = checkHeading(node as Heading, raw, depth, report)
    if (node.type === 'table') checkTable(node as Table, report)

    function checkFormula({ value }: Literal, type: string): void {
      const after = source[position?.end.offset ?? source.length] ?? ''
      const single = type === 'inlineMath' && !raw.startsWith('$$')
      if (value.trim() === '') report(start, 'the formula is empty')
      else if (
        single &&
        (/^\$\s|\s\$$/.test(raw) || /\d/.test(after) || /^\d[\d.,]*\s+[A-Za-z]{2,}\b/.test(value))
      )
        report(
          start,
          `from this $ to the next, ${JSON.stringify(raw)} is read as a formula. Write \\$ for a dollar sign; a formula has no blank after its first $ or before its last, and no digit behind it.`,
        )
      else {
        const reason = whyNot(value, type === 'math')
        if (reason) report(start, `the formula cannot be typeset: ${reason}`)
      }
    }
  })
}

const fenceOf = (code: string): string | undefined => /^(?:`{3,}|~{3,})/.exec(code)?.[0]

/** Marks that stand in the text as they are, because what they should begin or end is not there. */
function checkMarks(raw: string, at: (offset: number) => Point, report: Report): void {
  const marks: [RegExp, string][] = [
    [
      /(?<!\\)\$/g,
      'this $ neither begins nor ends a formula. Close the formula, or write \\$ for a dollar sign.',
    ],
    [/(?<!\\)(?:\*\*|__)/g, 'these marks make nothing bold: their pair is missing, or a blank is beside it.'],
    [/(?<!\\)`+/g, 'this ` makes nothing code: its pair is missing. Write \\` for the sign itself.'],
    [/(?<!\\)\]\(/g, 'this is no link: it needs [words](address), without blanks in the address.'],
    [/(?<!\\)\[\^[^\]]*\]/g, 'this note has no text. Write <Note>...</Note> where it belongs.'],
    [/(?<!\\)\]\[/g, 'no address is given for this link. Write [words](address).'],
    [
      /^\s*\|?[ \t]*:?-+:?[ \t]*\|[-:| \t]*$/gm,
      'this is no table: this line needs as many columns as the one above.',
    ],
    [/&[a-zA-Z]{2,8};/g, 'there is no sign of this name.'],
  ]
  for (const [mark, reason] of marks) for (const { index } of raw.matchAll(mark)) report(at(index), reason)
}

/** Where rehype-citation puts a citation; elsewhere it leaves the text as it is. */
const citable = ['paragraph', 'tableCell', 'mdxJsxTextElement', 'mdxJsxFlowElement']

function checkCitations(
  raw: string,
  at: (offset: number) => Point,
  parent: string | undefined,
  citations: readonly string[],
  report: Report,
): void {
  const inBrackets = [...raw.matchAll(/\[[^[\]]*\]/g)].map(({ index, 0: { length } }) => [
    index,
    index + length,
  ])
  for (const { index, 1: word } of raw.matchAll(/(?<![\p{L}\d_.+-])@([\p{L}\d_][^\s,;\]]*)/gu)) {
    const bracketed = inBrackets.some(([from, to]) => index > from && index < to)
    const key = bracketed ? word : word.replace(/[^\p{L}\d_]+$/u, '')
    if (!citations.includes(key)) report(at(index), unknown('citation', key, citations))
    else if (!citable.includes(parent ?? ''))
      report(
        at(index),
        `a citation cannot stand in ${parent === 'heading' ? 'a heading' : 'emphasis or a link'}; move it behind`,
      )
    else if (!bracketed && index > 0 && !/\s/.test(raw[index - 1]))
      report(at(index), `write [@${key}] for a citation in parentheses, or a blank before @${key}`)
  }
}

/** A heading's depth, which the next one may exceed by one. */
function checkHeading(heading: Heading, raw: string, before: number, report: Report): number {
  const { depth, position } = heading
  const start = position?.start
  if (!raw.startsWith('#'))
    report(
      start,
      'a line above --- or === is read as a heading. Write ## for one, or leave a blank line between.',
    )
  else if (depth === 1) report(start, 'the title of the frontmatter is the only heading with one #; write ##')
  else if (depth > before + 1)
    report(
      start,
      `a heading with ${'#'.repeat(depth)} comes after one with at most ${'#'.repeat(before)}; none may be left out`,
    )
  if (textOf(heading).trim() === '') report(start, 'the heading is empty')
  return Math.max(depth, 2)
}

function checkTable({ children: [head, ...rows] }: Table, report: Report): void {
  for (const row of rows)
    if (row.children.length > head.children.length)
      report(
        row.position?.start,
        `this row has ${row.children.length} cells, and the head of the table ${head.children.length}. Write \\| for a bar.`,
      )
}
