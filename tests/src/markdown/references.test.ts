import type { Element, Root } from 'hast'
import { describe, expect, test } from 'vitest'
import { rehypeReferences } from '../../../src/markdown/references.ts'

const element = (
  tagName: string,
  properties: Element['properties'],
  ...children: Element['children']
): Element => ({
  type: 'element',
  tagName,
  properties,
  children,
})

const bibliography = (): Element =>
  element(
    'div',
    { id: 'refs' },
    element(
      'div',
      { className: ['csl-entry'] },
      { type: 'text', value: 'A. Author. https://example.org/a.' },
    ),
  )

function apply(...children: Root['children']): Element[] {
  const tree: Root = { type: 'root', children }
  rehypeReferences()(tree)
  return tree.children as Element[]
}

describe('a bibliography', () => {
  test('has a heading where the article wrote none', () => {
    expect(apply(element('p', {}), bibliography()).map(({ tagName }) => tagName)).toEqual(['p', 'h2', 'div'])
    expect(apply(element('h2', {}), bibliography()).map(({ tagName }) => tagName)).toEqual(['h2', 'div'])
    expect(apply(element('p', {}))).toHaveLength(1)
  })

  test('has links for addresses, without the full stop after them', () => {
    const [, refs] = apply(bibliography())
    const [, link, rest] = (refs.children[0] as Element).children
    expect(link).toMatchObject({ tagName: 'a', properties: { href: 'https://example.org/a' } })
    expect(rest).toEqual({ type: 'text', value: '.' })
  })
})
