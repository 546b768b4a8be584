/** Words that state a finding: which claims they name, what they say of them, and words that name none. */
import type { Heading, Paragraph } from 'mdast'
import { toString as textOf } from 'mdast-util-to-string'
import { SKIP, visit } from 'unist-util-visit'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { type Verdict, verdicts } from '../../experiments/claims/claim.ts'
import { claims } from '../../experiments/claims/index.ts'
import { unknown } from '../../pipeline/nearest.ts'
import type { Report } from './problem.ts'
import { attribute, type Component, eachComponent, type Node, type Point } from './tree.ts'

/** What some words say of a claim. */
export interface Saying {
  readonly at: Point | undefined
  readonly claim: string
  readonly says: string
}

/** What a heading, title or summary names that states no finding. */
const nothing = 'nothing'

const list = (value: string | number | true | undefined): string[] =>
  typeof value === 'string' ? value.split(',').map((part) => part.trim()) : []

/**
 * What a `<Claim>` or a `<Figure>` says, claim by claim; a verdict that stands alone goes for all of them.
 */
function saidBy(component: Component): Saying[] {
  const named = list(attribute(component, component.name === 'Claim' ? 'id' : 'claim'))
  const says = list(attribute(component, 'says'))
  const at = component.position?.start
  return named.map((claim, i) => ({ at, claim, says: says[says.length === 1 ? 0 : i] ?? '' }))
}

/** What the components of a page say of claims. */
export function sayings(tree: Node): Saying[] {
  const found: Saying[] = []
  eachComponent(tree, (component) => {
    if (component.name === 'Claim' || component.name === 'Figure') found.push(...saidBy(component))
  })
  return found
}

/** What one of `states` of the frontmatter says. */
export function sayingsOfState(state: unknown, at?: Point): Saying[] {
  const said = typeof state === 'object' && state !== null ? Object.entries(state) : []
  return said.map(([claim, says]) => ({ at, claim, says: String(says) }))
}

/** All that a page says of claims, its title and summary first. @param source the whole page */
export const allSayings = (tree: Node, source: string): Saying[] => [
  ...stated(source).states.flatMap((state) => state.sayings),
  ...sayings(tree),
]

/** Claims and verdicts that do not exist. */
export function checkClaims(tree: Node, source: string, report: Report): void {
  const ids = claims.map(({ id }) => id)
  for (const { at, claim, says } of allSayings(tree, source)) {
    if (!ids.includes(claim)) report(at, unknown('claim', claim, ids))
    if (!verdicts.includes(says as Verdict)) report(at, unknown('verdict', says, verdicts))
  }
  eachComponent(tree, (component) => {
    if (component.name !== 'Figure') return
    const [claim, says] = [attribute(component, 'claim'), attribute(component, 'says')]
    if (claim === undefined && says !== undefined && says !== nothing)
      report(component.position?.start, `says="${says}" needs the claim that it is said of: claim="..."`)
  })
}

/**
 * Headings, figure titles, the page's title and summary that name no claim and do not say that they state
 * nothing. A heading that is a plain topic is listed under `topics` of the frontmatter; a figure whose title
 * states nothing has says="nothing"; title and summary are under `states`.
 */
export function checkGuards(tree: Node, source: string, report: Report): void {
  const { states, topics } = stated(source)
  for (const key of ['title', 'summary'])
    if (!states.some((state) => state.key === key))
      report(
        undefined,
        `the ${key} names no claim. Add to the frontmatter, under states: "${key}: {claim: verdict}", or "${key}: ${nothing}" if it states no finding.`,
      )
  const used = new Set<string>()
  visit(tree, 'heading', (node) => {
    const words = textOf(node)
    used.add(words)
    let guarded = false
    visit(node, (inner) => {
      guarded ||= (inner as Component).name === 'Claim'
    })
    if (guarded === topics.some(({ words: topic }) => topic === words))
      report(
        (node as Heading).position?.start,
        guarded
          ? `the heading "${words}" names a claim and is among the topics of the frontmatter, which state nothing`
          : `the heading "${words}" names no claim. Put it in <Claim id="..." says="...">, or list it under topics of the frontmatter if it states no finding.`,
      )
  })
  for (const { words, at } of topics)
    if (!used.has(words))
      report(at, `there is no heading "${words}", which the frontmatter lists under topics`)
  eachComponent(tree, (component) => {
    if (component.name !== 'Figure' || attribute(component, 'claim') !== undefined) return
    if (attribute(component, 'says') !== nothing)
      report(
        component.position?.start,
        `the title of the figure names no claim: claim="..." says="...", or says="${nothing}" if it states no finding`,
      )
  })
}

const telling =
  /\d|\b(more|most|less|least|fewer|fewest|than|never|always|only|every|all|none|nothing|largest|smallest|\w{3,}er than)\b/i

/** Sentences outside of claims that have a number, a result or a comparison: candidates to be guarded. */
export function unguarded(tree: Node): { readonly at: Point | undefined; readonly sentence: string }[] {
  const found: { at: Point | undefined; sentence: string }[] = []
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })
  visit(tree, 'paragraph', (node) => {
    const at = (node as Paragraph).position?.start
    const sentences = segmenter.segment(wordsOf(node))
    for (const { segment } of sentences) {
      const sentence = segment.replace(/\s+/g, ' ').trim()
      if (/\u2026result/.test(sentence) || telling.test(sentence))
        found.push({ at, sentence: sentence.replaceAll('\u2026result', '\u2026') })
    }
    return SKIP
  })
  return found
}

/** A paragraph's words without those of its claims and formulas, results as an ellipsis. */
function wordsOf(paragraph: Node): string {
  let words = ''
  visit(paragraph, (node) => {
    const { name } = node as Component
    if (name === 'Claim' || name === 'Note') return SKIP
    if (name === 'Stat' || name === 'Median' || name === 'Verdict') words += '\u2026result'
    else if (node.type === 'text') words += (node as unknown as { value: string }).value
    return undefined
  })
  return words
}

interface Stated {
  readonly states: readonly { readonly key: string; readonly sayings: readonly Saying[] }[]
  readonly topics: readonly { readonly words: string; readonly at: Point }[]
}

/** What the frontmatter says of claims: `states` of the title and the summary, and `topics`. */
function stated(source: string): Stated {
  const yaml = /^\uFEFF?---([ \t]*\r?\n(?:[\s\S]*?\n)?)---/.exec(source)?.[1]
  const lines = new LineCounter()
  const document = parseDocument(yaml ?? '', { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0 || !isMap(document.contents)) return { states: [], topics: [] }
  const place = (node: unknown): Point => {
    const { line, col } = lines.linePos(isScalar(node) && node.range ? node.range[0] : 0)
    return { line, column: col }
  }
  const { states, topics } = document.toJS() as { states?: unknown; topics?: unknown }
  const node = document.contents.get('states', true)
  const pairs = isMap(node) ? node.items : []
  const entries = Object.entries((states ?? {}) as { [key: string]: unknown })
  return {
    states: entries.map(([key, value]) => {
      const own = pairs.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key
      return { key, sayings: sayingsOfState(value, place(own)) }
    }),
    topics: (Array.isArray(topics) ? topics : []).map((words, i) => ({
      words: String(words),
      at: place(document.getIn(['topics', i], true)),
    })),
  }
}
