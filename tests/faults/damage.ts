import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openCache } from '../../pipeline/cache.ts'
import { type Chance, endsWell, type FaultClass, promised, startToy } from './suite.ts'

/** Ways to damage a file. */
export const ways: { readonly [way: string]: (path: string, chance: Chance) => Promise<unknown> } = {
  async 'a flipped bit in'(path, chance) {
    const bytes = await readFile(path)
    const at = chance.below(Math.max(1, bytes.length))
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8))
    await writeFile(path, bytes)
  },
  async 'a truncated'(path, chance) {
    const bytes = await readFile(path)
    await writeFile(path, bytes.subarray(0, chance.below(bytes.length + 1)))
  },
  'garbage instead of': (path, chance) =>
    writeFile(
      path,
      Uint8Array.from({ length: 1 + chance.below(5000) }, () => chance.below(256)),
    ),
  'null instead of': (path) => writeFile(path, 'null'),
  '{} instead of': (path) => writeFile(path, '{}'),
  'conflict markers in': async (path) =>
    writeFile(path, `<<<<<<< HEAD\n${await readFile(path, 'utf8')}=======\n>>>>>>> other\n`),
  'no more': (path) => rm(path),
  async 'a folder instead of'(path) {
    await rm(path)
    await mkdir(path)
  },
}

/**
 * One to three of the files that the cache keeps are damaged. The next run ends with the same bits, or names
 * what is in the way; with that moved away, it does.
 */
export const damage: FaultClass = {
  name: 'damage',
  share: 12,
  async run(folder, chance, tell) {
    const cache = join(folder, 'cache')
    await endsWell(cache, 'quick')
    const entries = await readdir(cache, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    for (let count = chance.below(3); count >= 0; count--) {
      const [path, way] = [chance.pick(files.sort()), chance.pick(Object.keys(ways))]
      tell(`${way} ${path.slice(cache.length + 1)}`)
      await ways[way]?.(path, chance).catch(() => {})
    }
    await openCache(cache)
      .runs.read()
      .catch(({ message }) => {
        const clear = message.includes(cache) && message.includes('Run `npm run experiments`.')
        promised(clear, `the reader is told which file and what to do: ${message}`)
      })
    for (let attempt = 0; attempt < 4; attempt++) {
      const { code, output } = await startToy(cache).ended
      promised(!/\n {4}at /.test(output), `no stack is shown: ${output}`)
      if (code === 0) break
      const [, path] = /a folder is in the place of its file (\S+)\. Move that folder away/.exec(output) ?? []
      promised(path !== undefined, `what is in the way is named: ${output}`)
      if (path) await rm(path, { recursive: true })
    }
    await endsWell(cache, 'quick')
  },
}
