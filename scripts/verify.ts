/**
 * Compares the results with the committed record of what they are to the bit (`npm run verify -- --help`).
 */

import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Cache, cacheFolder, openCache } from '../pipeline/cache.ts'
import { main, runExperiments, untilInterrupted, wholeNumber } from '../pipeline/command.ts'
import { replaceFile } from '../pipeline/disk.ts'
import { readEvidence, writeEvidence } from '../pipeline/evidence.ts'
import { engineVersion } from '../pipeline/fingerprint.ts'
import { progressOn } from '../pipeline/progress.ts'
import { Damaged } from '../pipeline/record.ts'
import { deviations, lockRun, parseLock, type ResultsLock } from '../pipeline/reproduction.ts'
import type { Run } from '../pipeline/run.ts'
import type { Store } from '../pipeline/store.ts'
import { verifyMembers } from '../pipeline/sweep.ts'
import { experiments } from './experiments.ts'
import { sweepNamed, sweepOptions } from './sweep.ts'

/** Its bits depend on neither processor nor operating system. */
const engine = 'wasm'
const record = join(experiments.root, 'results.lock')

interface Asked {
  readonly profile: string
  readonly cached?: boolean
  readonly update?: boolean
  readonly sweep?: string
  readonly sample: number
}

const command = new Command('verify')
  .description('Recomputes all results from nothing and compares them with results.lock, bit by bit.')
  .option('--profile <name>', Object.keys(experiments.profiles).join(' | '), 'paper')
  .option('--cached', 'compare the results in the cache, brought up to date, instead of recomputing all')
  .option('--update', 'bring the results in the cache up to date and write them to results.lock')
  .option('--sweep <name>', 'compute members of a sweep again and compare them with evidence/NAME.json')
  .option('--sample <count>', 'how many members, chosen by a hash of the commit', wholeNumber, 1)
  .showHelpAfterError('`npm run verify -- --help` lists the options.')
  .action(async ({ profile, cached, update, sweep, sample }: Asked) => {
    if (sweep !== undefined) return verifySweep(sweep, sample)
    const own = openCache(cacheFolder(experiments.root))
    if (update) {
      const run = await results(own, profile)
      await replaceFile(record, `${JSON.stringify(await lockRun(run), null, 1)}\n`)
      console.log(`results.lock is written (profile ${profile}, engine ${engine}).`)
      return
    }
    const lock = await readLock(profile)
    const cache = cached ? own : openCache(await mkdtemp(join(tmpdir(), 'verify-')))
    try {
      await compare(lock, await results(cache, profile), own.store)
    } finally {
      if (!cached) await rm(cache.folder, { recursive: true, force: true })
    }
  })

/**
 * Computes members of a sweep again; if they come out as recorded, to the bit, the evidence gets a stamp that
 * says so.
 */
async function verifySweep(name: string, count: number): Promise<void> {
  const members = sweepNamed(name)
  const { root, evidence: folder, engine, workerEnvironment } = await sweepOptions(name)
  const evidence = await readEvidence(folder, name)
  if (!evidence)
    throw new Error(`There is no evidence/${name}.json. \`npm run sweep -- ${name}\` computes it.`)
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const scratch = await mkdtemp(join(tmpdir(), 'verify-'))
  try {
    const { differing, stamp } = await untilInterrupted((signal) =>
      verifyMembers(members, evidence, {
        root,
        engine,
        signal,
        scratch,
        commit,
        count,
        observer: progressOn(process.stdout),
        ...(workerEnvironment && { workerEnvironment }),
      }),
    )
    for (const { id, from } of differing)
      console.log(`${id} differs from evidence/${name}.json, from ${from} on.`)
    if (differing.length > 0) {
      console.log(`${differing.length} of ${stamp.members.length} members differ; no stamp is written.`)
      process.exitCode = 1
      return
    }
    await writeEvidence(folder, { ...evidence, verified: stamp })
    const all = stamp.members.join(', ')
    console.log(`As recorded, to the bit: ${all}. The stamp in evidence/${name}.json is to be committed.`)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The profile's results, brought up to date in a cache. */
async function results(cache: Cache, profile: string): Promise<Run> {
  const { id } = await runExperiments(experiments, { profile, engine, cache: cache.folder })
  return cache.runs.read(id)
}

async function readLock(profile: string): Promise<ResultsLock> {
  const remedy = '`npm run verify -- --update` writes it'
  try {
    const lock = parseLock(await readFile(record, 'utf8'))
    if (lock.profile === profile) return lock
    const advice = `Verify with --profile ${lock.profile}.`
    throw new Error(`results.lock is of profile "${lock.profile}", not "${profile}". ${advice}`)
  } catch (error) {
    if (error instanceof Damaged) throw new Error(`results.lock ${error.message}: ${remedy} anew.`)
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new Error(`There is no results.lock: ${remedy}.`)
    if (code === 'EISDIR') throw new Error(`results.lock is a folder: move it away. ${remedy} anew.`)
    throw error
  }
}

async function compare(lock: ResultsLock, run: Run, kept: Store): Promise<void> {
  const found = await deviations(lock, run, kept)
  const now = engineVersion(run.engine)
  if (found.length === 0) {
    const which = `profile ${run.profile}, engine ${engine}`
    console.log(`All ${run.stages.length} results are those of results.lock, to the bit (${which}).`)
    return
  }
  for (const { stage, details, consequence } of found) {
    console.log(`${stage}${consequence ? ' (after an upstream stage that differs)' : ''}`)
    for (const detail of details) console.log(`  ${detail}`)
  }
  if (now !== lock.engine) console.log(`The engine is ${now}; that of results.lock was ${lock.engine}.`)
  if (process.versions.node !== lock.node)
    console.log(`Node is ${process.versions.node}; that of results.lock was ${lock.node}.`)
  console.log(
    `${found.length} of ${run.stages.length} results differ from results.lock, from ${found[0]?.stage} on.`,
  )
  process.exitCode = 1
}

await main(command)
