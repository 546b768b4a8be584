/** A mistake in something that a person wrote, and the error that tells of all of them. */
import type { Point } from './tree.ts'

/**
 * A mistake: in which file, seen from the project's root, where in it, and what is wrong. Lines and columns
 * count from 1.
 */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly reason: string
}

/** Notes a mistake at a place of a page; at its top if the place is not known. */
export type Report = (at: Point | undefined, reason: string) => void

/**
 * All mistakes of an author, one a line: `content/article.mdx:12:34: unknown statistic "none.epoch10.layr2"`.
 */
export class Mistakes extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const inOrder = problems.toSorted(
      (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
    )
    const lines = inOrder.map(({ file, line, column, reason }) => `${file}:${line}:${column}: ${reason}`)
    super([...new Set(lines)].join('\n'))
    this.problems = inOrder
    // Where in this program a mistake of the prose was found helps nobody.
    this.stack = this.message
  }
}

/** The line and column of a place in a text. */
export function pointAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
