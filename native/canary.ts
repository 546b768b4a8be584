import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { threadEnvironment } from '../experiments/engine/index.ts'
import { replaceFile } from '../pipeline/disk.ts'
import { cacheFolder, type Machine, type Report, thisMachine } from './machine.ts'

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
export async function canaryHere(machine: Machine, report: Report): Promise<string> {
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
  const folder = cacheFolder(machine.wheels[machine.platform], machine)
  const all = { ...(await readCanaries(folder)), [await processorOf(machine)]: canary }
  await replaceFile(join(folder, canaryName), JSON.stringify(all, null, 2))
  return canary
}
