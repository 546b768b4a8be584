import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, homedir, hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type EngineName, threadEnvironment } from '../experiments/engine/index.ts'
import { makeFolder } from '../pipeline/disk.ts'
import { addonName, cacheVariable, diskFull, load, makeAddon, Obstacle, recipe, sha256Of } from './addon.ts'
import { type Wheel, wheels } from './wheels.ts'

/** The machine to set up. Tests put others in its place. */
export interface Machine {
  readonly environment: NodeJS.ProcessEnv
  /** Node's platform and architecture, such as `linux x64`. */
  readonly platform: string
  readonly wheels: Readonly<Record<string, Wheel>>
  /** The folder of the package tfjs-node. */
  readonly tfjsNode: string
}

export type Setup = { ok: true; version: string } | { ok: false; reason: string; remedy: string }

type Report = (line: string) => void

const require = createRequire(import.meta.url)

export function thisMachine(): Machine {
  return {
    environment: process.env,
    platform: `${process.platform} ${process.arch}`,
    wheels,
    tfjsNode: dirname(require.resolve('@tensorflow/tfjs-node/package.json')),
  }
}

/**
 * Decides which engine to use, and sets up the native one if it is that.
 * @param report gets a line for each thing that takes time, and one that says why when `auto` means wasm.
 * @throws with the remedy, if the native engine is asked for and not to be had.
 */
export async function chooseEngine(
  request: EngineName | 'auto',
  report: Report,
  machine = thisMachine(),
): Promise<{ name: EngineName; version: string; why?: string }> {
  const wasm = {
    name: 'wasm',
    version: `tfjs-backend-wasm ${versionOf('@tensorflow/tfjs-backend-wasm')}`,
  } as const
  if (request === 'wasm') return wasm
  const setup = await setUpNative(report, machine)
  if (setup.ok) {
    const version = `${setup.version}, canary ${await canaryHere(machine, report)}`
    return { name: 'native', version }
  }
  if (request === 'native') {
    throw new Error(`The native engine is not to be had: ${setup.reason}. What would help: ${setup.remedy}.`)
  }
  report(`wasm engine, because ${setup.reason}; for the native one, ${setup.remedy}`)
  return { ...wasm, why: setup.reason }
}

const canaryName = 'canary.json'

/** Canaries by processor: its model, and a digest of what decides which kernels TensorFlow takes on it. */
const canaries = z.record(z.string(), z.string())

async function processorOf({ environment }: Machine): Promise<string> {
  const described = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const lines = described.split('\n\n')[0]?.split('\n') ?? []
  const lasting = lines.filter((line) =>
    /^(vendor|cpu family|model|stepping|cache|flags|features)/i.test(line),
  )
  const settings = Object.entries(environment).filter(([name]) => /ONEDNN|DNNL/.test(name))
  const recipe = await readFile(new URL('../experiments/engine/canary.ts', import.meta.url), 'utf8')
  const model = cpus()[0]?.model ?? process.arch
  const digest = createHash('sha256').update(JSON.stringify([model, lasting, settings.sort(), recipe]))
  return `${model} ${digest.digest('hex').slice(0, 16)}`
}

async function readCanaries(folder: string): Promise<z.infer<typeof canaries>> {
  try {
    return canaries.parse(JSON.parse(await readFile(join(folder, canaryName), 'utf8')))
  } catch {
    return {}
  }
}

/** The native engine's canary on this processor, if it was opened here before. */
export async function knownCanary(machine = thisMachine()): Promise<string | undefined> {
  const wheel = machine.wheels[machine.platform]
  return wheel && (await readCanaries(cacheFolder(wheel, machine)))[await processorOf(machine)]
}

/**
 * Which of these results are the native engine's on processors of another class than that of this canary:
 * builds here do not use them. Undefined when there are none.
 */
export function ofOtherProcessors(
  results: readonly { readonly fingerprint: { readonly engine: string | null } }[],
  canary: string | undefined,
): string | undefined {
  const theirs = results.flatMap(
    ({ fingerprint }) => /, canary (\w+)/.exec(fingerprint.engine ?? '')?.[1] ?? [],
  )
  const others = theirs.filter((each) => each !== canary)
  if (others.length === 0) return undefined
  const classes = [...new Set(others)].sort().join(', ')
  const engine = 'the native engine on processors of another class'
  const made = `${others.length} of them were made by ${engine} (canary ${classes}`
  return canary === undefined
    ? `${made}), or of this one: that is known once the native engine was opened here.`
    : `${made}; here it is ${canary}): builds here do not use them.`
}

/** The canary of the native engine, which is set up: a process opens it, the first time on a processor. */
async function canaryHere(machine: Machine, report: Report): Promise<string> {
  const known = await knownCanary(machine)
  if (known) return known
  report('opening the native engine once, to tell this processor from others')
  const at = (name: string) => JSON.stringify(new URL(`../experiments/engine/${name}`, import.meta.url).href)
  const script = `
    const { openEngine } = await import(${at('index.ts')})
    const { canary } = await import(${at('canary.ts')})
    process.stdout.write(canary(await openEngine('native')))`
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', '--input-type=module']
  const { stdout: canary } = await promisify(execFile)(process.execPath, [...flags, '-e', script], {
    env: { ...machine.environment, ...threadEnvironment(1) },
  })
  const folder = cacheFolder(machine.wheels[machine.platform]!, machine)
  const temporary = join(folder, `${canaryName}.${process.pid}`)
  const all = { ...(await readCanaries(folder)), [await processorOf(machine)]: canary }
  await writeFile(temporary, JSON.stringify(all, null, 2))
  await rename(temporary, join(folder, canaryName))
  return canary
}

/**
 * Makes sure that the native engine can be opened. TensorFlow's libraries and the addon are made once, in the
 * user's cache folder; after that the addon is only linked into tfjs-node, as after `npm ci`. What is in the
 * cache folder is checked at each call: by the files' sizes and times, and by their digests when those have
 * changed.
 */
export async function setUpNative(report: Report, machine = thisMachine()): Promise<Setup> {
  try {
    const { platform, tfjsNode } = machine
    const wheel = machine.wheels[platform]
    if (!wheel) {
      const pinned = Object.keys(machine.wheels).join(', ')
      throw new Obstacle(
        `no TensorFlow is pinned for ${platform}`,
        `use the wasm engine, or one of these systems: ${pinned}`,
      )
    }
    const folder = cacheFolder(wheel, machine)
    if (!(await isIntact(folder, machine, report))) await make(folder, wheel, machine, report)
    await link(join(folder, addonName), join(tfjsNode, 'lib/napi-v8', addonName))
    return {
      ok: true,
      version: `tfjs-node ${versionOf('@tensorflow/tfjs-node')}, TensorFlow ${wheel.version}`,
    }
  } catch (error) {
    const { message, remedy } =
      error instanceof Obstacle ? error : fileObstacle(error as NodeJS.ErrnoException)
    return { ok: false, reason: message, remedy }
  }
}

/** @throws the error itself unless it says that files cannot be written. */
function fileObstacle(error: NodeJS.ErrnoException): Obstacle {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFull()
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT'].includes(error.code ?? '')) {
    return new Obstacle(
      `${error.path} cannot be written (${error.code})`,
      `make it writable, or name another folder in ${cacheVariable}`,
    )
  }
  throw error
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version
}

/** Another wheel, another addon or another way to make it has another folder. */
function cacheFolder(wheel: Wheel, { environment, platform }: Machine): string {
  const { [cacheVariable]: own, XDG_CACHE_HOME: users, HOME: home } = environment
  const cache = resolve(own || join(users || join(home || homedir(), '.cache'), 'minibatch-composition'))
  const made = JSON.stringify([wheel, recipe, versionOf('@tensorflow/tfjs-node')])
  const digest = createHash('sha256').update(made).digest('hex')
  return join(cache, `${wheel.project}-${wheel.version}-${platform.replace(' ', '-')}-${digest.slice(0, 8)}`)
}

/**
 * Makes the folder in a workspace beside its place and moves it there whole, so that nothing half made is
 * ever taken for good.
 */
async function make(folder: string, wheel: Wheel, machine: Machine, report: Report): Promise<void> {
  const started = Date.now()
  const interruption = new AbortController()
  let caught: NodeJS.Signals | undefined
  const interrupt = (signal: NodeJS.Signals) => {
    caught = signal
    interruption.abort(new Error(`setting up the native engine was interrupted by ${signal}`))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)

  const workspace = [folder, started, process.pid, hostname()].join('~')
  const made = join(workspace, 'made')
  try {
    makeFolder(made)
    if (await waitForOthers(folder, workspace, interruption.signal, report)) {
      if (await isIntact(folder, machine)) return
    }
    report(`setting up the native engine, once, in ${folder}`)
    const { tfjsNode, environment } = machine
    const files = await makeAddon(made, { wheel, tfjsNode, environment, signal: interruption.signal, report })
    await writeManifest(made, files)
    await place(made, folder, machine)
    report(`native engine ready after ${Math.round((Date.now() - started) / 1000)} s`)
  } finally {
    await rm(workspace, { recursive: true, force: true })
    for (const signal of signals) process.off(signal, interrupt)
    // Unless somebody else handles the signal, it shall do now what it would have done.
    if (caught && process.listenerCount(caught) === 0) process.kill(process.pid, caught)
  }
}

/**
 * Waits while another process that began earlier makes the same folder, and says whether there was one.
 * Whatever goes wrong with the waiting, the result is right: `place` does not depend on it.
 */
async function waitForOthers(
  folder: string,
  own: string,
  signal: AbortSignal,
  report: Report,
): Promise<boolean> {
  for (let waited = false; ; waited = true) {
    const workspaces = (await readdir(dirname(folder)))
      .filter((name) => name.startsWith(`${basename(folder)}~`))
      .sort()
    const [first] = await removeAbandoned(workspaces.map((name) => join(dirname(folder), name)))
    if (first === undefined || first === own) return waited
    if (!waited) report('waiting for another process, which is setting up the native engine')
    await setTimeout(500, undefined, { signal })
  }
}

/** Removes the workspaces of processes that were killed, and gives the others. */
async function removeAbandoned(workspaces: string[]): Promise<string[]> {
  const abandoned = workspaces.filter((workspace) => {
    const [began, pid, host] = workspace.split('~').slice(-3)
    return Date.now() - Number(began) > 3_600_000 || (host === hostname() && !isRunning(Number(pid)))
  })
  for (const workspace of abandoned) await rm(workspace, { recursive: true, force: true })
  return workspaces.filter((workspace) => !abandoned.includes(workspace))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Puts `made` in its place: for a damaged folder, but not for a good one that another process has meanwhile
 * put there.
 */
async function place(made: string, folder: string, machine: Machine): Promise<void> {
  for (;;) {
    const taken = await rename(made, folder).then(() => false, unless('ENOTEMPTY', 'EEXIST'))
    if (!taken || (await isIntact(folder, machine))) return
    await rename(folder, `${made}.damaged`).catch(unless('ENOENT'))
  }
}

/** True for an error with one of the codes; throws any other. */
function unless(...codes: string[]): (error: NodeJS.ErrnoException) => boolean {
  return (error) => {
    if (codes.includes(error.code ?? '')) return true
    throw error
  }
}

const manifestName = 'manifest.json'

/** By file name: the content's digest, and the size and times that the file had when it was last read. */
const manifest = z.record(z.string(), z.object({ sha256: z.string(), stamp: z.string() }))
type Manifest = z.infer<typeof manifest>

/** What the manifest in a folder says. @throws an Error that says what is wrong with it */
async function readManifest(folder: string): Promise<Manifest> {
  const { data, error } = manifest.safeParse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')))
  if (!data?.[addonName])
    throw new Error(`${manifestName} ${error ? 'is no manifest' : `lacks ${addonName}`}`)
  return data
}

/** Whether a folder is there and holds what was made. If it is there and does not, `report` is told. */
async function isIntact(
  folder: string,
  { environment }: Machine,
  report: Report = () => {},
): Promise<boolean> {
  if (!existsSync(folder)) return false
  try {
    const kept = Object.entries(await readManifest(folder))
    const stamps = await Promise.all(kept.map(([name]) => stampOf(join(folder, name))))
    if (kept.every(([, { stamp }], i) => stamp === stamps[i])) return true

    report(`checking ${folder}, which was moved or touched`)
    for (const [name, { sha256 }] of kept)
      if ((await sha256Of(join(folder, name))) !== sha256) throw new Error(`${name} has changed`)
    await load(join(folder, addonName), { environment, signal: new AbortController().signal })
    await writeManifest(
      folder,
      kept.map(([name]) => name),
    )
    return true
  } catch (error) {
    report(`making the native engine again, because ${folder} is damaged: ${(error as Error).message}`)
    return false
  }
}

async function writeManifest(folder: string, names: readonly string[]): Promise<void> {
  const made: Manifest = {}
  for (const name of names) {
    const file = join(folder, name)
    made[name] = { sha256: await sha256Of(file), stamp: await stampOf(file) }
  }
  const temporary = join(folder, `${manifestName}.${process.pid}`)
  await writeFile(temporary, JSON.stringify(made, null, 2))
  await rename(temporary, join(folder, manifestName))
}

/** Changes when the file is written, replaced or restored from a copy. */
async function stampOf(file: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(file, { bigint: true })
  return [size, mtimeNs, ctimeNs, ino].join(' ')
}

async function link(target: string, path: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return
  makeFolder(dirname(path))
  const temporary = `${path}.${process.pid}`
  await rm(temporary, { force: true })
  await symlink(target, temporary)
  await rename(temporary, path)
}
