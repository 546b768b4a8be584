/** Formulas as MathML, typeset by the browser in a face of mathematics. */
import type { Element, ElementContent, Root } from 'hast'
import { fromHtml } from 'hast-util-from-html'
import { toString as textOf } from 'mdast-util-to-string'
import temml from 'temml'
import { SKIP, visit } from 'unist-util-visit'

/**
 * A formula as MathML; one in a line of text may be broken after a relation or an operator where the line is
 * too narrow for it.
 * @throws a `temml.ParseError` when it cannot be typeset
 */
export function mathematics(formula: string, display: boolean): string {
  return temml.renderToString(formula, {
    displayMode: display,
    wrap: display ? 'none' : 'tex',
    throwOnError: true,
    strict: true,
  })
}

/** Why a formula cannot be typeset; undefined where it can. */
export function whyNot(formula: string, display: boolean): string | undefined {
  try {
    mathematics(formula, display)
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Without the piece of the formula behind it, in which marks are set under letters.
    return error.message.trim().replace(/,? at (?:position \d+|end of input): .*$/s, '')
  }
}

/**
 * A rehype plugin that typesets what remark-math found. A formula in a line of text is kept together with the
 * bracket before it and the punctuation after it, which browsers would part.
 */
export function rehypeMathematics() {
  return (tree: Root): void => {
    visit(tree, 'element', (element, index, parent) => {
      if (!parent || index === undefined) return
      const code = element.tagName === 'pre' ? element.children[0] : element
      if (code?.type !== 'element' || code.tagName !== 'code') return
      const display = hasClass(code, 'math-display')
      if (!display && !hasClass(code, 'math-inline')) return
      const formula = fromHtml(mathematics(textOf(code), display), { fragment: true }).children[0] as Element
      parent.children[index] = formula
      if (!display) join(formula, parent.children as ElementContent[], index)
      return SKIP
    })
  }
}

function join(formula: Element, beside: ElementContent[], index: number): void {
  const [before, after] = [beside[index - 1], beside[index + 1]]
  const opening = before?.type === 'text' ? /[([\u201c\u2018]$/.exec(before.value)?.[0] : undefined
  const closing = after?.type === 'text' ? /^[.,;:!?)\]\u201d\u2019]+/.exec(after.value)?.[0] : undefined
  if (!opening && !closing) return
  if (opening && before.type === 'text') before.value = before.value.slice(0, -opening.length)
  if (closing && after.type === 'text') after.value = after.value.slice(closing.length)
  beside[index] = {
    type: 'element',
    tagName: 'span',
    properties: { className: ['joined'] },
    children: [...text(opening), formula, ...text(closing)],
  }
}

const hasClass = ({ properties }: Element, name: string): boolean =>
  [properties.className].flat().includes(name)

const text = (value: string | undefined) => (value ? [{ type: 'text' as const, value }] : [])
