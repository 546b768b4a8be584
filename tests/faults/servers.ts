import { setTimeout as sleep } from 'node:timers/promises'
import { command, nothingRuns, projectWithSite, smokeResults, wholeSite } from './project.ts'
import { type FaultClass, promised } from './suite.ts'

/**
 * The development server is ended at some moment, alone or with a build beside it that writes a site from the
 * same checkout and results. The build ends well, the server still serves, and no process outlives it.
 */
export const servers: FaultClass = {
  name: 'servers',
  share: 2,
  async run(folder, chance, tell) {
    const [project, cache] = [await projectWithSite(folder), await smokeResults()]
    const { child, ended, output } = command(
      project,
      'dev',
      cache,
      '--port',
      String(20_000 + chance.below(40_000)),
    )
    const beside = chance.below(2) === 0
    const [signal, moment] = [
      chance.pick(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const),
      chance.below(beside ? 1000 : 12_000),
    ]
    tell(`${signal} to a server ${beside ? 'with a build beside it' : `after ${moment} ms`}`)
    if (beside) {
      const address = async (): Promise<string> => {
        for (;;) {
          const [, url] = /Local +(http\S+)/.exec(output()) ?? []
          if (url) return url
          promised(child.exitCode === null, `the server starts: ${output()}`)
          await sleep(100)
        }
      }
      const url = await address()
      const build = await command(project, 'build', cache).ended
      promised(build.code === 0, `the build beside it ends well: ${build.output}`)
      promised((await wholeSite(project)) === 'new', 'its site is there')
      const page = await fetch(await address()).then(
        (response) => response.text(),
        (error) => `${url}: ${error}`,
      )
      promised(/<\/h1>/.test(page), `the server still serves: ${page.slice(0, 500)} ${output()}`)
    }
    await sleep(moment)
    child.kill(signal)
    const { code } = await ended
    const expected = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGKILL: 'SIGKILL' }[signal]
    // Node takes a while until it listens to signals.
    promised(code === expected || code === signal, `it ends by the signal, not with ${code}: ${output()}`)
    await nothingRuns(project)
  },
}
