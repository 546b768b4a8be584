/**
 * `npm run check:claims`: mistakes in the pages, and what they say of claims against recorded evidence. See
 * `npm run check:claims -- --help`.
 */

import { Command } from 'commander'
import { paper } from '../experiments/protocol.ts'
import { main } from '../pipeline/command.ts'
import { claimProblems } from '../src/build/check-claims.ts'
import { openLedger, readRecordings, standingsOf } from '../src/data/ledger.ts'
import { unguarded } from '../src/markdown/claims.ts'
import { checkContent } from '../src/markdown/content.ts'
import { Mistakes } from '../src/markdown/problem.ts'
import { vocabulary } from '../src/markdown/vocabulary.ts'
import { experiments } from './experiments.ts'
import { evidenceFolder } from './sweep.ts'

const command = new Command('check:claims')
  .description(
    'Finds mistakes in the pages, compares what their headings, titles and sentences say of claims with recorded evidence, and finds headings and titles that name no claim.',
  )
  .option('--unguarded', 'list other sentences with numbers or comparisons that are in no claim')
  .allowExcessArguments(false)
  .action(async ({ unguarded: listed }: { unguarded?: boolean }) => {
    // First whatever is wrong in the prose: a name that nothing has, a link that leads nowhere.
    await checkContent(experiments.root, vocabulary(paper))
    const recordings = await readRecordings(evidenceFolder)
    const { problems, pages } = await claimProblems(experiments.root, await openLedger(recordings))
    if (listed)
      for (const { file, tree } of pages)
        for (const { at, sentence } of unguarded(tree)) console.log(`${file}:${at?.line ?? 1}: ${sentence}`)
    for (const { sweep, members, stale } of await standingsOf(recordings, experiments.root))
      if (stale > 0)
        console.log(
          `warning: evidence/${sweep}.json was neither made nor verified with today's code (${stale} of ${members} members). \`npm run verify -- --sweep ${sweep}\` verifies it.`,
        )
    if (problems.length > 0) throw new Mistakes(problems)
  })

await main(command)
