/** Compares the results with the committed record of what they are to the bit (`npm run verify -- --help`). */

import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { main, runExperiments, untilInterrupted, wholeNumber } from '../pipeline/command.ts'
import { replaceFile } from '../pipeline/disk.ts'
import { readEvidence, writeEvidence } from '../pipeline/evidence.ts'
import { progressOn } from '../pipeline/progress.ts'
import { deviations, lockRun, type ResultsLock } from '../pipeline/reproduction.ts'
import { cacheFolder, readRun } from '../pipeline/run.ts'
import { engineVersion } from '../pipeline/runner.ts'
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

/** Computes members of a sweep again; if they come out as recorded, to the bit, the evidence gets a stamp that says so. */
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
