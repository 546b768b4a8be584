/** What a page may do in a reader's browser: only what the build wrote, and nothing with other hosts. */
import { createHash } from 'node:crypto'
import type { Element, Root } from 'hast'
import { SKIP, visit } from 'unist-util-visit'

/**
 * Moves style attributes to classes, since a policy without `unsafe-inline` refuses them. Their rules win
 * over all others, as the attributes did, but for what a script sets on the element itself.
 */
export function stylesAsClasses(page: Root): void {
  const names = new Map<string, string>()
  let head: Element | undefined
  visit(page, 'element', (element) => {
    const { tagName, properties } = element
    if (tagName === 'head') head = element
    const style = properties.style
    if (typeof style !== 'string') return
    delete properties.style
    const name = names.get(style) ?? `style-${names.size + 1}`
    names.set(style, name)
    const before = properties.className
    properties.className = [...(Array.isArray(before) ? before : before ? [String(before)] : []), name]
  })
  // An id that no element has, negated: it is there for its weight only.
  const rules = [...names].map(([style, name]) => `.${name}:not(#\\ ){${style}}`).join('')
  if (rules)
    head?.children.push({
      type: 'element',
      tagName: 'style',
      properties: {},
      children: [{ type: 'text', value: rules }],
    })
}

/**
 * Makes one style sheet of those that stand in a page's head, in their order, where the first of them stood:
 * before the scripts that look at them. Each would need a hash of its own.
 */
export function joinStyles(page: Root): void {
  const sheets: string[] = []
  visit(page, 'element', (head) => {
    if (head.tagName !== 'head') return
    const first = head.children.findIndex((child) => child.type === 'element' && child.tagName === 'style')
    head.children = head.children.filter((child) => {
      if (child.type !== 'element' || child.tagName !== 'style') return true
      const [content] = child.children
      if (content?.type === 'text') sheets.push(content.value)
      return false
    })
    if (sheets.length > 0)
      head.children.splice(first, 0, {
        type: 'element',
        tagName: 'style',
        properties: {},
        children: [{ type: 'text', value: sheets.join('\n') }],
      })
    return SKIP
  })
}

/**
 * What holds for every page; `data:` is for the faces and drawings in it, `blob:` for pictures that it made
 * itself.
 */
const everywhere = {
  'default-src': "'none'",
  'connect-src': "'self'",
  'font-src': "'self' data:",
  'img-src': "'self' data: blob:",
  'manifest-src': "'self'",
  'worker-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
}

/** What another site is told of where a reader comes from: the host, not the page. */
export const referrers = 'strict-origin-when-cross-origin'

/** The policy under which a page, or several, run their own inline scripts and styles, and no others. */
export function policyOf(page: Root): string {
  const allowed = { script: new Set<string>(), style: new Set<string>() }
  visit(page, 'element', ({ tagName, properties, children: [content] }) => {
    if ((tagName !== 'script' && tagName !== 'style') || content?.type !== 'text') return
    // Data, which no browser runs.
    if (String(properties.type ?? '').endsWith('json')) return
    const hash = createHash('sha256').update(content.value).digest('base64')
    allowed[tagName].add(`'sha256-${hash}'`)
  })
  const sources = (hashes: ReadonlySet<string>) => ["'self'", ...[...hashes].sort()].join(' ')
  const policy = {
    ...everywhere,
    'script-src': sources(allowed.script),
    'style-src': sources(allowed.style),
  }
  return Object.entries(policy)
    .map((directive) => directive.join(' '))
    .join('; ')
}

/** Gives a page its policy, before anything that it concerns; to be done last. */
export function addPolicy(page: Root): void {
  const meta = (properties: Element['properties']): Element => ({
    type: 'element',
    tagName: 'meta',
    properties,
    children: [],
  })
  const content = policyOf(page)
  visit(page, 'element', (element) => {
    if (element.tagName !== 'head') return
    const charset = element.children.findIndex(
      (child) => child.type === 'element' && child.properties.charSet !== undefined,
    )
    element.children.splice(
      charset + 1,
      0,
      meta({ httpEquiv: ['Content-Security-Policy'], content }),
      meta({ name: 'referrer', content: referrers }),
    )
  })
}
