/** `npm run build`: brings the results up to date, then writes the site. See `npm run build -- --help`. */

import { Command } from 'commander'
import { main } from '../pipeline/command.ts'
import { experiments, updateResults } from './experiments.ts'

const command = new Command('build')
  .description('Runs the experiments whose results are missing or out of date, then writes the site.')
  .option('--profile <name>', `${Object.keys(experiments.profiles).join(' | ')} (environment: PROFILE)`)
  .option('--engine <name>', `${experiments.engines.join(' | ')} (environment: ENGINE)`)
  .option('--cache <folder>', 'where results are kept (default: .cache; environment: EXPERIMENTS_CACHE)')
  .option('--out <folder>', 'where the site is written', 'dist')
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run build -- --help` lists the options.')
  .action(async ({ out, ...request }: { out: string; profile?: string; engine?: string; cache?: string }) => {
    await updateResults(request)
    if (request.cache) process.env.EXPERIMENTS_CACHE = request.cache
    process.env.ASTRO_TELEMETRY_DISABLED = '1'
    // Imported late: Astro reads the results as soon as its configuration loads.
    const { build } = await import('astro')
    await build({ root: experiments.root, outDir: out, logLevel: 'warn' })
    console.log(`The site is in ${out}/; look at it with \`npm run preview\`.`)
  })

await main(command)
