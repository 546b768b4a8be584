import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { command, nothingRuns, projectWithSite, smokeResults, wholeSite } from './project.ts'
import { type Chance, type FaultClass, promised, startToy } from './suite.ts'

type Scenario = (project: string, chance: Chance, tell: (what: string) => void) => Promise<void>

/** A development server on some port. */
function serve(project: string, cache: string, chance: Chance) {
  const port = String(20_000 + chance.below(40_000))
  const { child, ended, output } = command(project, 'dev', cache, '--port', port)
  return {
    output,

    /** Its address, as soon as it listens, the `time`th time. */
    async address(time = 1): Promise<string> {
      for (;;) {
        const [, url] = [...output().matchAll(/Local +(http\S+)/g)][time - 1] ?? []
        if (url) return url
        promised(child.exitCode === null, `the server starts: ${output()}`)
        await sleep(100)
      }
    },

    /** The front page, as long as there is one. */
    async serves(): Promise<void> {
      const page = await fetch(await this.address()).then(
        (response) => response.text(),
        (error) => String(error),
      )
      const whole = /<\/h1>/.test(page) && page.includes('profile “smoke”')
      promised(whole, `the server serves the results of its own run: ${page.slice(0, 500)} ${output()}`)
    },

    async end(signal: keyof typeof codes): Promise<void> {
      child.kill(signal)
      const { code } = await ended
      // Node takes a while until it listens to signals.
      const byIt = code === codes[signal] || code === signal
      promised(byIt, `it ends by the signal, not with ${code}: ${output()}`)
    },
  }
}

const codes = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGKILL: 'SIGKILL' } as const
const signalOf = (chance: Chance) => chance.pick(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)

const alone: Scenario = async (project, chance, tell) => {
  const [signal, moment] = [signalOf(chance), chance.below(12_000)]
  tell(`${signal} to a server after ${moment} ms`)
  const server = serve(project, await smokeResults(), chance)
  await sleep(moment)
  await server.end(signal)
}

const besideBuild: Scenario = async (project, chance, tell) => {
  const signal = signalOf(chance)
  tell(`a build beside a server, then ${signal}`)
  const cache = await smokeResults()
  const server = serve(project, cache, chance)
  await server.address()
  const { code, output } = await command(project, 'build', cache).ended
  promised(code === 0, `the build beside it ends well: ${output}`)
  promised((await wholeSite(project)) === 'new', 'its site is there')
  await server.serves()
  await server.end(signal)
}

const twoAtOnce: Scenario = async (project, chance, tell) => {
  tell('two servers of a checkout, one of which is ended')
  const cache = await smokeResults()
  const [one, other] = [serve(project, cache, chance), serve(project, cache, chance)]
  await Promise.all([one.address(), other.address()])
  await one.end(signalOf(chance))
  await other.serves()
  await other.end('SIGTERM')
}

/** The last run of the cache is of something else when the server is started anew. */
const besideOtherRuns: Scenario = async (project, chance, tell) => {
  tell('a run of something else that ends in the cache of a server')
  const cache = join(project, 'cache')
  await cp(await smokeResults(), cache, { recursive: true })
  const server = serve(project, cache, chance)
  await server.serves()
  const { code, output } = await startToy(cache, ['--profile', 'quick']).ended
  promised(code === 0, `the run ends well: ${output}`)
  await cp(join(project, 'astro.config.mjs'), join(project, 'beside'))
  await cp(join(project, 'beside'), join(project, 'astro.config.mjs'))
  await server.address(2)
  await server.serves()
  await server.end('SIGTERM')
}

/**
 * The development server is ended at some moment, alone or beside a build or another server of the checkout,
 * or another run ends in its cache. What is beside it ends well, it still serves what its own run made, and
 * no process outlives it.
 */
export const servers: FaultClass = {
  name: 'servers',
  share: 3,
  async run(folder, chance, tell) {
    const project = await projectWithSite(folder)
    await chance.pick([alone, alone, besideBuild, twoAtOnce, besideOtherRuns])(project, chance, tell)
    await nothingRuns(project)
  },
}
