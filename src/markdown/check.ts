/**
 * Checks the components of a page against the vocabulary, so that a mistyped name is an error where it was
 * written.
 */
import type { Program } from 'estree'
import type { Literal } from 'mdast'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import { claims } from '../../experiments/claims/index.ts'
import { unknown } from '../../pipeline/nearest.ts'
import { labels } from './number.ts'
import type { Report } from './problem.ts'
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
  | 'median'

/** The components that a page may use, and their attributes; a `?` marks those that may be left out. */
export const components: {
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
    claim: 'text?',
    says: 'text?',
  },
  Claim: { id: 'text', says: 'text' },
  Median: { claim: 'median', interval: 'flag?' },
  Ledger: { by: 'text?' },
  Equation: { id: 'label' },
  Ref: { to: 'reference' },
  Note: {},
}

/**
 * What stands between a component's tags, where that is not words, and whether it stands by itself or in a
 * sentence.
 */
const places: {
  readonly [component: string]: {
    readonly holds: 'nothing' | 'words' | 'one formula'
    readonly stands: 'by itself' | 'in a sentence'
  }
} = {
  Stat: { holds: 'nothing', stands: 'in a sentence' },
  Verdict: { holds: 'nothing', stands: 'in a sentence' },
  Ref: { holds: 'nothing', stands: 'in a sentence' },
  Note: { holds: 'words', stands: 'in a sentence' },
  Claim: { holds: 'words', stands: 'in a sentence' },
  Median: { holds: 'nothing', stands: 'in a sentence' },
  Ledger: { holds: 'nothing', stands: 'by itself' },
  Figure: { holds: 'words', stands: 'by itself' },
  Equation: { holds: 'one formula', stands: 'by itself' },
}

/** The HTML that prose may use besides Markdown. */
const elements =
  'a abbr b blockquote br cite code dd del details dfn div dl dt em hr i kbd li mark ol p q s samp section small span strong sub summary sup table tbody td th thead tr u ul var wbr'.split(
    ' ',
  )

/** Claims about a number that each network has, and of which there is a median. */
const measured = claims.flatMap((claim) => ('networks' in claim ? [claim.id] : []))

/** Components, their attributes, and code in the prose. */
export function checkComponents(
  tree: Node,
  vocabulary: Vocabulary,
  beside: (path: string) => boolean,
  report: Report,
): void {
  const known = labels(tree)

  const imported = checkCode(tree, beside, report)
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
    checkPlace(component)
  })

  function checkPlace(component: Component): void {
    const { name, type, children, position } = component
    const place = places[String(name)]
    if (!place) return
    const alone = type === 'mdxJsxFlowElement'
    if (place.stands === 'in a sentence' && alone)
      report(position?.start, `<${name}> belongs within a paragraph, beside the words that it goes with`)
    if (place.stands === 'by itself' && !alone)
      report(position?.start, `<${name}> stands in lines of its own, outside of paragraphs`)
    const formulas = children.filter((child) => child.type === 'math')
    if (place.holds === 'nothing' && children.length > 0)
      report(children[0].position?.start, `<${name} /> shows its own words; nothing stands within it`)
    if (place.holds === 'words' && children.every((child) => textOf(child).trim() === '' && !holds(child)))
      report(position?.start, `<${name}> is empty: words stand between <${name}> and </${name}>`)
    if (place.holds === 'one formula' && (formulas.length !== 1 || children.length !== 1))
      report(
        position?.start,
        `<${name}> holds one formula, between $$ and $$ in lines of their own, and nothing else`,
      )
  }

  function checkAttributes(component: Component): void {
    const expected = components[component.name as string]
    for (const [index, given] of component.attributes.entries()) {
      const at = given.position?.start ?? component.position?.start
      if (
        given.name !== undefined &&
        component.attributes.findIndex(({ name }) => name === given.name) < index
      )
        report(at, `<${component.name}> has ${given.name} twice`)
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
    const { needs, conditions } = vocabulary.figures[kind]
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
    const condition = component.attributes.find(({ name }) => name === 'condition')
    const name = condition && literal(condition)
    if (
      needs.includes('condition') &&
      typeof name === 'string' &&
      Object.hasOwn(vocabulary.conditions, name) &&
      !conditions.includes(name)
    )
      report(
        condition?.position?.start ?? component.position?.start,
        `a figure of kind "${kind}" cannot be drawn of the condition "${name}". Valid: ${conditions.join(', ')}.`,
      )
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
    else if (kind === 'statistic') {
      valid('statistic', Object.keys(vocabulary.statistics))
      checkStatistic(component, String(value), at)
    } else if (kind === 'median') valid('claim about networks', measured)
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
    else if (kind === 'text' && (typeof value !== 'string' || value.trim() === ''))
      report(at, `${given.name} of <${component.name}> is empty`)
  }

  /** Whether a statistic can be shown in this way. */
  function checkStatistic(component: Component, name: string, at: Point | undefined): void {
    const shownAs = Object.hasOwn(vocabulary.statistics, name) && vocabulary.statistics[name]
    if (!shownAs) return
    if (component.name === 'Verdict' && shownAs !== 'verdict')
      report(at, `"${name}" is a number, which is no verdict. Write <Stat name="${name}" />.`)
    if (component.name === 'Stat' && shownAs === 'verdict')
      report(at, `"${name}" is a verdict. Write <Verdict name="${name}" yes="..." no="..." />.`)
    const asked = component.attributes.find((given) => given.name === 'interval')
    if (component.name === 'Stat' && asked && shownAs === 'number')
      report(asked.position?.start ?? at, `"${name}" has no interval`)
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
    if (!valid.some((one) => one === value))
      report(
        at,
        `unknown ${kind} ${JSON.stringify(value)} of the condition "${name}". Valid: ${valid.map((one) => (typeof one === 'number' ? `{${one}}` : `"${one}"`)).join(', ')}.`,
      )
  }
}

/** Whether there is something to see though there are no words. */
const holds = (node: Node): boolean =>
  /^(?:mdxJsx|inlineMath|math|image)/.test(node.type) ||
  ('children' in node && (node.children as Node[]).some(holds))

/**
 * Code in the prose: only imports of files that exist, plain values and comments. Gives the names that are
 * imported.
 */
function checkCode(tree: Node, beside: (path: string) => boolean, report: Report): ReadonlySet<string> {
  const imported = new Set<string>()
  visit(tree, ['mdxjsEsm', 'mdxFlowExpression', 'mdxTextExpression'], (node) => {
    const { data, value, position } = node as Literal & { data?: { estree?: Program } }
    const at = position?.start
    if (node.type !== 'mdxjsEsm') {
      const [statement] = data?.estree?.body ?? []
      const plain = statement?.type === 'ExpressionStatement' && statement.expression.type === 'Literal'
      if (statement && !plain)
        report(
          at,
          `{${value}} is code, of which prose has none. Write \\{ for a brace, and <Stat /> for a number.`,
        )
      return
    }
    for (const statement of data?.estree?.body ?? []) {
      const start = statement.loc?.start
      const here = start ? { line: start.line, column: start.column + 1 } : at
      if (statement.type !== 'ImportDeclaration')
        report(here, 'prose has no code but imports; see docs/authors.md')
      else {
        const from = String(statement.source.value)
        for (const { local } of statement.specifiers) imported.add(local.name)
        if (!/^\.\.?\//.test(from) || !beside(from))
          report(here, `there is no file "${from}" beside the page`)
      }
    }
  })
  return imported
}
