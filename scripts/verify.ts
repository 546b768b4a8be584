/** Compares the results with the committed record of what they are to the bit (`npm run verify -- --help`). */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { main, runExperiments } from '../pipeline/command.ts'
import { replaceFile } from '../pipeline/disk.ts'
import { deviations, lockRun, type ResultsLock } from '../pipeline/reproduction.ts'
import { cacheFolder, readRun } from '../pipeline/run.ts'
import { engineVersion } from '../pipeline/runner.ts'
import { experiments } from './experiments.ts'

/** Its bits depend on neither processor nor operating system. */
const engine = 'wasm'
const record = join(experiments.root, 'results.lock')

const command = new Command('verify')
  .description('Recomputes all results from nothing and compares them with results.lock, bit by bit.')
  .option('--profile <name>', Object.keys(experiments.profiles).join(' | '), 'paper')
  .option('--cached', 'compare the results in the cache, brought up to date, instead of recomputing all')
  .option('--update', 'bring the results in the cache up to date and write them to results.lock')
  .showHelpAfterError('`npm run verify -- --help` lists the options.')
  .action(async ({ profile, cached, update }: { profile: string; cached?: boolean; update?: boolean }) => {
    const own = cacheFolder(experiments.root)
    if (update) {
      await runExperiments(experiments, { profile, engine })
      await replaceFile(record, `${JSON.stringify(await lockRun(await readRun(own)), null, 1)}\n`)
      console.log('results.lock is written.')
      return
    }
    const lock = await readLock(profile)
    const cache = cached ? own : await mkdtemp(join(tmpdir(), 'verify-'))
    try {
      await runExperiments(experiments, { profile, engine, cache })
      await compare(lock, cache, own)
    } finally {
      if (!cached) await rm(cache, { recursive: true, force: true })
    }
  })

async function readLock(profile: string): Promise<ResultsLock> {
  const text = await readFile(record, 'utf8').catch(() => {
    throw new Error('There is no results.lock. `npm run verify -- --update` writes it.')
  })
  const lock: ResultsLock = JSON.parse(text)
  if (lock.profile === profile) return lock
  throw new Error(
    `results.lock is of profile "${lock.profile}", not "${profile}". Verify with --profile ${lock.profile}.`,
  )
}

async function compare(lock: ResultsLock, cache: string, own: string): Promise<void> {
  const run = await readRun(cache)
  const found = await deviations(lock, run, own)
  if (found.length === 0) {
    console.log(`All ${run.stages.length} results are those of results.lock, to the bit.`)
    return
  }
  for (const { stage, details, consequence } of found) {
    console.log(`${stage}${consequence ? ' (after an upstream stage that differs)' : ''}`)
    for (const detail of details) console.log(`  ${detail}`)
  }
  const now = engineVersion(run.engine)
  if (now !== lock.engine) console.log(`The engine is ${now}; that of results.lock was ${lock.engine}.`)
  if (process.versions.node !== lock.node)
    console.log(`Node is ${process.versions.node}; that of results.lock was ${lock.node}.`)
  console.log(
    `${found.length} of ${run.stages.length} results differ from results.lock, from ${found[0].stage} on.`,
  )
  process.exitCode = 1
}

await main(command)
