/**
 * For the classes that break the commands of the project itself: copies of it, with results of the smoke
 * profile.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { markName } from '../../scripts/target.ts'
import { copyProject, root } from '../project.ts'
import { promised, start, type User } from './suite.ts'

let results: Promise<string> | undefined

/**
 * A cache with the results of the smoke profile: the one that FAULT_RESULTS names, or one made once by this
 * process.
 */
export function smokeResults(): Promise<string> {
  results ??= process.env.FAULT_RESULTS ? Promise.resolve(process.env.FAULT_RESULTS) : makeResults()
  return results
}

async function makeResults(): Promise<string> {
  const cache = mkdtempSync(join(tmpdir(), 'fault-results-'))
  process.once('exit', () => rmSync(cache, { recursive: true, force: true, maxRetries: 5 }))
  const { code, output } = await command(root, 'experiments', cache).ended
  promised(code === 0, `the smoke profile runs: ${output}`)
  return cache
}

/**
 * Starts a command of a project on a cache; what descends from it carries the project's path in its
 * environment.
 */
export const command = (project: string, name: string, cache: string, ...options: string[]) =>
  commandAs({}, project, name, cache, ...options)

/** As `command`, as another user or with another environment. */
export const commandAs = (
  { env, ...user }: User & { readonly env?: NodeJS.ProcessEnv },
  project: string,
  name: string,
  cache: string,
  ...options: string[]
) =>
  start(
    [
      '--disable-warning=DEP0040',
      join(project, 'scripts', `${name}.ts`),
      ...['--profile', 'smoke', '--engine', 'wasm', '--cache', cache],
      ...options,
    ],
    { FAULT_PROJECT: project, ...env },
    { cwd: project, ...user },
  )

/** Command lines of the processes that descend from a command of this project. Linux only; elsewhere none. */
export async function descendants(project: string): Promise<string[]> {
  const read = (id: string, file: string) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = ids.map(async (id) =>
    (await read(id, 'environ')).includes(`FAULT_PROJECT=${project}\0`) ? [await read(id, 'cmdline')] : [],
  )
  return (await Promise.all(found)).flat()
}

/** @throws unless all that a command of this project has started is gone within some seconds */
export async function nothingRuns(project: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && (await descendants(project)).length > 0; attempt++) await sleep(100)
  promised((await descendants(project)).length === 0, `no process is left: ${await descendants(project)}`)
}

/** A copy of the project that has a site, of one page, written by a build. */
export async function projectWithSite(folder: string): Promise<string> {
  const project = await copyProject(folder)
  await mkdir(join(project, 'dist'))
  await writeFile(join(project, 'dist/index.html'), lastPage)
  await writeFile(join(project, 'dist', markName), 'index.html\n')
  return project
}

/** What the page of the last site says. */
export const lastPage = 'the last good page'

/**
 * What lies in a project's `dist`. @throws unless that is a whole site, with the files that its mark names,
 * and nothing beside
 */
export async function wholeSite(project: string, out = 'dist'): Promise<'last' | 'new'> {
  const site = join(project, out)
  const page = await readFile(join(site, 'index.html'), 'utf8').catch(() => '')
  const marked = readFileSync(join(site, markName), 'utf8').split('\n').filter(Boolean)
  const entries = await readdir(site, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== markName)
    .map((entry) => join(entry.parentPath, entry.name).slice(site.length + 1))
  const missing = marked.filter((path) => !existsSync(join(site, path)))
  const odd = files.filter((file) => !marked.includes(file))
  promised(missing.length + odd.length === 0, `one site is there, without ${missing} and with ${odd}`)
  if (page === lastPage) return 'last'
  promised(/<\/html>\s*$/.test(page), 'the page is whole')
  return 'new'
}

/** @throws if a build has left something beside the site */
export async function nothingUnfinished(project: string): Promise<void> {
  const left = (await readdir(project)).filter((name) => name.includes('.unfinished'))
  promised(left.length === 0, `nothing is left beside the site: ${left}`)
}
