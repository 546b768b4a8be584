/**
 * The fault suite: cases drawn from a seed, in classes. Each case breaks something and asserts what is
 * promised.
 */

import { spawn } from 'node:child_process'
import { rmSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { randomLcg } from 'd3-random'
import { openCache } from '../../pipeline/cache.ts'
import { toyRoot } from '../pipeline/fixtures/toy/study.ts'
import { personsEnvironment } from '../project.ts'

/** What a case draws from. */
export interface Chance {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number
  pick<T>(choices: readonly T[]): T
}

/** A kind of fault. To add one, list it in `classes.ts`. */
export interface FaultClass {
  readonly name: string
  /** How many of a hundred cases are of this class: the fewer, the longer one takes. */
  readonly share: number
  /**
   * One case in a folder of its own, which is removed afterwards. @throws when a promise is broken; says what
   * was done
   */
  run(folder: string, chance: Chance, tell: (what: string) => void): Promise<void>
}

export interface Outcome {
  readonly name: string
  readonly tried: number
  /** What was done in the cases that failed, and how they failed. */
  readonly failures: readonly string[]
}

/** How many of `cases` are of each class. */
export const shared =
  (cases: number) =>
  ({ share }: FaultClass): number =>
    Math.max(1, Math.round((cases * share) / 100))

/** Runs so many cases of each class, one after the other. The same seed gives the same cases. */
export async function runCases(
  classes: readonly FaultClass[],
  seed: number,
  casesOf: (each: FaultClass) => number,
  say: (line: string) => void = () => {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const each of classes) {
    const { name, run } = each
    const cases = casesOf(each)
    const failures: string[] = []
    for (let number = 0; number < cases; number++) {
      const folder = await mkdtemp(join(tmpdir(), 'fault-'))
      const clear = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      process.once('exit', clear)
      const done: string[] = []
      try {
        await run(folder, chanceOf(`${seed} ${name} ${number}`), (what) => done.push(what))
      } catch (error) {
        const failure = `${name}, case ${number} of seed ${seed} (${done.join('; ')}): ${(error as Error).message}`
        failures.push(failure)
        say(failure)
      } finally {
        process.off('exit', clear)
        clear()
      }
    }
    outcomes.push({ name, tried: cases, failures })
    say(`${name}: ${cases} tried, ${cases - failures.length} survived`)
  }
  return outcomes
}

function chanceOf(text: string): Chance {
  let hash = 2166136261
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619)
  const random = randomLcg((hash >>> 0) / 2 ** 32)
  const below = (bound: number) => Math.floor(random() * bound)
  return {
    below,
    pick(choices) {
      const choice = choices[below(choices.length)]
      if (choice === undefined) throw new Error('There is nothing to pick from.')
      return choice
    },
  }
}

/** @throws saying what was promised, unless it holds */
export function promised(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`)
}

export interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly output: string
}

/** Who a process runs as, if not as this one does. */
export interface User {
  readonly uid?: number
  readonly gid?: number
}

/**
 * Somebody who may not write everywhere: this user, or for the superuser, nobody. Undefined where nobody
 * could not read the project.
 */
export const anotherUser: User | undefined =
  process.getuid?.() !== 0
    ? {}
    : [process.execPath, toyRoot].every(isOpen)
      ? { uid: 65534, gid: 65534 }
      : undefined

/** Whether everybody may go to this path. */
function isOpen(path: string): boolean {
  const above = dirname(path)
  return (statSync(path).mode & 1) === 1 && (above === path || isOpen(above))
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

/** Starts a process in a process group of its own, which ends with this one. */
export function start(
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  where: User & { readonly cwd?: string } = {},
) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    ...where,
    env: { ...personsEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const end = () => void (child.pid && killGroup(child.pid))
  // Before the folders are cleared away that it writes in.
  process.prependOnceListener('exit', end)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data
    })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', end)
      resolve({ code: code ?? signal ?? 0, output })
    })
  })
  return { child, ended, output: () => output }
}

/** Starts the toy study's command line. */
export const startToy = (
  cache: string,
  options: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
  user: User = {},
) => start([join(toyRoot, 'run.ts'), ...options], { EXPERIMENTS_CACHE: cache, ...environment }, user)

/** Stage name -> digest of its result, as the last run of a cache recorded them. */
async function digests(cache: string): Promise<string> {
  const { stages } = await openCache(cache).runs.read()
  return JSON.stringify(stages.map(({ name, digest }) => [name, digest]))
}

const references = new Map<string, Promise<string>>()

/** Digests of an undisturbed run of a toy profile. */
function reference(profile: string): Promise<string> {
  const known = references.get(profile) ?? undisturbed(profile)
  references.set(profile, known)
  return known
}

async function undisturbed(profile: string): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'fault-reference-'))
  try {
    await startToy(cache, ['--profile', profile]).ended
    return await digests(cache)
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
}

/** Runs the toy study on a cache. @throws unless it ends well, with the results of an undisturbed run */
export async function endsWell(
  cache: string,
  profile: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<void> {
  const { code, output } = await startToy(cache, ['--profile', profile], environment).ended
  promised(code === 0, `the run ends well; it ended with ${code}: ${output}`)
  promised(
    (await digests(cache)) === (await reference(profile)),
    'the results are those of an undisturbed run',
  )
}
