import { existsSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { markName } from '../../scripts/target.ts'
import { personsEnvironment, root } from '../project.ts'
import { ways } from './damage.ts'
import { command, lastPage, projectWithSite, smokeResults, wholeSite } from './project.ts'
import { type Chance, type FaultClass, promised, start } from './suite.ts'

/** Damages a file of a project, in some way. */
async function damaged(project: string, file: string, chance: Chance, tell: (what: string) => void) {
  const way = chance.pick(Object.keys(ways))
  tell(`${way} ${file}`)
  await ways[way]?.(join(project, file), chance)
}

type Scenario = (project: string, chance: Chance, tell: (what: string) => void) => Promise<void>

/** Nothing of it is of the profile smoke, so that it is refused even where the damage carries no meaning. */
const reproducibility: Scenario = async (project, chance, tell) => {
  await damaged(project, 'results.lock', chance, tell)
  const cache = join(project, 'cache')
  const { code, output } = await start(
    [join(project, 'scripts/verify.ts'), '--profile', 'smoke', '--cached'],
    { ...personsEnvironment, EXPERIMENTS_CACHE: cache },
    { cwd: project },
  ).ended
  promised(code === 1, `it ends with code 1, not ${code}: ${output}`)
  promised(
    /^(?:There is no )?results\.lock.*`?npm run verify.*\n$|^results\.lock is of profile .*\n$/.test(output),
    `one line names it: ${output}`,
  )
  promised(!existsSync(cache), 'nothing was run')
}

const evidence: Scenario = async (project, chance, tell) => {
  await cp(join(root, 'evidence'), join(project, 'evidence'), { recursive: true })
  const file = chance.pick(['evidence/plain.json', 'evidence/causes.json'])
  await damaged(project, file, chance, tell)
  const { code, output } = await command(project, 'build', await smokeResults()).ended
  // Some damage carries no meaning, and where there is no evidence, the build says so on its pages.
  if (code === 0) return promised((await wholeSite(project)) === 'new', 'its site is there')
  promised(code === 1, `it ends with code 1, not ${code}: ${output}`)
  promised(output.startsWith(join(project, file)) && /^.*\n$/.test(output), `one line names it: ${output}`)
  promised((await wholeSite(project)) === 'last', 'the last site is untouched')
}

const mark: Scenario = async (project, chance, tell) => {
  await damaged(project, `dist/${markName}`, chance, tell)
  const { code, output } = await command(project, 'build', await smokeResults()).ended
  if (code === 0) return promised((await wholeSite(project)) === 'new', 'its site is there')
  promised(code === 1, `it ends with code 1, not ${code}: ${output}`)
  promised(/^--out dist is refused: .*\n$/.test(output), `one line says why: ${output}`)
  promised(
    (await readFile(join(project, 'dist/index.html'), 'utf8')) === lastPage,
    'the last site is untouched',
  )
}

/**
 * One of the files that the project keeps beside its cache is damaged: the record of reproducibility,
 * recorded evidence, or the mark of the site. Nothing is run or removed, and one line names the file.
 */
export const records: FaultClass = {
  name: 'records',
  share: 4,
  run: async (folder, chance, tell) =>
    chance.pick([reproducibility, evidence, mark])(await projectWithSite(folder), chance, tell),
}
