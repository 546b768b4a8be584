/** What the pages say of claims against what the claims come to. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ledger } from '../data/ledger.ts'
import { allSayings, checkClaims, checkGuards } from '../markdown/claims.ts'
import { parse } from '../markdown/parse.ts'
import type { Problem, Report } from '../markdown/problem.ts'
import type { Node } from '../markdown/tree.ts'
import { contradiction } from '../verdicts.ts'

const folder = 'content'

/** A page that could be read. */
export interface ReadPage {
  /** Seen from the project's root. */
  readonly file: string
  readonly tree: Node
}

/**
 * Words that evidence speaks against, headings and titles that name no claim, claims and verdicts that do not
 * exist. What only the network of a build says is no mistake.
 *
 * @param root the project's folder
 */
export async function claimProblems(
  root: string,
  ledger: Ledger,
): Promise<{ readonly problems: readonly Problem[]; readonly pages: readonly ReadPage[] }> {
  const problems: Problem[] = []
  const pages: ReadPage[] = []
  for (const name of (await readdir(join(root, folder))).sort()) {
    if (!name.endsWith('.mdx')) continue
    const file = `${folder}/${name}`
    const source = await readFile(join(root, file), 'utf8')
    const report: Report = (at, reason) =>
      problems.push({ file, line: at?.line ?? 1, column: at?.column ?? 1, reason })
    const tree = parse(source)
    if ('reason' in tree) {
      report(tree.at, tree.reason)
      continue
    }
    pages.push({ file, tree })
    checkClaims(tree, source, report)
    checkGuards(tree, source, report)
    for (const { at, claim, says } of allSayings(tree, source)) {
      const entry = ledger.get(claim)
      const against = entry && contradiction(entry, says)
      if (against?.by === 'evidence')
        report(at, `the words say "${says}" of the claim ${claim}, but ${against.reason}`)
    }
  }
  return { problems, pages }
}
