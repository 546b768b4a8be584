/**
 * WebAssembly from text, for the loops that JavaScript, which has no arithmetic on four numbers at once, runs
 * at several times the cost.
 */

import wabt from 'wabt'

/** The exports of a module, assembled from its text, which imports `host.memory`. */
export async function assemble<Exports>(text: string, memory: WebAssembly.Memory): Promise<Exports> {
  const { buffer } = (await wabt()).parseWat('loops.wat', text, { simd: true }).toBinary({})
  const { instance } = await WebAssembly.instantiate(buffer as BufferSource, { host: { memory } })
  return instance.exports as Exports
}
