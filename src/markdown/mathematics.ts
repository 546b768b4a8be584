/** Formulas that cannot be read, and formulas that must not be torn from the punctuation beside them. */
import { relative } from 'node:path'
import type { Element, Root } from 'hast'
import { visit } from 'unist-util-visit'
import type { VFile } from 'vfile'

/** A rehype plugin, to be run after rehype-katex, which only notes formulas that it cannot read and prints them in red: they fail the build. */
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

/** A rehype plugin that keeps a formula in the line of the bracket before it and of the punctuation after it. */
export function rehypeJoinMathematics() {
  return (tree: Root): void => {
    visit(tree, 'element', (node, index, parent) => {
      if (!isFormula(node) || !parent || index === undefined) return
      const [before, after] = [parent.children[index - 1], parent.children[index + 1]]
      if (before?.type === 'text') before.value = before.value.replace(/[([\u201c\u2018]$/, `$&${wordJoiner}`)
      if (after?.type === 'text') after.value = after.value.replace(/^[.,;:!?)\]\u201d\u2019]/, `${wordJoiner}$&`)
    })
  }
}

const wordJoiner = '\u2060'

const isFormula = ({ properties }: Element): boolean => [properties.className].flat().includes('katex')
