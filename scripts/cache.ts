/** What can be done with the stored results (`npm run cache -- --help`). */

import { Command } from 'commander'
import { knownCanary, ofOtherProcessors } from '../native/canary.ts'
import { type Cache, cacheFolder, openCache } from '../pipeline/cache.ts'
import { knownStages, main } from '../pipeline/command.ts'
import { exportResults, importResults, listResults, prunable, pruneResults } from '../pipeline/upkeep.ts'
import { bytes, duration, printable } from '../pipeline/words.ts'
import { experiments } from './experiments.ts'

const command = new Command('cache')
  .description('Looks after the stored results of the experiments.')
  .option('--cache <folder>', 'where they are (default: .cache; environment: EXPERIMENTS_CACHE)')
  .showHelpAfterError('`npm run cache -- --help` lists the commands.')

function opened(): Cache {
  const { cache } = command.opts<{ cache?: string }>()
  return openCache(cacheFolder(experiments.root, cache ? { EXPERIMENTS_CACHE: cache } : process.env))
}

const say = (line: string) => console.log(printable(line))

command
  .command('ls')
  .description('list the results, with the profiles of which each is the most recent')
  .action(async () => {
    const cache = opened()
    const profiles = await cache.store.profiles()
    for (const { key, manifest, damages } of await listResults(cache, false)) {
      if (!manifest) say(`${key.slice(0, 12)}  damaged: ${damages.join('; ')}`)
      else {
        const size = Object.values(manifest.files).reduce((sum, file) => sum + file.size, 0)
        const { date, seconds } = manifest.made
        const columns = [
          key.slice(0, 12),
          bytes(size).padStart(7),
          date.slice(0, 16).replace('T', ' '),
          duration(seconds).padStart(11),
          (profiles.get(key)?.join(', ') ?? 'earlier').padEnd(12),
          manifest.stage,
          manifest.fingerprint.engine ?? '',
        ]
        say(columns.join('  ').trimEnd())
      }
    }
  })

command
  .command('verify')
  .description('read every byte of every result and compare it with its digest')
  .action(async () => {
    const results = await listResults(opened(), true)
    const damaged = results.filter(({ damages }) => damages.length > 0)
    for (const { key, manifest, damages } of damaged) {
      say(`${manifest?.stage ?? `result ${key.slice(0, 12)}`}: ${damages.join('; ')}`)
    }
    const count = `${results.length} results, ${damaged.length} damaged`
    console.log(damaged.length > 0 ? `${count}; the next run makes those that it needs again.` : `${count}.`)
    if (damaged.length > 0) process.exitCode = 1
  })

command
  .command('prune')
  .description('remove all but the most recent result of each stage of each profile; what sweeps made stays')
  .option('--dry-run', 'say what would be removed; remove nothing')
  .action(async ({ dryRun }: { dryRun?: boolean }) => {
    const cache = opened()
    const known = knownStages(experiments)
    if (dryRun) {
      const { removed, left } = await prunable(cache, known)
      return say(`${bytes(removed)} would be removed, ${bytes(left)} left.`)
    }
    const { removed, left, results } = await pruneResults(cache, known)
    say(`${bytes(removed)} removed; ${results} results (${bytes(left)}) are left.`)
  })

command
  .command('export <file>')
  .description('write all results to a tar archive (compressed if its name ends in gz)')
  .action(async (file: string) => say(`${await exportResults(opened(), file)} results written to ${file}.`))

command
  .command('import <file>')
  .description('take over the results of an archive, once every byte of it is verified')
  .action(async (file: string) => {
    const imported = await importResults(opened(), file)
    say(`${imported.length} results imported from ${file}.`)
    const foreign = ofOtherProcessors(imported, await knownCanary())
    if (foreign) say(foreign)
  })

await main(command)
