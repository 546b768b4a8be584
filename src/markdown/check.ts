/** Checks an article against the vocabulary, so that a mistyped name fails the build where it was written. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Link, Text } from 'mdast'
import { visit } from 'unist-util-visit'
import type { VFile } from 'vfile'
import { nearest } from '../../pipeline/nearest.ts'
import { frontmatterProblems } from './frontmatter.ts'
import { labels } from './number.ts'
import {
  type Attribute,
  attribute,
  type Component,
  eachComponent,
  literal,
  type Node,
  type Point,
} from './tree.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What an attribute may hold. `text` is anything; `flag` is a bare name. */
type AttributeKind =
  | 'text'
  | 'flag'
  | 'label'
  | 'reference'
  | 'statistic'
  | 'figure'
  | 'condition'
  | 'epoch'
  | 'layer'
  | 'variant'
  | 'minibatch'

/** The components that an article may use, and their attributes; a `?` marks those that may be left out. */
const components: {
  readonly [component: string]: { readonly [attribute: string]: AttributeKind | `${AttributeKind}?` }
} = {
  Stat: { name: 'statistic', interval: 'flag?' },
  Verdict: { name: 'statistic', yes: 'text', no: 'text' },
  Figure: {
    id: 'label',
    kind: 'figure',
    title: 'text',
    condition: 'condition?',
    epoch: 'epoch?',
    layer: 'layer?',
    variant: 'variant?',
    minibatch: 'minibatch?',
    added: 'flag?',
  },
  Equation: { id: 'label' },
  Ref: { to: 'reference' },
  Note: {},
}

/** The HTML that prose may use besides Markdown. */
const elements =
  'a abbr b blockquote br cite code dd del details dfn div dl dt em hr i kbd li mark ol p q s samp section small span strong sub summary sup table tbody td th thead tr u ul var wbr'.split(
    ' ',
  )

/**
 * A remark plugin that fails with all mistakes of an article at once, one a line: `content/article.mdx:12:34: unknown statistic "none.epoch10.layr2". Did you mean
 * "none.epoch10.layer2"?`
 */
export function remarkCheck({
  vocabulary,
  root,
}: {
  readonly vocabulary: Vocabulary
  readonly root: string
}) {
  return (tree: Node, file: VFile): void => {
    const { frontmatter } = (file.data.astro ?? {}) as { frontmatter?: unknown }
    // What comes here has blanks in the frontmatter's place; its lines are those of the file on disk.
    const aboutItself = frontmatter ? frontmatterProblems(frontmatter, readFileSync(file.path, 'utf8')) : []
    const problems = [...aboutItself, ...check(tree, vocabulary)].sort(
      (a, b) => a.at.line - b.at.line || a.at.column - b.at.column,
    )
    if (problems.length === 0) return
    const name = relative(root, file.path)
    const error = new Error(
      problems.map(({ at, reason }) => `${name}:${at.line}:${at.column}: ${reason}`).join('\n'),
    )
    throw Object.assign(error, { line: problems[0].at.line, column: problems[0].at.column })
  }
}

interface Problem {
  readonly at: Point
  readonly reason: string
}

function check(tree: Node, vocabulary: Vocabulary): Problem[] {
  const problems: Problem[] = []
  const report = (at: Point | undefined, reason: string) =>
    problems.push({ at: at ?? { line: 1, column: 1 }, reason })
  const known = labels(tree)

  const imported = new Set<string>()
  visit(tree, 'mdxjsEsm', (node) => {
    for (const [name] of (node as unknown as Text).value.matchAll(/\b[A-Z]\w*/g)) imported.add(name)
  })
  for (const { label, at } of known.repeated)
    report(at, `the label "${label}" is used twice; each needs its own`)

  eachComponent(tree, (component) => {
    const { name, position } = component
    if (name === null || imported.has(name)) return
    if (/^[a-z]/.test(name)) {
      if (!elements.includes(name))
        report(position?.start, unknown('element', name, [...elements, ...Object.keys(components)]))
      return
    }
    if (!Object.hasOwn(components, name)) {
      report(position?.start, unknown('component', name, Object.keys(components)))
      return
    }
    checkAttributes(component)
    if (name === 'Note' && component.type === 'mdxJsxFlowElement')
      report(position?.start, 'a note belongs within a paragraph, right after the words that it explains')
  })

  function checkAttributes(component: Component): void {
    const expected = components[component.name as string]
    for (const given of component.attributes) {
      const at = given.position?.start ?? component.position?.start
      if (given.name === undefined)
        report(at, `<${component.name}> takes its attributes by name, not from an expression`)
      else if (!Object.hasOwn(expected, given.name))
        report(at, unknown(`attribute of <${component.name}>`, given.name, Object.keys(expected)))
      else checkValue(component, given, expected[given.name].replace('?', '') as AttributeKind, at)
    }
    for (const [name, kind] of Object.entries(expected)) {
      if (!kind.endsWith('?') && attribute(component, name) === undefined)
        report(component.position?.start, `<${component.name}> needs the attribute ${name}`)
    }
    if (component.name === 'Figure') checkFigure(component)
  }

  function checkFigure(component: Component): void {
    const kind = attribute(component, 'kind')
    if (typeof kind !== 'string' || !Object.hasOwn(vocabulary.figures, kind)) return
    const needs = vocabulary.figures[kind]
    const takesNo = (given: Attribute) =>
      report(
        given.position?.start ?? component.position?.start,
        `a figure of kind "${kind}" takes no ${given.name}`,
      )
    const start = component.attributes.find(({ name }) => name === 'minibatch')
    if (start && kind !== 'minibatches') takesNo(start)
    for (const name of ['condition', 'epoch', 'layer', 'variant']) {
      const given = component.attributes.find((candidate) => candidate.name === name)
      if (given && !needs.includes(name)) takesNo(given)
      if (!given && needs.includes(name))
        report(component.position?.start, `a figure of kind "${kind}" needs the attribute ${name}`)
    }
  }

  function checkValue(
    component: Component,
    given: Attribute,
    kind: AttributeKind,
    at: Point | undefined,
  ): void {
    const value = literal(given)
    const valid = (what: string, names: readonly string[]) => {
      if (typeof value !== 'string' || !names.includes(value)) report(at, unknown(what, String(value), names))
    }
    if (value === undefined)
      report(
        at,
        `${given.name} must be a plain value, such as ${given.name}="..." or ${given.name}={10}, so that it can be checked`,
      )
    else if (kind === 'statistic') valid('statistic', vocabulary.statistics)
    else if (kind === 'figure') valid('kind of figure', Object.keys(vocabulary.figures))
    else if (kind === 'condition') valid('condition', Object.keys(vocabulary.conditions))
    else if (kind === 'layer' && !vocabulary.layers.includes(Number(value)))
      report(
        at,
        `unknown layer ${JSON.stringify(value)}. Landscapes are drawn of hidden layers ${vocabulary.layers.join(' and ')}`,
      )
    else if (
      kind === 'minibatch' &&
      !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= vocabulary.minibatches)
    )
      report(
        at,
        `unknown minibatch ${JSON.stringify(value)}. They are numbered from 1 to ${vocabulary.minibatches}`,
      )
    else if (kind === 'reference') valid('reference', [...known.all.keys()])
    else if (kind === 'epoch' || kind === 'variant') checkOfCondition(component, kind, value, at)
    else if (kind === 'label' && !/^[a-z][a-z0-9-]*$/.test(String(value)))
      report(at, `the label "${value}" must be of lower-case letters, digits and hyphens`)
    else if (kind === 'flag' && value !== true) report(at, `${given.name} is written alone, without a value`)
  }

  /** Which epochs and variants there are depends on the condition. */
  function checkOfCondition(
    component: Component,
    kind: 'epoch' | 'variant',
    value: string | number | true,
    at?: Point,
  ) {
    const name = String(attribute(component, 'condition'))
    const condition = vocabulary.conditions[name]
    if (!condition) return
    const valid = kind === 'variant' ? condition.variants : [...condition.epochs, 'start', 'last']
    if (!valid.includes(value as never))
      report(
        at,
        `unknown ${kind} ${JSON.stringify(value)} of the condition "${name}". Valid: ${valid.join(', ')}.`,
      )
  }

  visit(tree, 'text', (node) => {
    const { value, position } = node as Text
    for (const bracket of value.matchAll(/\[[^[\]]*@[^[\]]*\]/g)) {
      for (const key of bracket[0].matchAll(/@([\p{L}\d_][^\s,;\]]*)/gu)) {
        if (!vocabulary.citations.includes(key[1]))
          report(
            within(value, bracket.index + key.index, position?.start),
            unknown('citation', key[1], vocabulary.citations),
          )
      }
    }
  })

  visit(tree, 'link', (node) => {
    const { url, position } = node as Link
    if (url.startsWith('#') && !known.all.has(url.slice(1)))
      report(position?.start, unknown('reference', url.slice(1), known.all.keys()))
    const page = /^(?:\.\/)?([^/:#]+\.mdx)(?:#.*)?$/.exec(url)?.[1]
    if (page && !vocabulary.pages.includes(page))
      report(position?.start, unknown('page', page, vocabulary.pages))
  })

  return problems
}

/** The place of a character within a text that begins at `start`. */
function within(text: string, index: number, start: Point | undefined): Point | undefined {
  if (!start) return undefined
  const before = text.slice(0, index).split('\n')
  return before.length === 1
    ? { line: start.line, column: start.column + index }
    : { line: start.line + before.length - 1, column: before[before.length - 1].length + 1 }
}

function unknown(what: string, given: string, known: Iterable<string>): string {
  const names = [...known]
  const close = nearest(given, names)
  const hint = close.length > 0 ? ` Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?` : ''
  const all = names.length > 0 && names.length <= 12 ? ` Valid: ${names.join(', ')}.` : ''
  return `unknown ${what} "${given}".${hint}${all}`
}
