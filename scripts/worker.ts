/** `npm run worker`: makes results that runs on other machines ask for. See `npm run worker -- --help`. */

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { cacheFolder, openCache } from '../pipeline/cache.ts'
import { main, serversOf, takingServers, untilInterrupted, wholeNumber } from '../pipeline/command.ts'
import { work } from '../pipeline/queue-worker.ts'
import { printable } from '../pipeline/words.ts'
import { experiments } from './experiments.ts'

interface Asked {
  readonly queue?: string
  readonly store?: string
  readonly jobs: number
  readonly lease: number
}

const { root, chooseEngine, workerEnvironment } = experiments

const command = takingServers(new Command('worker'))
  .description('Makes results that runs on other machines ask for, until it is ended.')
  .option('--jobs <count>', 'stages at once, each of up to 1 GB', wholeNumber, availableParallelism())
  .option('--lease <seconds>', 'silent for so long, its stages go to other workers', wholeNumber, 15)
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run worker -- --help` lists the options.')
  .action(async ({ jobs, lease, ...asked }: Asked) => {
    const servers = serversOf(asked)
    if (!servers)
      throw new Error('A worker needs --queue and --store, or EXPERIMENTS_QUEUE and EXPERIMENTS_STORE.')
    const say = (line: string) => console.log(printable(line))
    await untilInterrupted((signal) =>
      work({
        ...servers,
        root,
        cache: openCache(join(cacheFolder(root), 'worker')),
        jobs,
        lease,
        chooseEngine: (name) => chooseEngine(name, say),
        ...(workerEnvironment && { workerEnvironment }),
        signal,
        say,
      }),
    )
  })

await main(command)
