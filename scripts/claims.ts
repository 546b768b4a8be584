/** `npm run check:claims`: what the pages say of claims against recorded evidence. See `--help`. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { main } from '../pipeline/command.ts'
import { openLedger, readRecordings, standingsOf } from '../src/data/ledger.ts'
import { allSayings, checkClaims, checkGuards, unguarded } from '../src/markdown/claims.ts'
import { parse } from '../src/markdown/parse.ts'
import { Mistakes, type Problem, type Report } from '../src/markdown/problem.ts'
import { contradiction } from '../src/verdicts.ts'
import { experiments } from './experiments.ts'
import { evidenceFolder } from './sweep.ts'

const folder = 'content'

const command = new Command('check:claims')
  .description(
    'Compares what headings, titles and sentences of the pages say of claims with recorded evidence, and finds headings and titles that name no claim.',
  )
  .option('--unguarded', 'list other sentences with numbers or comparisons that are in no claim')
  .allowExcessArguments(false)
  .action(async ({ unguarded: listed }: { unguarded?: boolean }) => {
    const recordings = await readRecordings(evidenceFolder)
    const ledger = await openLedger(recordings)
    const problems: Problem[] = []
    for (const name of (await readdir(join(experiments.root, folder))).sort()) {
      if (!name.endsWith('.mdx')) continue
      const file = `${folder}/${name}`
      const source = await readFile(join(experiments.root, file), 'utf8')
      const report: Report = (at, reason) =>
        problems.push({ file, line: at?.line ?? 1, column: at?.column ?? 1, reason })
      const tree = parse(source)
      if ('reason' in tree) {
        report(tree.at, tree.reason)
        continue
      }
      checkClaims(tree, source, report)
      checkGuards(tree, source, report)
      for (const { at, claim, says } of allSayings(tree, source)) {
        const entry = ledger.get(claim)
        const against = entry && contradiction(entry, says)
        if (against) report(at, `the words say "${says}" of the claim ${claim}, but ${against.reason}`)
      }
      if (listed)
        for (const { at, sentence } of unguarded(tree)) console.log(`${file}:${at?.line ?? 1}: ${sentence}`)
    }
    for (const { sweep, members, stale } of await standingsOf(recordings, experiments.root))
      if (stale > 0)
        console.log(
          `warning: evidence/${sweep}.json was neither made nor verified with today's code (${stale} of ${members} members). \`npm run verify -- --sweep ${sweep}\` verifies it.`,
        )
    if (problems.length > 0) throw new Mistakes(problems)
  })

await main(command)
