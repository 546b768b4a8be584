/**
 * Unpacks the browser, before any test may start it, and builds the site of the smoke profile once, for all
 * the tests in a browser: `inject('site')` is its folder. With SITE in the environment, the site in that
 * folder is tested instead, and with CACHE the results that it was built from.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { browserOptions, whyNoBrowser } from '../../scripts/browser.ts'

declare module 'vitest' {
  interface ProvidedContext {
    site: string
    /** The results of the smoke profile that it was built from; with SITE and no CACHE, undefined. */
    cache: string | undefined
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (whyNoBrowser) console.log(`The tests in a browser are left out: ${whyNoBrowser}.`)
  else await browserOptions()
  if (process.env.SITE) {
    project.provide('site', resolve(process.env.SITE))
    project.provide('cache', process.env.CACHE && resolve(process.env.CACHE))
    return async () => {}
  }
  const folder = await mkdtemp(join(tmpdir(), 'site-test-'))
  const site = join(folder, 'site')
  const cache = join(folder, 'cache')
  const options = ['--profile', 'smoke', '--engine', 'wasm', '--cache', cache, '--out', site]
  const clean = () => rm(folder, { recursive: true, force: true })
  await promisify(execFile)(process.execPath, ['scripts/build.ts', ...options], { cwd: root }).catch(
    async (error) => {
      await clean()
      throw new Error(`The site could not be built.\n${error.stdout.slice(-2000)}${error.stderr}`)
    },
  )
  project.provide('site', site)
  project.provide('cache', cache)
  return clean
}
