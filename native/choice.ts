import type { EngineName } from '../experiments/engine/index.ts'
import { canaryHere } from './canary.ts'
import { type Report, thisMachine, versionOf } from './machine.ts'
import { setUpNative } from './setup.ts'

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
