import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile, usable } from './disk.ts'
import { sha256 } from './fingerprint.ts'
import type { Artifacts } from './stage.ts'
import { Damaged, parse, serialize } from './store.ts'

/** State of an interrupted stage, and the seconds of work that it stands for. */
export interface Checkpoint {
  readonly state: Artifacts
  readonly seconds: number
}

interface Header {
  readonly seconds: number
  readonly files: { readonly [name: string]: number }
}

/**
 * Where an unfinished result with this key saves its state: one file, replaced as a whole. It is the digest of the rest (64 hexadecimal digits), a
 * line with the header (names and sizes), then the files.
 */
export function checkpointOf(folder: string, key: string) {
  const file = join(folder, 'checkpoints', key)
  const explain = (error: Error) => {
    throw usable(folder, error)
  }
  return {
    /** What was saved last, if anything. @throws Damaged when it is not what was saved */
    async load(): Promise<Checkpoint | undefined> {
      const bytes = await readFile(file).catch((error) =>
        error.code === 'ENOENT' ? undefined : explain(error),
      )
      return bytes && unpack(bytes)
    },
    save: (checkpoint: Checkpoint): Promise<void> => replaceFile(file, pack(checkpoint)).catch(explain),
    remove: (): Promise<void> => rm(file, { force: true }).catch(explain),
  }
}

function pack({ state, seconds }: Checkpoint): Uint8Array {
  const files = serialize(state)
  const sizes = Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length]))
  const header: Header = { seconds, files: sizes }
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...files.values()])
  return Buffer.concat([Buffer.from(sha256(content)), content])
}

function unpack(bytes: Buffer): Checkpoint {
  const content = bytes.subarray(64)
  if (bytes.subarray(0, 64).toString() !== sha256(content)) {
    throw new Damaged('the checkpoint of an interrupted attempt does not have its digest')
  }
  const line = content.indexOf('\n')
  const { seconds, files }: Header = JSON.parse(content.subarray(0, line).toString())
  let end = line + 1
  const state = Object.entries(files).map(([name, size]) => {
    const begin = end
    end += size
    return [name, parse(name, content.subarray(begin, end))]
  })
  return { seconds, state: Object.fromEntries(state) }
}
