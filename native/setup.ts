import { existsSync } from 'node:fs'
import { readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../pipeline/disk.ts'
import { keepFolder } from '../pipeline/kept.ts'
import { addonName, load, makeAddon } from './addon.ts'
import { cacheFolder, type Machine, type Report, thisMachine, versionOf } from './machine.ts'
import { areUntouched, checkDigests, readManifest, writeManifest } from './manifest.ts'
import { obstacleIn } from './obstacle.ts'
import type { Wheel } from './wheels.ts'

export type Setup = { ok: true; version: string } | { ok: false; reason: string; remedy: string }

/**
 * Makes sure that the native engine can be opened. TensorFlow's libraries and the addon are made once, in the
 * user's cache folder; after that the addon is only linked into tfjs-node, as after `npm ci`. What is in the
 * cache folder is checked at each call: by the files' sizes and times, and by their digests when those have
 * changed.
 */
export async function setUpNative(report: Report, machine = thisMachine()): Promise<Setup> {
  const { platform, tfjsNode } = machine
  const wheel = machine.wheels[platform]
  if (!wheel) {
    const pinned = Object.keys(machine.wheels).join(', ')
    const remedy = `use the wasm engine, or one of these systems: ${pinned}`
    return { ok: false, reason: `no TensorFlow is pinned for ${platform}`, remedy }
  }
  const folder = cacheFolder(wheel, machine)
  try {
    await make(folder, wheel, machine, report)
    await link(join(folder, addonName), join(tfjsNode, 'lib/napi-v8', addonName))
  } catch (error) {
    const { message, remedy } = obstacleIn(error, folder)
    return { ok: false, reason: message, remedy }
  }
  const version = `tfjs-node ${versionOf('@tensorflow/tfjs-node')}, TensorFlow ${wheel.version}`
  return { ok: true, version }
}

/** Makes the folder unless it is there as it was made. An interruption waits until what it runs has ended. */
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

  const { signal } = interruption
  const { tfjsNode, environment } = machine
  let looked = false
  try {
    await keepFolder(folder, {
      isWhole: () => {
        // The second look, after others may have made it, has nothing new to say.
        const say = looked ? () => {} : report
        looked = true
        return isIntact(folder, environment, say)
      },
      fill: async (fresh) => {
        report(`setting up the native engine, once, in ${folder}`)
        const files = await makeAddon(fresh, { wheel, tfjsNode, environment, signal, report })
        await writeManifest(fresh, files)
        report(`native engine ready after ${Math.round((Date.now() - started) / 1000)} s`)
      },
      onWait: () => report('waiting for another process, which is setting up the native engine'),
      signal,
    })
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
    // Unless somebody else handles the signal, it shall do now what it would have done.
    if (caught && process.listenerCount(caught) === 0) process.kill(process.pid, caught)
  }
}

/** Whether a folder is there and holds what was made. If it is there and does not, `report` is told. */
async function isIntact(folder: string, environment: NodeJS.ProcessEnv, report: Report): Promise<boolean> {
  if (!existsSync(folder)) return false
  try {
    const manifest = await readManifest(folder)
    if (!manifest[addonName]) throw new Error(`the manifest lacks ${addonName}`)
    if (await areUntouched(folder, manifest)) return true

    report(`checking ${folder}, which was moved or touched`)
    await checkDigests(folder, manifest)
    await load(join(folder, addonName), { environment, signal: new AbortController().signal })
    await writeManifest(folder, Object.keys(manifest))
    return true
  } catch (error) {
    report(`making the native engine again, because ${folder} is damaged: ${(error as Error).message}`)
    return false
  }
}

async function link(target: string, path: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return
  makeFolder(dirname(path))
  const temporary = `${path}.${process.pid}`
  await rm(temporary, { force: true })
  await symlink(target, temporary)
  await rename(temporary, path)
}
