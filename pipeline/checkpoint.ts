import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile, usable } from './disk.ts'
import { sha256 } from './fingerprint.ts'
import { Damaged, fileName, parseRecord } from './record.ts'
import type { Artifacts } from './stage.ts'
import { parse, serialize } from './store.ts'

/** State of an interrupted stage, and the seconds of work that it stands for. */
export interface Checkpoint {
  readonly state: Artifacts
  readonly seconds: number
}

/** Sizes of the files by name. */
const header = z.object({
  seconds: z.number().nonnegative(),
  files: z.record(fileName, z.int().nonnegative()),
})

/**
 * Where an unfinished result with this key saves its state: one file, replaced as a whole. It is the digest
 * of the rest (64 hexadecimal digits), a line with the header (names and sizes), then the files.
 */
export function checkpointOf(folder: string, key: string) {
  const file = join(folder, 'checkpoints', key)
  const explain = (error: Error): never => {
    throw usable(folder, error)
  }
  const remove = (): Promise<void> => rm(file, { recursive: true, force: true }).catch(explain)
  return {
    /** What was saved last, if anything. @throws Damaged when it is not what was saved; it is gone then */
    async load(): Promise<Checkpoint | undefined> {
      try {
        const bytes = await readFile(file).catch((error) => {
          if (error.code === 'EISDIR') throw new Damaged('is a folder')
          return error.code === 'ENOENT' ? undefined : explain(error)
        })
        return bytes && unpack(bytes)
      } catch (error) {
        if (!(error instanceof Damaged)) throw error
        await remove()
        throw new Damaged(`the checkpoint of an interrupted attempt ${error.message}`)
      }
    },
    save: (checkpoint: Checkpoint): Promise<void> => replaceFile(file, pack(checkpoint)).catch(explain),
    remove,
  }
}

function pack({ state, seconds }: Checkpoint): Uint8Array {
  const files = serialize(state)
  const sizes = Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length]))
  const first = JSON.stringify({ seconds, files: sizes })
  const content = Buffer.concat([Buffer.from(`${first}\n`), ...files.values()])
  return Buffer.concat([Buffer.from(sha256(content)), content])
}

function unpack(bytes: Buffer): Checkpoint {
  const content = bytes.subarray(64)
  if (bytes.subarray(0, 64).toString() !== sha256(content)) {
    throw new Damaged('does not have its digest')
  }
  const line = content.indexOf('\n')
  const { seconds, files } = parseRecord(header, content.subarray(0, line).toString())
  let end = line + 1
  const state = Object.entries(files).map(([name, size]) => {
    const begin = end
    end += size
    return [name, parse(name, content.subarray(begin, end))]
  })
  return { seconds, state: Object.fromEntries(state) }
}
