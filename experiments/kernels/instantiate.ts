import { assembled } from './assembled.ts'

/**
 * The exports of a kernel, which imports `host.memory`. Kernels are WebAssembly for the loops that
 * JavaScript, which has no arithmetic on four numbers at once, runs at several times the cost.
 */
export async function instantiate<Exports>(
  kernel: keyof typeof assembled,
  memory: WebAssembly.Memory,
): Promise<Exports> {
  const bytes = Uint8Array.from(atob(assembled[kernel]), (character) => character.charCodeAt(0))
  const { instance } = await WebAssembly.instantiate(bytes, { host: { memory } })
  return instance.exports as Exports
}
