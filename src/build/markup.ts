import type { Root } from 'hast'
import { fromHtml } from 'hast-util-from-html'
import { visit } from 'unist-util-visit'

/** A built page as a tree in which what lies in a `template` element is visited like everything else. */
export function readPage(html: string): Root {
  const page = fromHtml(html)
  visit(page, 'element', (element) => {
    if (element.content) element.children = element.content.children as typeof element.children
  })
  return page
}
