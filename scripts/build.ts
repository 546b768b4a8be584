/** `npm run build`: brings the results up to date, then writes the site. See `npm run build -- --help`. */

import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { main } from '../pipeline/command.ts'
import { claimProblems } from '../src/build/check-claims.ts'
import { inOurWords } from '../src/build/errors.ts'
import { openLedger, readRecordings } from '../src/data/ledger.ts'
import { openResults } from '../src/data/results.ts'
import { checkContent } from '../src/markdown/content.ts'
import { Mistakes } from '../src/markdown/problem.ts'
import { vocabulary } from '../src/markdown/vocabulary.ts'
import { experiments, updateResults } from './experiments.ts'
import { evidenceFolder } from './sweep.ts'

interface Asked {
  readonly out: string
  readonly strict?: boolean
  readonly profile?: string
  readonly engine?: string
  readonly cache?: string
}

const command = new Command('build')
  .description('Runs the experiments whose results are missing or out of date, then writes the site.')
  .option('--profile <name>', `${Object.keys(experiments.profiles).join(' | ')} (environment: PROFILE)`)
  .option('--engine <name>', `${experiments.engines.join(' | ')} (environment: ENGINE)`)
  .option('--cache <folder>', 'where results are kept (default: .cache; environment: EXPERIMENTS_CACHE)')
  .option('--strict', 'fail where words say something else of a claim than recorded evidence does')
  .option('--out <folder>', 'where the site is written', 'dist')
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run build -- --help` lists the options.')
  .action(async ({ out, strict, ...request }: Asked) => {
    const { id } = await updateResults(request)
    process.env.EXPERIMENTS_RUN = id
    if (request.cache) process.env.EXPERIMENTS_CACHE = request.cache
    const results = await openResults()
    await checkContent(experiments.root, await vocabulary(results))
    if (strict) {
      const ledger = await openLedger(await readRecordings(evidenceFolder), results)
      const { problems } = await claimProblems(experiments.root, ledger)
      if (problems.length > 0) throw new Mistakes(problems)
    }
    process.env.ASTRO_TELEMETRY_DISABLED = '1'
    // Imported late: Astro reads the results as soon as its configuration loads.
    const { build } = await import('astro')
    // Written beside the last site, which stays until this one is whole.
    const site = resolve(experiments.root, out)
    const unfinished = `${site}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    try {
      await build({ root: experiments.root, outDir: unfinished, logLevel: 'warn' })
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      throw inOurWords(error, experiments.root)
    }
    await rm(site, { recursive: true, force: true })
    await rename(unfinished, site)
    console.log(`The site is in ${out}/; look at it with \`npm run preview\`.`)
  })

await main(command)
// After an error Astro may still have its server of fonts open.
process.exit()
