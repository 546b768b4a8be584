import { chmod, chown, cp, mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { environments, names } from './places.ts'
import {
  command,
  commandAs,
  nothingRuns,
  nothingUnfinished,
  projectWithSite,
  smokeResults,
  wholeSite,
} from './project.ts'
import { anotherUser, type Chance, type FaultClass, promised, startToy } from './suite.ts'

type Scenario = (folder: string, chance: Chance, tell: (what: string) => void) => Promise<void>

const killed: Scenario = async (folder, chance, tell) => {
  const [project, cache] = [await projectWithSite(folder), await smokeResults()]
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
}

const twoAtOnce: Scenario = async (folder, chance, tell) => {
  const [project, cache] = [await projectWithSite(folder), await smokeResults()]
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

/** Until the build has ended, runs of the toy study end in its cache: each becomes the last run. */
const besideOtherRuns: Scenario = async (folder, _, tell) => {
  tell('a build, and runs of something else that end in its cache meanwhile')
  const [project, cache] = [await projectWithSite(folder), join(folder, 'cache')]
  await cp(await smokeResults(), cache, { recursive: true })
  let [over, runs] = [false, 0]
  const build = command(project, 'build', cache).ended.finally(() => {
    over = true
  })
  for (; !over; runs++) {
    const { code, output } = await startToy(cache, ['--profile', 'quick']).ended
    promised(code === 0, `the run ends well: ${output}`)
  }
  const { code, output } = await build
  promised(runs > 1, 'runs ended meanwhile')
  promised(code === 0, `the build ends well: ${output}`)
  promised((await wholeSite(project)) === 'new', 'its site is there')
}

const atOddPlace: Scenario = async (folder, chance, tell) => {
  const [name, env] = [chance.pick(names), chance.pick(environments(folder))]
  tell(`a build of a checkout in a folder named ${name}, ${JSON.stringify(env)}`)
  const cache = join(folder, 'cache')
  const usual = await projectWithSite(folder)
  await mkdir(join(folder, name))
  const project = join(folder, name, 'paper')
  await rename(usual, project)
  if (!name.includes('#')) await cp(await smokeResults(), cache, { recursive: true })
  const { code, output } = await commandAs({ env }, project, 'build', cache).ended
  if (!name.includes('#')) {
    promised(code === 0, `it ends well: ${output}`)
    return promised((await wholeSite(project)) === 'new', 'its site is there')
  }
  promised(code === 1, `it ends with code 1, not ${code}`)
  promised(/^No site can be made in the folder .*its path has "#"\..*\n$/.test(output), `why: ${output}`)
  promised((await wholeSite(project)) === 'last', 'the last site is untouched')
  promised(!(await readdir(folder)).includes('cache'), 'nothing was run')
}

const ofAnotherUser: Scenario = async (folder, chance, tell) => {
  if (!anotherUser) return twoAtOnce(folder, chance, tell)
  const what = chance.pick(['build', 'dev'])
  tell(`a ${what} of a checkout that may not be written`)
  const [project, cache] = [await projectWithSite(folder), join(folder, 'cache')]
  await chmod(folder, 0o755)
  await mkdir(cache)
  if (anotherUser.uid !== undefined) await chown(cache, anotherUser.uid, anotherUser.uid)
  await chmod(project, 0o555)
  const { code, output } = await commandAs(anotherUser, project, what, cache).ended
  await chmod(project, 0o755)
  promised(code === 1, `it ends with code 1, not ${code}: ${output}`)
  promised(/^The checkout .* may not be written, .*\n$/.test(output), `one line says why: ${output}`)
  promised((await wholeSite(project)) === 'last', 'the last site is untouched')
  promised((await readdir(cache)).length === 0, 'nothing was run')
}

/**
 * A build is ended by a signal, or something else happens at once: another build of the checkout, other runs
 * in its cache; or the checkout is at an odd place, or another user's. The last site or the next is there,
 * whole; no process is left; the next build writes its site and clears away what was left.
 */
export const builds: FaultClass = {
  name: 'builds',
  share: 4,
  run: (folder, chance, tell) =>
    chance.pick([killed, killed, twoAtOnce, besideOtherRuns, atOddPlace, ofAnotherUser])(
      folder,
      chance,
      tell,
    ),
}
