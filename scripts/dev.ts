/** `npm run dev`: the live site. See `npm run dev -- --help`. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { basename, join, sep } from 'node:path'
import { watch } from 'chokidar'
import { Command, Option } from 'commander'
import { cacheFolder, openCache } from '../pipeline/cache.ts'
import { main } from '../pipeline/command.ts'
import { settingsFile } from '../src/site/settings.ts'
import { experiments, type RunMessage } from './experiments.ts'
import { portNumber } from './port.ts'
import type { ServerMessage, ServerOptions } from './server.ts'
import { checkCheckout } from './target.ts'

interface Asked extends ServerOptions {
  readonly profile?: string | undefined
  readonly engine?: string | undefined
  readonly cache?: string
}

const command = new Command('dev')
  .description(
    'Serves the site while you edit it: prose shows at once; an edit of the experiments runs what it changes, then the pages show the new results.',
  )
  .option('--port <number>', 'where it listens (default: 4321, or the next that is free)', portNumber)
  .option('--host [name]', 'listen on this address of the machine, or on all, not only on localhost')
  .option('--open [page]', 'open the site in a browser')
  .addOption(
    new Option('--profile <name>', 'which results (environment: PROFILE)').choices(
      Object.keys(experiments.profiles),
    ),
  )
  .addOption(
    new Option('--engine <name>', 'what computes them (environment: ENGINE)').choices(experiments.engines),
  )
  .option('--cache <folder>', 'where results are kept (default: .cache; environment: EXPERIMENTS_CACHE)')
  .allowExcessArguments(false)
  .showHelpAfterError('`npm run dev -- --help` lists the options.')
  .action((asked: Asked) => serve(asked))

async function serve({ profile, engine, cache, ...options }: Asked): Promise<void> {
  const { root } = experiments
  await checkCheckout(root)
  const folder = cacheFolder(root, cache ? { EXPERIMENTS_CACHE: cache } : process.env)
  const asked = { profile: profile ?? process.env.PROFILE, engine }
  const children = new Set<ChildProcess>()
  /** Files that the server has read once and for all. */
  const read = new Set<string>()
  let server: ChildProcess | undefined
  let updating: ChildProcess | undefined
  let turns = 0
  /** The run that is shown. */
  let shown: string | undefined
  let listening = options

  /** Starts a process of this command. */
  function start(script: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = fork(join(root, 'scripts', script), args, {
      execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040'],
      env: { ...process.env, EXPERIMENTS_CACHE: folder, ASTRO_TELEMETRY_DISABLED: '1', ...env },
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  async function stop(child: ChildProcess | undefined): Promise<void> {
    if (!child || !children.has(child)) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  /**
   * Brings the results up to date, then shows them; after another edit, this ends without. Edited modules
   * have to be loaded anew, hence in a process of its own.
   * @returns whether the results are there
   */
  async function update(request: Pick<Asked, 'profile' | 'engine'>): Promise<boolean> {
    const given = Object.entries(request).flatMap(([name, value]) => (value ? [`--${name}`, value] : []))
    turns += 1
    const turn = turns
    await stop(updating)
    if (turn !== turns) return false
    const child = start('experiments.ts', given, {})
    updating = child
    let made: string | undefined
    child.on('message', (message: RunMessage) => {
      made = message.run
    })
    const [code] = await once(child, 'exit')
    if (turn !== turns || code !== 0 || made === undefined) return false
    if (await isNew(made)) {
      shown = made
      await show()
    }
    return true
  }

  /** Whether a run has other results than the one that is shown. */
  async function isNew(run: string): Promise<boolean> {
    if (!server || !shown) return true
    const [now, then] = await Promise.all([run, shown].map(results))
    return now !== then
  }

  async function results(run: string): Promise<string> {
    const { profile, protocol, stages } = await openCache(folder).runs.read(run)
    return JSON.stringify([
      profile,
      protocol,
      stages.map(({ name, parameters, digest }) => [name, parameters, digest]),
    ])
  }

  let restarting: Promise<void> | undefined
  /** Starts the server anew, where it was if it was anywhere. */
  function show(): Promise<void> {
    restarting ??= restart().finally(() => {
      restarting = undefined
    })
    return restarting
  }

  async function restart(): Promise<void> {
    const last = server
    server = undefined
    await stop(last)
    read.clear()
    const env = { DEV_SERVER: JSON.stringify(listening), ...(shown && { EXPERIMENTS_RUN: shown }) }
    const child = start('server.ts', [], env)
    server = child
    child.on('message', (message: ServerMessage) => {
      if (server !== child) return
      if ('port' in message) listening = { ...listening, port: message.port, open: false }
      else if ('outOfDate' in message) void show()
      else {
        read.add(message.read)
        watcher.add(message.read)
      }
    })
    child.once('exit', (code) => {
      if (server === child && code) console.error('The server ended; after the next edit it starts again.')
    })
  }

  const own = ['experiments', 'pipeline'].map((name) => join(root, name))
  // Every page says something of what these say, and none is told when they change.
  const settings = join(root, settingsFile)
  const watcher = watch([...own, settings], {
    ignoreInitial: true,
    ignored: (path) => /^\.|~$/.test(basename(path)),
  })
  watcher.on('all', async (_, file) => {
    const isRead = read.has(file)
    const ofExperiments = own.some((path) => file.startsWith(path + sep))
    if (ofExperiments && !(await update(asked))) return
    if (isRead || file === settings) await show()
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, async () => {
      await watcher.close()
      await Promise.all([...children].map(stop))
      process.exit(128 + constants.signals[signal])
    })

  shown = await openCache(folder)
    .runs.read()
    .then(
      ({ id }) => id,
      () => undefined,
    )
  if (shown) await show()
  else {
    console.log('There has been no run yet. At first the pages show the results of the profile smoke.')
    await update({ profile: 'smoke', engine: 'wasm' })
  }
  if (!(await update(asked)) && !server) process.exit(1)
}

await main(command)
