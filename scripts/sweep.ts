/**
 * `npm run sweep -- NAME`: as many networks as a question needs, measured and recorded in
 * `evidence/NAME.json`. See `npm run sweep -- --help`.
 */

import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { mean, rollup, sum } from 'd3-array'
import { members, sweeps } from '../experiments/sweeps.ts'
import { cacheFolder, openCache } from '../pipeline/cache.ts'
import {
  main,
  type Servers,
  serversOf,
  takingServers,
  untilInterrupted,
  wholeNumber,
  withQueue,
} from '../pipeline/command.ts'
import { checkVacant, makeFolder } from '../pipeline/disk.ts'
import { codeOfMembers, type Member } from '../pipeline/evidence.ts'
import { unknown } from '../pipeline/nearest.ts'
import { progressOn } from '../pipeline/progress.ts'
import {
  type Costs,
  makeMember,
  readCosts,
  runSweep,
  type SweepOptions,
  shareOf,
  standings,
} from '../pipeline/sweep.ts'
import { estimate, sweepProgressOn } from '../pipeline/sweep-progress.ts'
import { bytes, duration } from '../pipeline/words.ts'
import { experiments } from './experiments.ts'

/** Its bits depend on neither processor nor operating system, so that anyone can compute a member again. */
const engineName = 'wasm'
/** Networks at once where workers elsewhere make them, each a chain of stages. */
const membersAtQueue = 64
export const evidenceFolder = join(experiments.root, 'evidence')

interface Asked extends Servers {
  readonly dryRun?: boolean
  readonly member?: string
  readonly export?: string
  readonly shard?: { readonly index: number; readonly of: number }
  readonly jobs?: number
  readonly cache?: string
}

/** The members of a sweep by its name. @throws naming the nearest when there is none */
export function sweepNamed(name: string): Member[] {
  if (!Object.hasOwn(sweeps, name)) throw new Error(unknown('sweep', name, Object.keys(sweeps)))
  return members(sweeps[name as keyof typeof sweeps])
}

/** What a sweep needs to know of the experiments. */
export async function sweepOptions(name: string, cache?: string): Promise<SweepOptions> {
  const { root, chooseEngine, workerEnvironment } = experiments
  return {
    name,
    root,
    evidence: evidenceFolder,
    cache: openCache(cacheFolder(root, cache ? { EXPERIMENTS_CACHE: cache } : process.env)),
    engine: await chooseEngine(engineName, console.log),
    ...(workerEnvironment && { workerEnvironment }),
  }
}

const command = takingServers(new Command('sweep'))
  .description('Computes the networks of a sweep that are missing, and records each in evidence/NAME.json.')
  .argument('<name>', Object.keys(sweeps).join(' | '))
  .option('--dry-run', 'say how much there is to compute, how long and how large; compute nothing')
  .option('--jobs <count>', 'networks at once (default: the number of cores; 64 at a queue)', wholeNumber)
  .option('--shard <i/n>', 'only this share of the networks, such as 2/4', share)
  .option('--member <id>', 'compute this network again, for --export')
  .option('--export <folder>', "write all of this network's results there, a folder a stage")
  .option('--cache <folder>', 'where results are kept (default: .cache; environment: EXPERIMENTS_CACHE)')
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run sweep -- --help` lists the options.')
  .action(async (name: string, { dryRun, member, export: folder, shard, cache, ...asked }: Asked) => {
    const jobs = asked.jobs ?? (serversOf(asked) ? membersAtQueue : availableParallelism())
    const all = sweepNamed(name)
    if ((member === undefined) !== (folder === undefined))
      throw new Error('--member and --export go together: which network, and where its results are written.')
    const options = await sweepOptions(name, cache)
    if (member !== undefined && folder !== undefined)
      await exportMember(memberNamed(all, member), folder, options)
    else if (dryRun) await plan(shareOf(all, shard), options, jobs)
    else {
      const costs = await readCosts(options.cache, name)
      const observer = sweepProgressOn(process.stdout, jobs, costs)
      await untilInterrupted((signal) =>
        withQueue(asked, signal, (elsewhere) =>
          runSweep(all, { ...options, ...elsewhere, signal, observer, jobs, ...(shard && { shard }) }),
        ),
      )
    }
  })

function memberNamed(all: readonly Member[], id: string): Member {
  const found = all.find((candidate) => candidate.id === id)
  if (!found)
    throw new Error(
      unknown(
        'member',
        id,
        all.map((candidate) => candidate.id),
      ),
    )
  return found
}

/** Says what there is to compute, from what members cost that were made in this cache. */
async function plan(share: readonly Member[], options: SweepOptions, jobs: number): Promise<void> {
  const found = await standings(share, await codeOfMembers(options.root, share), options)
  const missing = found.filter(({ state }) => state === 'missing')
  const costs = await readCosts(options.cache, options.name)
  const reasons = rollup(
    missing,
    ({ length }) => length,
    ({ reason }) => reason,
  )
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ')
  const stages = missing.reduce((sum, { member }) => sum + member.stages.length, 0)
  const recorded = found.length - missing.length
  console.log(
    `${options.name}: ${found.length} members, ${recorded} recorded${missing.length > 0 ? `; ${why}` : ''}.`,
  )
  if (missing.length === 0) return
  console.log(`To compute: ${missing.length} members, ${stages} stages.`)
  const seconds = estimate(
    missing.map(({ member }) => member),
    costs,
  )
  if (seconds === undefined) {
    console.log('No member was made in this cache yet, so how long it takes and how large is not known.')
    return
  }
  const sizes = missing.map(({ member: { group } }) => costs[group]?.bytes ?? usual(costs))
  const all = bytes(sum(sizes))
  const atOnce = bytes(sum(sizes.sort((a, b) => b - a).slice(0, jobs)))
  console.log(
    `About ${duration(seconds / jobs)} with ${jobs} at once, by what members took here; they make ${all} of files, ` +
      `of which up to ${atOnce} are there at once.`,
  )
}

/** Bytes of a member of a group of which none was made: what others have on average. */
const usual = (costs: Costs) => mean(Object.values(costs), (cost) => cost.bytes) ?? 0

/**
 * Computes a member in a cache of its own and writes all files of its results, `<folder>/<stage>/<file>`: as
 * a whole, into a folder that is empty or new. Two that export the same member take turns.
 */
async function exportMember(member: Member, folder: string, options: SweepOptions): Promise<void> {
  const target = resolve(folder)
  await checkVacant(target)
  const { name, cache, root, engine, workerEnvironment } = options
  const scratch = join(cache.folder, 'sweeps', name, `${encodeURIComponent(member.id)}.export`)
  const fresh = `${target}.${randomUUID()}.new`
  const held = await cache.locks.result(`export-${name}-${member.id}`)
  try {
    const made = await untilInterrupted((signal) =>
      makeMember(member, scratch, {
        root,
        engine,
        signal,
        observer: progressOn(process.stdout),
        ...(workerEnvironment && { workerEnvironment }),
      }),
    )
    if ('failure' in made) throw new Error(made.failure)
    const { runs, store } = openCache(scratch)
    const run = await runs.read()
    for (const { name } of run.stages) {
      for (const [file, stored] of Object.entries(run.stage(name).files)) {
        const path = join(fresh, name.replaceAll(' ', '-'), file)
        makeFolder(dirname(path))
        await writeFile(path, await store.read(stored))
      }
    }
    await rename(fresh, target)
    await rm(scratch, { recursive: true, force: true })
  } finally {
    await rm(fresh, { recursive: true, force: true })
    held.release()
  }
  console.log(`The results of ${member.id} are in ${folder}.`)
}

function share(text: string) {
  const parts = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text)
  if (!parts || Number(parts[1]) > Number(parts[2]))
    throw new InvalidArgumentError('It has to be a share such as 2/4, the second of four.')
  return { index: Number(parts[1]), of: Number(parts[2]) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(command)
