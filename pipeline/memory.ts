import type { Artifacts, Json, Stage, StageContext, StageFunction, Tensors, Upstream } from './stage.ts'

/** Results by the stage's name, none of them on a disk. */
export type Results = { readonly [stage: string]: Artifacts }

/** Artifacts as a later stage reads them. */
export const upstream = (artifacts: Artifacts): Upstream => ({
  tensors: async (file) => artifacts[file] as Tensors,
  json: async <T = Json>(file: string) => artifacts[file] as T,
})

/** What a stage is offered that is never interrupted, and whose progress nobody watches. */
export const quiet = (engine: string): StageContext => ({
  engine,
  progress: () => {},
  checkpoint: { load: async () => undefined, due: () => false, save: async () => {} },
})

/**
 * Runs stages, each after those that it reads, in this process and in memory: for tests and measurements.
 * Those in `done` are not run.
 * @returns the results of these and of those in `done`
 */
export async function runInMemory(
  stages: readonly Stage[],
  context: StageContext,
  done: Results = {},
): Promise<Results> {
  const results: { [stage: string]: Artifacts } = { ...done }
  for (const { name, module, parameters, inputs } of stages) {
    if (name in results) continue
    const { default: stage }: { default: StageFunction } = await import(/* @vite-ignore */ `../${module}`)
    const upstreams = Object.entries(inputs).map(([input, from]) => [input, upstream(results[from])] as const)
    results[name] = await stage(parameters, Object.fromEntries(upstreams), context)
  }
  return results
}
