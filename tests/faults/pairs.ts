import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCache } from '../../pipeline/cache.ts'
import { exportResults, importResults, prunable, pruneResults } from '../../pipeline/upkeep.ts'
import { quick, toyStages } from '../pipeline/fixtures/toy/study.ts'
import { endsWell, type FaultClass, promised, startToy } from './suite.ts'

/**
 * Two or three things happen to a cache at once. All end well, and the results are those of one undisturbed
 * run.
 */
export const pairs: FaultClass = {
  name: 'pairs',
  share: 8,
  async run(folder, chance, tell) {
    const cache = openCache(join(folder, 'cache'))
    const known = { slow: toyStages(quick).map(({ name }) => name), quick: [] }
    const things: { readonly [what: string]: () => Promise<unknown> } = {
      'a run': () => endsWell(cache.folder, 'slow'),
      'a run that is killed': async () => {
        const { child, ended } = startToy(cache.folder, ['--profile', 'slow'])
        await sleep(chance.below(2500))
        child.kill('SIGKILL')
        await ended
      },
      'a run of another engine': async () => {
        const { code, output } = await startToy(cache.folder, [
          '--profile',
          'quick',
          '--engine',
          'slide rule',
        ]).ended
        promised(code === 0, `it ends well: ${output}`)
      },
      'a pruning': () =>
        pruneResults(cache, known).catch(({ message }) =>
          promised(/^A run has the cache .* open\./.test(message), `it is refused in words: ${message}`),
        ),
      'a look at what could be pruned': () => prunable(cache, known),
      'an archive carried in': async () => {
        const other = openCache(join(folder, 'other'))
        await endsWell(other.folder, 'quick')
        await exportResults(other, join(folder, 'a.tar'))
        await importResults(cache, join(folder, 'a.tar'))
      },
    }
    const chosen = [
      'a run of another engine',
      chance.pick(Object.keys(things)),
      chance.pick(Object.keys(things)),
    ]
    await Promise.all(
      chosen.map(async (what) => {
        await sleep(chance.below(600))
        tell(what)
        if (what !== 'a run') {
          await things[what]?.()
          return
        }
        // Whichever run ends last is the last run: only that this one ends well is promised here.
        const { code, output } = await startToy(cache.folder, ['--profile', 'slow']).ended
        promised(code === 0, `it ends well: ${output}`)
      }),
    )
    await endsWell(cache.folder, 'slow')
  },
}
