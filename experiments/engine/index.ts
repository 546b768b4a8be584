import type { Engine } from './engine.ts'

export type { Adam, AdamOptions, AdamParameter, Engine, EngineName } from './engine.ts'

const opened = new Map<string, Promise<Engine>>()

/**
 * Loads an engine, an `EngineName`, once a process, and makes it the one that `tf`'s operations run on.
 * @throws if there is no engine of this name, or the native engine is not set up, or does not load.
 */
export async function openEngine(name: string): Promise<Engine> {
  if (name !== 'native' && name !== 'wasm')
    throw new RangeError(`There is no engine "${name}"; there are native and wasm.`)
  let opening = opened.get(name)
  if (!opening) {
    opening =
      name === 'native'
        ? import('./native.ts').then(({ open }) => open())
        : import('./wasm.ts').then(({ open }) => open())
    opened.set(name, opening)
  }
  const engine = await opening
  await engine.tf.setBackend(name === 'native' ? 'tensorflow' : 'wasm')
  return engine
}

/**
 * The environment of a process that uses so many threads. TensorFlow reads it once, when its library loads,
 * so it has to be set when the process starts; the wasm engine has one thread in any case.
 */
export function threadEnvironment(threads: number): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    TF_CPP_MIN_LOG_LEVEL: '2',
  }
}
