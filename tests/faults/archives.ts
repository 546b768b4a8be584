import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create, extract } from 'tar'
import { openCache } from '../../pipeline/cache.ts'
import { sha256 } from '../../pipeline/fingerprint.ts'
import { exportResults, importResults, listResults } from '../../pipeline/upkeep.ts'
import { type Chance, endsWell, type FaultClass, promised } from './suite.ts'

/** Writes a record under its digest, so that only what it says is wrong. */
async function forge(folder: string, chance: Chance, change: (text: string) => string): Promise<void> {
  const name = chance.pick((await readdir(join(folder, 'results'))).sort())
  const text = change(await readFile(join(folder, 'results', name), 'utf8'))
  await rm(join(folder, 'results', name))
  await writeFile(join(folder, 'results', `${name.slice(0, 64)}-${sha256(text)}.json`), text)
}

const member = (field: string) => (text: string) => {
  const { [field]: _, ...rest } = JSON.parse(text)
  return JSON.stringify(rest)
}

/** Ways to make an archive wrong while it is a folder. */
const forgeries: { readonly [what: string]: (folder: string, chance: Chance) => Promise<unknown> } = {
  'a record that is null': (folder, chance) => forge(folder, chance, () => 'null'),
  'a record that is {}': (folder, chance) => forge(folder, chance, () => '{}'),
  'a record that is not JSON': (folder, chance) => forge(folder, chance, (text) => text.slice(1)),
  'a record without made': (folder, chance) => forge(folder, chance, member('made')),
  'a record without files': (folder, chance) => forge(folder, chance, member('files')),
  'a record without fingerprint': (folder, chance) => forge(folder, chance, member('fingerprint')),
  'a stage that colours': (folder, chance) =>
    forge(folder, chance, (text) => text.replace('"stage":"', '"stage":"\\u001b[31m')),
  'a seconds that is text': (folder, chance) =>
    forge(folder, chance, (text) => text.replace(/"seconds":[\d.]+/, '"seconds":"1"')),
  'a file named __proto__': (folder, chance) =>
    forge(folder, chance, (text) => text.replace('"files":{"', '"files":{"__proto__')),
  'a record too deep': (folder, chance) =>
    forge(folder, chance, (text) => text.replace('"parameters":', `"parameters":${'['.repeat(9000)}`)),
  async 'content that is missing'(folder, chance) {
    await rm(join(folder, 'content', chance.pick((await readdir(join(folder, 'content'))).sort())))
  },
  'a link to outside': (folder) => symlink('/etc/hostname', join(folder, 'content', '0'.repeat(64))),
  'a file that has no place': (folder) => writeFile(join(folder, 'results', 'more.txt'), 'more'),
  async 'no results'(folder) {
    await rm(join(folder, 'results'), { recursive: true })
    await mkdir(join(folder, 'results'))
  },
}

/**
 * An archive of results is made wrong. Nothing of it is taken, nothing is left elsewhere, and one line says
 * why.
 */
export const archives: FaultClass = {
  name: 'archives',
  share: 14,
  async run(folder, chance, tell) {
    const [cache, other, staging, temporary] = ['cache', 'other', 'staging', 'tmp'].map((name) =>
      join(folder, name),
    )
    if (!cache || !other || !staging || !temporary) return
    for (const path of [staging, temporary]) await mkdir(path)
    await endsWell(cache, 'quick')
    const archive = join(folder, chance.pick(['a.tar', 'a.tar.gz']))
    await exportResults(openCache(cache), archive)
    if (chance.below(3) > 0) {
      const what = chance.pick(Object.keys(forgeries))
      tell(what)
      await extract({ cwd: staging, file: archive })
      await forgeries[what]?.(staging, chance)
      await create({ cwd: staging, file: archive, gzip: archive.endsWith('gz') }, ['results', 'content'])
    } else {
      const bytes = await readFile(archive)
      const at = chance.below(bytes.length)
      const cut = chance.below(2) === 0
      tell(cut ? `cut at byte ${at}` : `a flipped bit in byte ${at}`)
      if (!cut) bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8))
      await writeFile(archive, cut ? bytes.subarray(0, at) : bytes)
    }
    const before = process.env.TMPDIR
    process.env.TMPDIR = temporary
    const complaint = await importResults(openCache(other), archive).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    promised((await readdir(temporary)).length === 0, 'nothing is left in the temporary folder')
    if (complaint === undefined) {
      // The damage hit what carries no meaning, such as padding: then all is there, and right.
      const results = await listResults(openCache(other), true)
      promised(
        results.length === 5 && results.every(({ damages }) => damages.length === 0),
        'all of it was taken',
      )
      return
    }
    promised(/^\S+ was not imported: [^\p{C}]*$/u.test(complaint), `one line says why: ${complaint}`)
    const taken = await readdir(join(other, 'results')).catch(() => [])
    promised(taken.length === 0, `nothing of it is taken: ${taken}`)
  },
}
