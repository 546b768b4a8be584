/**
 * What rehype-citation leaves undone: the bibliography gets a heading where the article wrote none, and its
 * addresses become links.
 */
import type { Element, ElementContent, Root } from 'hast'
import { visit } from 'unist-util-visit'

const isBibliography = (node: Root['children'][number] | undefined): boolean =>
  node?.type === 'element' && node.properties.id === 'refs'

/** A rehype plugin, to be run after rehype-citation. */
export function rehypeReferences() {
  return (tree: Root): void => {
    const at = tree.children.findIndex(isBibliography)
    if (at < 0) return
    const before = tree.children.slice(0, at).findLast(({ type }) => type === 'element')
    const headed = before?.type === 'element' && /^h[1-6]$/.test(before.tagName)
    visit(tree.children[at], 'element', (entry: Element) => {
      if ([entry.properties.className].flat().includes('csl-entry'))
        entry.children = entry.children.flatMap(linked)
    })
    if (!headed) tree.children.splice(at, 0, heading)
  }
}

const heading: Element = {
  type: 'element',
  tagName: 'h2',
  properties: {},
  children: [{ type: 'text', value: 'References' }],
}

function linked(node: ElementContent): ElementContent[] {
  if (node.type !== 'text') return [node]
  return node.value.split(/(https?:\/\/\S*[^\s.,)])/).map((value, index) => {
    const text = { type: 'text' as const, value }
    return index % 2 === 0
      ? text
      : { type: 'element', tagName: 'a', properties: { href: value }, children: [text] }
  })
}
