import { Command, InvalidArgumentError } from 'commander'
import { find, mermaid, ordered } from './graph.ts'
import { unknown } from './nearest.ts'
import { type Output, progressOn } from './progress.ts'
import { cacheFolder, type RunRecord } from './run.ts'
import { type Engine, type Inspection, Interrupted, inspect, type RunOptions, run } from './runner.ts'
import type { Stage } from './stage.ts'
import { bytes, duration, listed } from './words.ts'

/** What the pipeline is to be told of the experiments it runs. */
export interface Experiments {
  /** The project's root: modules of stages are relative to it. */
  readonly root: string
  /** The graph by profile. The first profile is the default. */
  readonly profiles: { readonly [profile: string]: () => readonly Stage[] }
  /** What --engine takes. The first is the default. */
  readonly engines: readonly string[]
  /** The engine for a request, told in `say` if it is not what was asked for. @throws when it cannot be had */
  chooseEngine(request: string, say: (line: string) => void): Promise<Engine>
  /** Added to the environment of a worker, to bound its threads. */
  readonly workerEnvironment?: NodeJS.ProcessEnv
  /** Least time between two checkpoints of a stage; some seconds if not given. */
  readonly checkpointSeconds?: number
}

/** What a person asks of a run; all of it has defaults. */
export interface Request {
  readonly profile?: string
  readonly engine?: string
  readonly cache?: string
  readonly jobs?: number
  readonly memory?: number
  readonly only?: readonly string[]
  readonly force?: readonly string[]
}

/** Stages failed; their results, and those that need them, are missing. */
export class StagesFailed extends Error {}

/**
 * Brings the results of a profile up to date, telling of it on `output`. Ctrl-C (SIGINT) and SIGTERM end it.
 * @throws StagesFailed, Interrupted, CacheUnusable, or an Error that shows what of the request is unknown
 */
export async function runExperiments(
  experiments: Experiments,
  request: Request = {},
  output: Output = process.stdout,
): Promise<RunRecord> {
  const { stages, options } = await prepare(experiments, request, output)
  return untilInterrupted(async (signal) => {
    const record = await run(stages, { ...options, signal, observer: progressOn(output) })
    const failed = record.stages.filter(({ status }) => status === 'failed')
    if (failed.length > 0) {
      throw new StagesFailed(
        `Failed: ${listed(failed.map(({ name }) => name))}. The results are not complete.`,
      )
    }
    return record
  })
}

/** Does work that Ctrl-C (SIGINT), SIGTERM and SIGHUP end through the signal that it is given. @throws Interrupted, saying what is kept, when they did */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, interrupt)
  try {
    return await work(interruption.signal)
  } catch (error) {
    throw error instanceof Interrupted
      ? new Interrupted(
          'Interrupted. Finished results are kept; a stage that saves checkpoints goes on from its last one.',
        )
      : error
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}

async function prepare(experiments: Experiments, request: Request, output: Output) {
  const { root, profiles, engines, chooseEngine, workerEnvironment, checkpointSeconds } = experiments
  const profile = request.profile ?? (process.env.PROFILE || Object.keys(profiles)[0])
  const engine = request.engine ?? (process.env.ENGINE || engines[0])
  if (!Object.hasOwn(profiles, profile)) throw new Error(unknown('profile', profile, Object.keys(profiles)))
  if (!engines.includes(engine)) throw new Error(unknown('engine', engine, engines))
  const stages = ordered(profiles[profile]())
  for (const name of [...(request.only ?? []), ...(request.force ?? [])]) find(stages, name)
  const { cache, jobs, memory, only, force } = request
  const options: RunOptions = {
    root,
    cache: cacheFolder(root, cache ? { EXPERIMENTS_CACHE: cache } : process.env),
    profile,
    engine: await chooseEngine(engine, (line) => output.write(`${line}\n`)),
    ...(workerEnvironment && { workerEnvironment }),
    ...(checkpointSeconds !== undefined && { checkpointSeconds }),
    ...(jobs && { jobs }),
    ...(memory && { memory }),
    ...(only && { only }),
    ...(force && { force }),
  }
  return { stages, options }
}

/** The command line of the experiments. */
export function experimentsCommand(experiments: Experiments, output: Output = process.stdout): Command {
  const profiles = Object.keys(experiments.profiles).join(' | ')
  const say = (text: string) => {
    output.write(`${text}\n`)
  }
  return new Command('experiments')
    .description(
      'Brings the results of the experiments up to date: runs what changed, and what depends on it, and nothing else.',
    )
    .option('--profile <name>', `${profiles} (environment: PROFILE)`)
    .option('--engine <name>', `${experiments.engines.join(' | ')} (environment: ENGINE)`)
    .option('--only <stage...>', 'run these stages and what they need')
    .option('--force <stage...>', 'make these again even if nothing changed')
    .option('--why <stage>', 'say what changed since the last result of this stage; run nothing')
    .option('--list', 'list the stages and how their results stand; run nothing')
    .option('--graph', "print the graph in Mermaid's notation; run nothing")
    .option('--jobs <count>', 'stages at once (default: the number of cores)', wholeNumber)
    .option(
      '--memory <size>',
      "such as 4G: what the stages running at once may need together (default: half of the machine's)",
      size,
    )
    .option('--cache <folder>', 'where results are kept (default: .cache; environment: EXPERIMENTS_CACHE)')
    .allowExcessArguments(false)
    .showHelpAfterError('`npm run experiments -- --help` lists the options.')
    .action(async (asked: Request & { why?: string; list?: boolean; graph?: boolean }) => {
      const { why, list, graph, ...request } = asked
      if (!why && !list && !graph) {
        await runExperiments(experiments, request, output)
        return
      }
      const { stages, options } = await prepare(experiments, request, output)
      if (graph) return say(mermaid(stages))
      if (why) find(stages, why)
      const inspections = await inspect(stages, options)
      say(why ? explain(inspections, why) : table(inspections))
    })
}

/** Runs a command with the process's arguments; an error becomes one message and an exit code: 130 after an interruption, else 1. */
export async function main(command: Command): Promise<void> {
  try {
    await command.parseAsync()
  } catch (error) {
    const ours = error instanceof Error && !/^(Type|Reference|Range|Syntax)Error$/.test(error.name)
    console.error(ours ? error.message : error)
    process.exitCode = error instanceof Interrupted ? 130 : 1
  }
}

function table(inspections: readonly Inspection[]): string {
  const width = Math.max(...inspections.map(({ stage }) => stage.name.length))
  return inspections
    .map(({ stage, state, manifest, last, waitsFor, reasons }) => {
      const cost = manifest?.made ?? last
      const time = cost ? duration(cost.seconds) : ''
      const memory = cost ? bytes(cost.memory) : ''
      const note = state === 'waiting' ? `waits for ${listed(waitsFor)}` : reasons.join('; ')
      return `${state.padEnd(7)}  ${stage.name.padEnd(width)}  ${time.padStart(11)}  ${memory.padStart(7)}  ${note}`.trimEnd()
    })
    .join('\n')
}

/** Why the stage would run or would not; if it waits, the same for those it waits for. */
function explain(inspections: readonly Inspection[], name: string): string {
  const byName = new Map(inspections.map((inspection) => [inspection.stage.name, inspection]))
  const said = new Set<string>()
  const lines = (current: string): string[] => {
    if (said.has(current)) return []
    said.add(current)
    const { state, reasons, waitsFor, manifest } = byName.get(current)!
    if (state === 'fresh') {
      const { date, seconds } = manifest!.made
      return [`${current} is fresh: made ${date} in ${duration(seconds)}, digest ${manifest!.digest}.`]
    }
    const own = reasons.map((reason) => `  ${reason}`)
    if (state === 'stale') return [`${current} would run:`, ...own]
    const upstream = `  waits for ${listed(waitsFor)}, and runs only if their results turn out different`
    return [`${current}:`, ...own, ...(own.length > 0 ? [] : [upstream]), ...waitsFor.flatMap(lines)]
  }
  return lines(name).join('\n')
}

/** Reads an option's value. @throws InvalidArgumentError unless it is a whole number from 1 on */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It has to be a whole number, 1 or more.')
  return Number(text)
}

function size(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([MG])i?B?$/i.exec(text)
  if (!parts) throw new InvalidArgumentError('It has to be a number with M or G, such as 800M or 4G.')
  return Number(parts[1]) * (parts[2].toUpperCase() === 'G' ? 2 ** 30 : 2 ** 20)
}
