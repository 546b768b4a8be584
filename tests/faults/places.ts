import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anotherUser, endsWell, type FaultClass, promised, startToy } from './suite.ts'

/** Names of folders that trip tools up. */
export const names = [
  'with blanks',
  'Größe',
  "quote'd",
  'semi;colon',
  'dollar$HOME',
  '日本',
  '%41',
  '#hash',
  'a'.repeat(200),
  '-x',
]

/** Environments that lack something; without a path, there is no Python either. */
export const environments = (folder: string): readonly NodeJS.ProcessEnv[] => [
  {},
  { HOME: undefined },
  { HOME: join(folder, 'nowhere') },
  { TMPDIR: join(folder, 'nowhere') },
  { PATH: '' },
]

/**
 * The cache lies at an odd place, or home and temporary folder are missing: all is well, or one line says
 * what is not.
 */
export const places: FaultClass = {
  name: 'places',
  share: 12,
  async run(folder, chance, tell) {
    const name = chance.pick(names)
    const kind = chance.pick(['plain', 'linked', 'deep', 'a file', 'below a file', 'read-only'])
    const environment = chance.pick(environments(folder))
    tell(`a cache ${kind} at ${name}, ${JSON.stringify(environment)}`)
    const cache = kind === 'deep' ? join(folder, name, name, name) : join(folder, name)
    if (kind === 'linked') {
      await mkdir(join(folder, 'real'))
      await symlink('real', cache)
    } else if (kind === 'a file' || kind === 'below a file') await writeFile(cache, '')
    else if (kind === 'read-only') {
      await mkdir(cache)
      await chmod(cache, 0o500)
    }
    const tooLong = kind === 'deep' && name.length > 100
    const unusable = tooLong || kind.endsWith('a file') || (kind === 'read-only' && anotherUser)
    if (!unusable) return endsWell(cache, 'quick', environment)
    await chmod(folder, 0o755)
    const path = kind === 'below a file' ? join(cache, 'cache') : cache
    const { code, output } = await startToy(path, [], {}, kind === 'read-only' ? anotherUser : {}).ended
    promised(code === 1, `it ends with code 1, not ${code}`)
    promised(/^The cache .* cannot be used: .*\n$/.test(output), `one line says what is wrong: ${output}`)
    promised(output.includes('its path is too long') === tooLong, `and that is what is: ${output}`)
  },
}
