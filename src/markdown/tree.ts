/** The parts of a parsed article that the checks and the numbering look at. */
import type { Node, Point } from 'unist'
import { visit } from 'unist-util-visit'

/** An attribute of a component, such as `epoch={10}`. */
export interface Attribute {
  readonly type: string
  readonly name?: string
  /** Text; an expression, with its source as text; or null for a bare name. */
  value?: string | null | { readonly type: string; readonly value: string }
  readonly position?: Node['position']
}

/** `<Stat name="..." />` and the like, between paragraphs or within one. */
export interface Component extends Node {
  readonly type: 'mdxJsxFlowElement' | 'mdxJsxTextElement'
  name: string | null
  attributes: Attribute[]
  children: Node[]
}

/** Calls `look` with every component of the article, in reading order. */
export function eachComponent(tree: Node, look: (component: Component) => void): void {
  visit(tree, ['mdxJsxFlowElement', 'mdxJsxTextElement'], (node) => look(node as Component))
}

/**
 * The attribute's value as its text or, for an expression such as `{10}` or `{'last'}`, as the literal that
 * it is; otherwise undefined.
 */
export function literal({ value }: Attribute): string | number | true | undefined {
  if (value === null || value === undefined) return true
  if (typeof value === 'string') return value
  const source = value.value.trim()
  const quoted = /^(['"`])([^'"`$]*)\1$/.exec(source)
  if (quoted) return quoted[2]
  return source !== '' && Number.isFinite(Number(source)) ? Number(source) : undefined
}

/** The literal value of a component's attribute, or undefined when it has none of this name. */
export function attribute(component: Component, name: string): string | number | true | undefined {
  const found = component.attributes.find((candidate) => candidate.name === name)
  return found && literal(found)
}

export type { Node, Point }
