import type { Source } from '../../experiments/definition.ts'

/** A run in which it is noted which stages are opened. */
export interface Watched {
  readonly run: Source
  /** Names of the stages that were opened so far, each once, in the order of their opening. */
  readonly opened: () => string[]
}

export function watching(run: Source): Watched {
  const opened = new Set<string>()
  return {
    run: {
      stage(name) {
        opened.add(name)
        return run.stage(name)
      },
    },
    opened: () => [...opened],
  }
}

/** A run of which each file is read at most once. */
export function remembering(run: Source): Source {
  const read = new Map<string, Promise<unknown>>()
  const once = <T>(stage: string, file: string, reading: () => Promise<T>): Promise<T> => {
    const name = `${stage}/${file}`
    const known = (read.get(name) as Promise<T> | undefined) ?? reading()
    read.set(name, known)
    return known
  }
  return {
    stage(name) {
      const upstream = run.stage(name)
      return {
        tensors: (file) => once(name, file, () => upstream.tensors(file)),
        json: <T>(file: string) => once(name, file, () => upstream.json<T>(file)),
      }
    },
  }
}
