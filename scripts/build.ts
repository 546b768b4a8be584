/** `npm run build`: brings the results up to date, then writes the site. See `npm run build -- --help`. */

import { join } from 'node:path'
import { Command } from 'commander'
import { protocols } from '../experiments/protocol.ts'
import { cacheFolder, openCache } from '../pipeline/cache.ts'
import { main, profileOf } from '../pipeline/command.ts'
import { lock } from '../pipeline/lock.ts'
import { claimProblems } from '../src/build/check-claims.ts'
import { deadLinks } from '../src/build/dead-links.ts'
import { inOurWords } from '../src/build/errors.ts'
import { openLedger, readRecordings } from '../src/data/ledger.ts'
import { openResults } from '../src/data/results.ts'
import { checkContent } from '../src/markdown/content.ts'
import { Mistakes } from '../src/markdown/problem.ts'
import { vocabulary } from '../src/markdown/vocabulary.ts'
import { weight, writeCopies } from './copies.ts'
import { experiments, updateResults } from './experiments.ts'
import { checked } from './protocol.ts'
import { evidenceFolder } from './sweep.ts'
import { checkCheckout, checkTarget, discard, openWorkspace, place } from './target.ts'
import { remember, resultsOf, sourcesOf, unchanged } from './unchanged.ts'

const { root } = experiments

interface Asked {
  readonly out: string
  readonly strict?: boolean
  readonly pdf?: boolean
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
  .option('--pdf', 'print the article, too, and offer it as a download')
  .option('--out <folder>', 'where the site is written', 'dist')
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run build -- --help` lists the options.')
  .action(async ({ out, strict, pdf, ...request }: Asked) => {
    if (pdf) process.env.PDF = '1'
    await checkCheckout(root)
    const site = await checkTarget(root, out)
    const sources = await sourcesOf(root)
    const known = await unchanged(root, site, sources)
    // What is wrong in prose and evidence whatever the results are is told before they are made.
    const protocol = checked(protocols)[profileOf(experiments, request)]
    if (!known) {
      await checkContent(root, vocabulary(protocol))
      await readRecordings(evidenceFolder)
    }
    if (request.cache) process.env.EXPERIMENTS_CACHE = request.cache
    // Kept open until the site is written, so that nobody removes the results that it is written from.
    const opened = await openCache(cacheFolder(root)).locks.open()
    const run = await updateResults(request)
    const { id, profile, engine } = run
    const preview = `npm run preview${out === 'dist' ? '' : ` -- ${out}`}`
    const about = `(profile ${profile}, engine ${engine.name}) is in ${out}/; look at it with \`${preview}\`.`
    // Looked at again, since another build may have written its site meanwhile.
    const still = known && (await unchanged(root, site, sources))
    if (still?.run === resultsOf(run) && !strict) {
      console.log(`Nothing to write. The site ${about}`)
      return
    }
    process.env.EXPERIMENTS_RUN = id
    const results = await openResults()
    await checkContent(root, vocabulary(results.protocol))
    if (strict) {
      const ledger = await openLedger(await readRecordings(evidenceFolder), results)
      const { problems } = await claimProblems(root, ledger)
      if (problems.length > 0) throw new Mistakes(problems)
    }
    await writeSite(out, { sources, run: resultsOf(run) })
    opened.release()
    console.log(`The site ${about}`)
  })

/**
 * Writes the site beside the last one, which stays until this one is whole. Builds of one checkout take
 * turns. @param about what it is made of
 */
async function writeSite(out: string, about: Parameters<typeof remember>[2]): Promise<void> {
  const turn = await lock(join(root, '.astro', 'build.lock'), 'exclusive', () =>
    console.log('Another build is writing a site from this checkout; this one waits for it.'),
  )
  const site = await checkTarget(root, out)
  const workspace = await openWorkspace(site)
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.once(signal, () => {
      discard(workspace.folder, site)
      process.exit(code)
    })
  process.env.ASTRO_TELEMETRY_DISABLED = '1'
  // Imported late: Astro reads the results as soon as its configuration loads.
  const { build } = await import('astro')
  try {
    await build({ root, outDir: workspace.site, logLevel: 'warn' })
    if (process.env.PDF) await (await import('./pdf.ts')).printArticle(workspace.site)
    const dead = await deadLinks(workspace.site)
    if (dead.length > 0) throw new AggregateError(dead.map((line) => new Error(line)))
    await writeCopies(workspace.site, join(root, '.astro', 'copies'))
    for (const line of await weight(workspace.site)) console.log(line)
    await place(workspace, await checkTarget(root, out))
    await remember(root, site, about)
  } catch (error) {
    discard(workspace.folder, site)
    throw inOurWords(error, root)
  }
  turn.release()
}

await main(command)
// After an error Astro may still have its server of fonts open.
process.exit()
