import { setTimeout as sleep } from 'node:timers/promises'
import {
  command,
  nothingRuns,
  nothingUnfinished,
  projectWithSite,
  smokeResults,
  wholeSite,
} from './project.ts'
import { type FaultClass, promised } from './suite.ts'

/**
 * A build is ended by a signal, or two builds run at once in one checkout. The last site or the next is
 * there, whole; no process is left; and the next build writes its site and clears away what was left.
 */
export const builds: FaultClass = {
  name: 'builds',
  share: 2,
  async run(folder, chance, tell) {
    const [project, cache] = [await projectWithSite(folder), await smokeResults()]
    if (chance.below(3) === 0) {
      const outs = ['dist', chance.pick(['dist', 'other'])]
      const pause = chance.below(3000)
      tell(`two builds at once, into ${outs.join(' and ')}, the second after ${pause} ms`)
      const ended = await Promise.all(
        outs.map(async (out, number) => {
          await sleep(number * pause)
          return command(project, 'build', cache, '--out', out).ended
        }),
      )
      for (const { code, output } of ended) promised(code === 0, `both end well: ${output}`)
      for (const out of outs) promised((await wholeSite(project, out)) === 'new', `${out} is new`)
      return nothingUnfinished(project)
    }
    const { child, ended } = command(project, 'build', cache)
    const [moment, signal] = [
      500 + chance.below(15_000),
      chance.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const),
    ]
    tell(`${signal} to a build after ${moment} ms`)
    await Promise.race([sleep(moment), ended])
    child.kill(signal)
    const { code, output } = await ended
    promised(!/\n {4}at /.test(output), `no stack is shown: ${output}`)
    promised(
      [0, 130, 143, signal].some((own) => own === code),
      `it ends by the signal, not with ${code}: ${output}`,
    )
    await nothingRuns(project)
    await wholeSite(project)
    if (signal !== 'SIGKILL') await nothingUnfinished(project)
    const next = await command(project, 'build', cache).ended
    promised(next.code === 0, `the next build ends well: ${next.output}`)
    promised((await wholeSite(project)) === 'new', 'its site is there')
    return nothingUnfinished(project)
  },
}
