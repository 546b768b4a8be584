/** What can be done with the stored results (`npm run cache -- --help`). */

import { Command } from 'commander'
import { main } from '../pipeline/command.ts'
import { cacheFolder } from '../pipeline/run.ts'
import { exportResults, importResults, listResults, pruneResults } from '../pipeline/upkeep.ts'
import { bytes, duration } from '../pipeline/words.ts'
import { experiments } from './experiments.ts'

const command = new Command('cache')
  .description('Looks after the stored results of the experiments.')
  .option('--cache <folder>', 'where they are (default: .cache; environment: EXPERIMENTS_CACHE)')
  .showHelpAfterError('`npm run cache -- --help` lists the commands.')

const folder = () => {
  const { cache } = command.opts<{ cache?: string }>()
  return cacheFolder(experiments.root, cache ? { EXPERIMENTS_CACHE: cache } : process.env)
}

command
  .command('ls')
  .description('list the results')
  .action(async () => {
    for (const { key, manifest, damages } of await listResults(folder(), false)) {
      if (!manifest) console.log(`${key.slice(0, 12)}  damaged: ${damages.join('; ')}`)
      else {
        const size = Object.values(manifest.files).reduce((sum, file) => sum + file.size, 0)
        const { date, seconds } = manifest.made
        const engine = manifest.fingerprint.engine ?? ''
        const columns = [
          key.slice(0, 12),
          bytes(size).padStart(7),
          date.slice(0, 16).replace('T', ' '),
          duration(seconds).padStart(11),
        ]
        console.log([...columns, manifest.stage, engine].join('  ').trimEnd())
      }
    }
  })

command
  .command('verify')
  .description('read every byte of every result and compare it with its digest')
  .action(async () => {
    const results = await listResults(folder(), true)
    const damaged = results.filter(({ damages }) => damages.length > 0)
    for (const { key, manifest, damages } of damaged) {
      console.log(`${manifest?.stage ?? `result ${key.slice(0, 12)}`}: ${damages.join('; ')}`)
    }
    const count = `${results.length} results, ${damaged.length} damaged`
    console.log(damaged.length > 0 ? `${count}; the next run makes those that it needs again.` : `${count}.`)
    if (damaged.length > 0) process.exitCode = 1
  })

command
  .command('prune')
  .description('remove all but the most recent result of each stage')
  .action(async () => {
    const stages = Object.entries(experiments.profiles).map(([profile, graph]) => [
      profile,
      graph().map(({ name }) => name),
    ])
    const removed = await pruneResults(folder(), Object.fromEntries(stages))
    console.log(`${bytes(removed.bytes)} removed; ${removed.left} results are left.`)
  })

command
  .command('export <file>')
  .description('write all results to a tar archive (compressed if its name ends in gz)')
  .action(async (file: string) =>
    console.log(`${await exportResults(folder(), file)} results written to ${file}.`),
  )

command
  .command('import <file>')
  .description('take over the results of an archive, once every byte of it is verified')
  .action(async (file: string) =>
    console.log(`${await importResults(folder(), file)} results imported from ${file}.`),
  )

await main(command)
