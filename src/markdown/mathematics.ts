/** Formulas must not be torn from the punctuation beside them. */
import type { Element, Root } from 'hast'
import { SKIP, visit } from 'unist-util-visit'

/**
 * A rehype plugin that keeps a formula in one line with the bracket before it and the punctuation after it,
 * which browsers would part. A formula that may itself be broken into lines, after a relation or an operator,
 * is left as it is.
 */
export function rehypeJoinMathematics() {
  return (tree: Root): void => {
    visit(tree, 'element', (formula, index, parent) => {
      if (!hasClass(formula, 'katex') || !parent || index === undefined) return
      const [before, after] = [parent.children[index - 1], parent.children[index + 1]]
      const opening = before?.type === 'text' ? /[([\u201c\u2018]$/.exec(before.value)?.[0] : undefined
      const closing = after?.type === 'text' ? /^[.,;:!?)\]\u201d\u2019]+/.exec(after.value)?.[0] : undefined
      if ((!opening && !closing) || parts(formula) > 1) return SKIP
      if (opening && before.type === 'text') before.value = before.value.slice(0, -opening.length)
      if (closing && after.type === 'text') after.value = after.value.slice(closing.length)
      parent.children[index] = {
        type: 'element',
        tagName: 'span',
        properties: { className: ['joined'] },
        children: [...text(opening), formula, ...text(closing)],
      }
      return SKIP
    })
  }
}

const hasClass = ({ properties }: Element, name: string): boolean =>
  [properties.className].flat().includes(name)

const text = (value: string | undefined) => (value ? [{ type: 'text' as const, value }] : [])

/** How many pieces of a formula could stand in lines of their own. */
function parts(formula: Element): number {
  let count = 0
  visit(formula, 'element', (element) => {
    if (hasClass(element, 'base')) count += 1
  })
  return count
}
