import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { type Cache, cacheFolder, openCache } from './cache.ts'
import type { Engine } from './fingerprint.ts'
import { find, mermaid, ordered } from './graph.ts'
import { unknown } from './nearest.ts'
import { type Inspection, inspect, planOf } from './plan.ts'
import { type Output, progressOn } from './progress.ts'
import { openQueue, type QueueOptions } from './queue.ts'
import { work } from './queue-worker.ts'
import type { KeptRun } from './run.ts'
import { Interrupted, type RunOptions, run } from './scheduler.ts'
import type { Json, Stage } from './stage.ts'
import { type Known, prunable } from './upkeep.ts'
import { bytes, duration, listed, printable } from './words.ts'

/** What the pipeline is to be told of the experiments it runs. */
export interface Experiments {
  /** The project's root: modules of stages are relative to it. */
  readonly root: string
  /** The graph by profile. The first profile is the default. */
  readonly profiles: { readonly [profile: string]: () => readonly Stage[] }
  /** What the graph of a profile is made from, to be kept in the records of its runs. */
  readonly protocolOf?: (profile: string) => Json
  /** What --engine takes. The first is the default. */
  readonly engines: readonly string[]
  /**
   * The engine for a request, told in `say` if it is not what was asked for. @throws when it cannot be had
   */
  chooseEngine(request: string, say: (line: string) => void): Promise<Engine>
  /** Added to the environment of a worker, to bound its threads. */
  readonly workerEnvironment?: NodeJS.ProcessEnv
  /** Least time between two checkpoints of a stage; some seconds if not given. */
  readonly checkpointSeconds?: number
  /** Bytes of results that no stage's most recent run needs, from which on a run suggests to remove them. */
  readonly muchToPrune?: number
}

/** Where a queue and its store are asked for; in the environment, if not here. */
export interface Servers {
  readonly queue?: string
  readonly store?: string
}

/** What a person asks of a run; all of it has defaults. */
export interface Request extends Servers {
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
 * @returns the run's record; its `id` is what to give to `openCache().runs.read`
 * @throws StagesFailed, Interrupted, CacheUnusable, or an Error that shows what of the request is unknown
 */
export async function runExperiments(
  experiments: Experiments,
  request: Request = {},
  output: Output = process.stdout,
): Promise<KeptRun> {
  const { stages, options } = await prepare(experiments, request, output)
  return untilInterrupted(async (signal) => {
    const observer = progressOn(output)
    const record = await withQueue(request, signal, (elsewhere) =>
      run(stages, { ...options, ...elsewhere, signal, observer }),
    )
    const named = (status: string) =>
      listed(record.stages.filter((stage) => stage.status === status).map(({ name }) => name))
    if (named('failed')) throw new StagesFailed(`Failed: ${named('failed')}. The results are not complete.`)
    if (named('made')) await suggestPruning(experiments, options.cache, output)
    return record
  })
}

/**
 * Does work that Ctrl-C (SIGINT), SIGTERM and SIGHUP end through the signal that it is given. @throws
 * Interrupted, saying what is kept, when they did
 */
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

/** The queue and the store that are asked for, if any. @throws when there is one without the other */
export function serversOf({
  queue = process.env.EXPERIMENTS_QUEUE,
  store = process.env.EXPERIMENTS_STORE,
}: Servers): Pick<QueueOptions, 'queue' | 'store'> | undefined {
  if (queue && store) return { queue, store }
  if (!queue && !store) return undefined
  const [there, missing] = queue ? ['queue', 'store'] : ['store', 'queue']
  throw new Error(
    `There is a --${there} and no --${missing}: stages run elsewhere with both, here with none.`,
  )
}

/** Does work whose stages run at a queue if one is asked for, else here. */
export async function withQueue<T>(
  asked: Servers,
  signal: AbortSignal,
  work: (elsewhere: Pick<RunOptions, 'execute'>) => Promise<T>,
): Promise<T> {
  const servers = serversOf(asked)
  if (!servers) return work({})
  const { execute, close } = await openQueue({ ...servers, signal })
  try {
    return await work({ execute })
  } finally {
    await close()
  }
}

/** Adds --queue and --store to a command. */
export function takingServers(command: Command): Command {
  return command
    .option('--queue <address>', 'redis://HOST: run on its workers (environment: EXPERIMENTS_QUEUE)')
    .option('--store <address>', 'https://HOST: where their files go (environment: EXPERIMENTS_STORE)')
}

/** Names of the stages of each profile. */
export function knownStages({ profiles }: Experiments): Known {
  const names = Object.entries(profiles).map(([profile, graph]) => [profile, graph().map(({ name }) => name)])
  return Object.fromEntries(names)
}

async function suggestPruning(experiments: Experiments, cache: Cache, output: Output): Promise<void> {
  const { removed, left } = await prunable(cache, knownStages(experiments))
  if (removed < (experiments.muchToPrune ?? 250e6)) return
  const sizes = `${bytes(removed + left)} of results, ${bytes(removed)} of them of earlier states`
  output.write(`${cache.folder} has ${sizes}: \`npm run cache -- prune\` removes those.\n`)
}

/**
 * The profile that is asked for, in the request or the environment, or else the first. @throws when there is
 * none such
 */
export function profileOf({ profiles }: Experiments, { profile }: Request): string {
  const names = Object.keys(profiles)
  const name = profile ?? (process.env.PROFILE || names[0] || '')
  if (!names.includes(name)) throw new Error(unknown('profile', name, names))
  return name
}

async function prepare(experiments: Experiments, request: Request, output: Output) {
  const { root, profiles, protocolOf, engines, chooseEngine, workerEnvironment, checkpointSeconds } =
    experiments
  const profile = profileOf(experiments, request)
  const engine = request.engine ?? (process.env.ENGINE || engines[0] || '')
  if (!engines.includes(engine)) throw new Error(unknown('engine', engine, engines))
  const stages = ordered(profiles[profile]?.() ?? [])
  for (const name of [...(request.only ?? []), ...(request.force ?? [])]) find(stages, name)
  const { cache, jobs, memory, only, force } = request
  const options: RunOptions = {
    root,
    cache: openCache(cacheFolder(root, cache ? { EXPERIMENTS_CACHE: cache } : process.env)),
    profile,
    engine: await chooseEngine(engine, (line) => output.write(`${printable(line)}\n`)),
    ...(protocolOf && { protocol: protocolOf(profile) }),
    ...(workerEnvironment && { workerEnvironment }),
    ...(checkpointSeconds !== undefined && { checkpointSeconds }),
    ...(jobs && { jobs }),
    ...(memory && { memory }),
    ...(only && { only }),
    ...(force && { force }),
  }
  return { stages, options }
}

/** The command line of the experiments. `ended` gets the record of a run that came to its end. */
export function experimentsCommand(
  experiments: Experiments,
  output: Output = process.stdout,
  ended: (run: KeptRun) => void = () => {},
): Command {
  const profiles = Object.keys(experiments.profiles).join(' | ')
  const say = (text: string) => {
    output.write(`${printable(text)}\n`)
  }
  const command = new Command('experiments')
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
        return ended(await runExperiments(experiments, request, output))
      }
      const { stages, options } = await prepare(experiments, request, output)
      const { profile, engine } = options
      if (graph) return say(`%% profile ${profile}\n${mermaid(stages)}`)
      if (why) find(stages, why)
      const inspections = await inspect(await planOf(stages, options))
      say(why ? explain(inspections, why) : table(inspections))
      say(`(profile ${profile}, engine ${engine.name})`)
    })
  return takingServers(command)
}

/** Milliseconds after which a worker that has ended leaves timers and connections of a queue that is away. */
const endPatience = 1000

/** The command line of a worker, which makes results that runs elsewhere ask for. */
export function workerCommand(experiments: Experiments, output: Output = process.stdout): Command {
  const { root, chooseEngine, workerEnvironment } = experiments
  const say = (line: string) => {
    output.write(`${printable(line)}\n`)
  }
  return takingServers(new Command('worker'))
    .description('Makes results that runs on other machines ask for, until it is ended.')
    .option('--jobs <count>', 'stages at once, each of up to 1 GB', wholeNumber, availableParallelism())
    .option('--lease <seconds>', 'silent for so long, its stages go to others', wholeNumber, 15)
    .allowExcessArguments(false)
    .showHelpAfterError('`npm run worker -- --help` lists the options.')
    .action(async ({ jobs, lease, ...asked }: Servers & { jobs: number; lease: number }) => {
      const servers = serversOf(asked)
      if (!servers) throw new Error('A worker needs --queue and --store.')
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
      ).finally(() => setTimeout(() => process.exit(), endPatience).unref())
    })
}

/**
 * Runs a command with the process's arguments; an error becomes one message and an exit code: 130 after an
 * interruption, else 1. Whoever reads the output may stop reading.
 */
export async function main(command: Command): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))
  try {
    await command.parseAsync()
  } catch (error) {
    const ours = error instanceof Error && !/^(Type|Reference|Range|Syntax)Error$/.test(error.name)
    console.error(ours ? printable(error.message) : error)
    process.exitCode = error instanceof Interrupted ? 130 : 1
  }
}

function table(inspections: readonly Inspection[]): string {
  const width = Math.max(...inspections.map(({ stage }) => stage.name.length))
  return inspections
    .map((inspection) => {
      const { state, stage } = inspection
      const cost = state === 'fresh' ? inspection.manifest.made : inspection.last
      const time = cost ? duration(cost.seconds) : ''
      const memory = cost ? bytes(cost.memory) : ''
      const columns = [state.padEnd(7), stage.name.padEnd(width), time.padStart(11), memory.padStart(7)]
      return [...columns, note(inspection)].join('  ').trimEnd()
    })
    .join('\n')
}

function note(inspection: Inspection): string {
  if (inspection.state === 'fresh') return ''
  const { state, reasons, waitsFor } = inspection
  return state === 'waiting' ? `waits for ${listed(waitsFor)}` : reasons.join('; ')
}

/** Why the stage would run or would not; if it waits, the same for those it waits for. */
function explain(inspections: readonly Inspection[], name: string): string {
  const said = new Set<string>()
  const lines = (current: string): string[] => {
    const inspection = inspections.find(({ stage }) => stage.name === current)
    if (!inspection || said.has(current)) return []
    said.add(current)
    if (inspection.state === 'fresh') {
      const { digest, made } = inspection.manifest
      return [`${current} is fresh: made ${made.date} in ${duration(made.seconds)}, digest ${digest}.`]
    }
    const { state, reasons, waitsFor } = inspection
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
  if (!parts?.[2]) throw new InvalidArgumentError('It has to be a number with M or G, such as 800M or 4G.')
  return Number(parts[1]) * (parts[2].toUpperCase() === 'G' ? 2 ** 30 : 2 ** 20)
}
