/**
 * Numbers the figures, equations and notes of an article in reading order, and gives every cross-reference
 * its words.
 */
import GithubSlugger from 'github-slugger'
import type { Definition, Link } from 'mdast'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import type { VFile } from 'vfile'
import type { StatisticName } from '../data/statistics/index.ts'
import type { FigureRequest } from '../figures/index.ts'
import { type Saying, sayings, sayingsOfState } from './claims.ts'
import { addressOf } from './links.ts'
import { attribute, type Component, eachComponent, type Node, type Point } from './tree.ts'

/** What can be referred to: label -> the words that a reference shows. */
export interface Labels {
  readonly all: ReadonlyMap<string, string>
  readonly repeated: readonly { readonly label: string; readonly at: Point | undefined }[]
}

/** The labels of an article: its figures, its equations, and its headings by their slug. */
export function labels(tree: Node): Labels {
  const all = new Map<string, string>()
  const repeated: { label: string; at: Point | undefined }[] = []
  const slugger = new GithubSlugger()
  visit(tree, 'heading', (node) => {
    const words = textOf(node)
    all.set(slugger.slug(words), words)
  })
  const number = numbering()
  eachComponent(tree, (component) => {
    const { name, position } = component
    const label = attribute(component, 'id')
    if ((name !== 'Figure' && name !== 'Equation') || typeof label !== 'string') return
    if (all.has(label)) repeated.push({ label, at: position?.start })
    all.set(label, name === 'Figure' ? `Figure ${number(component)}` : `equation (${number(component)})`)
  })
  return { all, repeated }
}

/** What an article takes from the results. */
export interface Quoted {
  readonly figures: readonly FigureRequest[]
  readonly statistics: readonly StatisticName[]
  readonly claims: readonly Saying[]
}

/**
 * A remark plugin that adds `number` to figures, equations and notes and the words to `<Ref>`, makes links
 * between content files links between pages, and lists what the article takes from the results as `quoted` of
 * its frontmatter.
 */
export function remarkNumber() {
  return (tree: Node, file: VFile): void => {
    const { all } = labels(tree)
    const statistics: StatisticName[] = []
    const number = numbering()
    const add = (component: Component, name: string, value: string) =>
      component.attributes.push({ type: 'mdxJsxAttribute', name, value })
    eachComponent(tree, (component) => {
      const { name } = component
      if (name === 'Ref') add(component, 'words', all.get(String(attribute(component, 'to'))) ?? '')
      if (name === 'Stat' || name === 'Verdict')
        // The check of the prose has seen to it that there is one of this name.
        statistics.push(String(attribute(component, 'name')) as StatisticName)
      if (name === 'Figure' || name === 'Equation' || name === 'Note')
        add(component, 'number', number(component))
    })
    visit(tree, ['link', 'definition'], (node) => {
      const link = node as Link | Definition
      link.url = link.url.replace(/^(?:\.\/)?([^/:#?]+\.mdx)(?=[#?]|$)/, (_, page) => `./${addressOf(page)}`)
    })
    const astro = file.data.astro as { frontmatter: Record<string, unknown> } | undefined
    const states = Object.values((astro?.frontmatter.states ?? {}) as { [key: string]: unknown })
    const claims = [...states.flatMap((state) => sayingsOfState(state)), ...sayings(tree)]
    if (astro) astro.frontmatter.quoted = { figures: requestsOf(tree), statistics, claims } satisfies Quoted
  }
}

/**
 * Counts components by name from 1; figures that an article adds to those of its source, marked `added`, from
 * A.
 */
function numbering(): (component: Component) => string {
  const counts: { [series: string]: number } = {}
  return (component) => {
    const lettered = component.name === 'Figure' && attribute(component, 'added') !== undefined
    const series = lettered ? 'added' : String(component.name)
    counts[series] = (counts[series] ?? 0) + 1
    return lettered ? letters(counts[series]) : String(counts[series])
  }
}

/** A, B, ... Z, AA, AB, ... for 1, 2, ... */
function letters(count: number): string {
  const rest = Math.floor((count - 1) / 26)
  return (rest > 0 ? letters(rest) : '') + String.fromCharCode(65 + ((count - 1) % 26))
}

/** The figures that a page asks for, in its order. */
export function requestsOf(tree: Node): FigureRequest[] {
  const found: FigureRequest[] = []
  eachComponent(tree, (component) => {
    if (component.name === 'Figure') found.push(request(component))
  })
  return found
}

function request(figure: Component): FigureRequest {
  const entries = ['kind', 'condition', 'epoch', 'layer', 'variant'].map((name) => [
    name,
    attribute(figure, name),
  ])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
