import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, onTestFinished } from 'vitest'
import { openCache } from '../../pipeline/cache.ts'
import type { KeptRun, Run, StageRecord } from '../../pipeline/run.ts'
import { type RunOptions, run, type StageEvent } from '../../pipeline/scheduler.ts'
import type { Stage } from '../../pipeline/stage.ts'
import { quick, toyRoot, toyStages } from './fixtures/toy/study.ts'

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone when the tests of the file are. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-test-'))
  folders.push(folder)
  return folder
}

/** A copy of the toy study's modules, to be edited. */
export async function toyCopy(): Promise<string> {
  const root = temporaryFolder()
  await cp(toyRoot, root, { recursive: true })
  return root
}

export interface ToyRun {
  readonly record: KeptRun
  /** Stage name -> what became of it. */
  readonly stages: { readonly [name: string]: StageRecord }
  /** Stage name -> what was told of it. */
  readonly events: { readonly [name: string]: StageEvent[] }
  /** Names of the stages that were made. */
  readonly made: readonly string[]
}

/** Runs stages of the toy study without output, checkpoints as often as can be. */
export async function toyRun(
  cache: string,
  options: Partial<RunOptions> = {},
  stages: readonly Stage[] = toyStages(quick),
): Promise<ToyRun> {
  const events: Record<string, StageEvent[]> = {}
  const record = await run(stages, {
    root: toyRoot,
    cache: openCache(cache),
    profile: 'quick',
    engine: { name: 'abacus', version: '1.0' },
    checkpointSeconds: 0,
    observer: {
      started() {},
      stage(name, event) {
        events[name] ??= []
        events[name].push(event)
      },
      ended() {},
      stopped() {},
    },
    ...options,
  })
  const byName = Object.fromEntries(record.stages.map((stage) => [stage.name, stage]))
  return {
    record,
    stages: byName,
    events,
    made: record.stages.filter(({ status }) => status === 'made').map(({ name }) => name),
  }
}

/** The run that ended last in a cache. */
export const lastRun = (cache: string): Promise<Run> => openCache(cache).runs.read()

/** Stage name -> digest of its result, as the last run recorded them. */
export async function digests(cache: string): Promise<Record<string, string | undefined>> {
  const { stages } = await lastRun(cache)
  return Object.fromEntries(stages.map(({ name, digest }) => [name, digest]))
}

/** Paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Path of the file in which the cache keeps this content. */
export async function contentPath(cache: string, integrity: string): Promise<string> {
  const hex = Buffer.from(integrity.replace('sha256-', ''), 'base64').toString('hex')
  const path = join(cache, 'results', 'content-v2', 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4))
  await readFile(path)
  return path
}

export interface StartedProcess {
  readonly child: ChildProcess
  /** Everything it has written so far. */
  output(): string
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts the toy study's command line, or a worker, in a process (and process group) of its own. */
export const startToy = (
  cache: string,
  options: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
  script: 'run.ts' | 'worker.ts' | 'sweep.ts' = 'run.ts',
): StartedProcess => startScript(join(toyRoot, script), options, { EXPERIMENTS_CACHE: cache, ...environment })

/** Starts a command in a process (and process group) of its own, which the test ends at the latest. */
export function startScript(
  script: string,
  options: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): StartedProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...options], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data
    })
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal!))
  })
  return { child, output: () => output, ended }
}

/** Waits until the process has written something that matches. */
export async function written(toy: StartedProcess, pattern: RegExp): Promise<void> {
  while (!pattern.test(toy.output())) {
    if (toy.child.exitCode !== null || toy.child.signalCode !== null)
      throw new Error(`It ended before it wrote ${pattern}: ${toy.output()}`)
    await sleep(5)
  }
}
