/** All that can be wrong with a page, found before anything is made of it. */
import { checkComponents } from './check.ts'
import { checkClaims } from './claims.ts'
import { frontmatterProblems } from './frontmatter.ts'
import { checkLinks } from './links.ts'
import { labels } from './number.ts'
import { parse } from './parse.ts'
import type { Problem, Report } from './problem.ts'
import { checkText, unclosedFormula } from './text.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a page may name. */
export interface Surroundings {
  readonly vocabulary: Vocabulary
  /** The keys of the bibliography. */
  readonly citations: readonly string[]
  /** The sources of the pages by the names of their files, such as `method.mdx`. */
  readonly pages: ReadonlyMap<string, string>
  /** What else the site has, from its root, such as `provenance.html` and `icon.svg`. */
  readonly addresses: readonly string[]
  /** Whether a file lies at this path, seen from the pages' folder. */
  beside(path: string): boolean
}

/** The mistakes of a page. @param file its path from the project's root @param source all of its text */
export function pageProblems(file: string, source: string, surroundings: Surroundings): Problem[] {
  const problems: Problem[] = []
  const report: Report = (at, reason) =>
    problems.push({ file, line: at?.line ?? 1, column: at?.column ?? 1, reason })
  for (const { at, reason } of frontmatterProblems(source)) report(at, reason)
  const formula = unclosedFormula(source)
  if (formula) {
    report(formula, 'the formula that begins here has no $$ below it')
    return problems
  }
  const tree = parse(source)
  if ('reason' in tree) {
    report(tree.at, tree.reason)
    return problems
  }
  const { vocabulary, citations, pages, addresses, beside } = surroundings
  checkComponents(tree, vocabulary, beside, report)
  checkText(tree, source, citations, report)
  checkClaims(tree, source, report)
  const targets = {
    labels: [...labels(tree).all.keys()],
    labelsOf,
    pages: [...pages.keys()],
    addresses,
    beside,
  }
  checkLinks(tree, targets, report)
  return problems

  function labelsOf(page: string): readonly string[] | undefined {
    const other = parse(pages.get(page) ?? '')
    return 'reason' in other ? undefined : [...labels(other).all.keys()]
  }
}
