/**
 * `npm run test:faults -- --seed 1 --cases 300 --class damage`: as many cases of the fault suite as are asked
 * for.
 */

import { constants } from 'node:os'
import { Command, Option } from 'commander'
import { main, wholeNumber } from '../../pipeline/command.ts'
import { classes } from './classes.ts'
import { runCases, shared } from './suite.ts'

// What is under way is ended and cleared away.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]))

const names = classes.map(({ name }) => name)

await main(
  new Command('test:faults')
    .description('Breaks things, by chance, and looks whether all that is promised holds.')
    .option('--seed <number>', 'the same seed gives the same cases', wholeNumber, 1)
    .option('--cases <count>', 'cases in all, shared among the classes', wholeNumber, 300)
    .addOption(new Option('--class <name>', 'only this class').choices(names))
    .allowExcessArguments(false)
    .action(async ({ seed, cases, class: only }: { seed: number; cases: number; class?: string }) => {
      const chosen = classes.filter(({ name }) => only === undefined || name === only)
      const outcomes = await runCases(chosen, seed, only ? () => cases : shared(cases), console.log)
      const tried = outcomes.reduce((sum, outcome) => sum + outcome.tried, 0)
      const failed = outcomes.flatMap(({ failures }) => failures).length
      console.log(`${tried} cases of ${chosen.length} classes with seed ${seed}: ${failed} failed.`)
      if (failed > 0) process.exitCode = 1
    }),
)
