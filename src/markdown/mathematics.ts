/** A formula that KaTeX cannot read fails the build, like any other mistake of the prose. */
import { relative } from 'node:path'
import type { VFile } from 'vfile'

/** A rehype plugin, to be run after rehype-katex, which only notes such formulas and prints them in red. */
export function rehypeCheckMathematics({ root }: { readonly root: string }) {
  return (_tree: unknown, file: VFile): void => {
    const complaints = file.messages.filter(({ source }) => source === 'rehype-katex')
    if (complaints.length === 0) return
    const lines = complaints.map(({ line, column, cause, reason }) => {
      const why = cause instanceof Error ? cause.message.replace(/^KaTeX parse error: /, '') : reason
      return `${relative(root, file.path)}:${line}:${column}: the formula cannot be typeset: ${why}`
    })
    throw Object.assign(new Error(lines.join('\n')), { line: complaints[0].line, column: complaints[0].column })
  }
}
