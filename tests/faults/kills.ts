import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { endsWell, type FaultClass, promised, startToy } from './suite.ts'

/**
 * A run, or one of its workers, is killed at a random moment, up to three times; the next run ends with the
 * same bits.
 */
export const kills: FaultClass = {
  name: 'kills',
  share: 9,
  async run(folder, chance, tell) {
    for (let kill = chance.below(3); kill >= 0; kill--) {
      const { child, ended } = startToy(folder, ['--profile', 'slow'])
      const [moment, signal] = [
        chance.below(3000),
        chance.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const),
      ]
      const whom = chance.pick(['the run', 'a worker', 'all'])
      await sleep(moment)
      tell(`${signal} to ${whom} after ${moment} ms`)
      if (child.exitCode === null && child.pid !== undefined) {
        const [worker] = whom === 'a worker' ? await childrenOf(child.pid) : []
        const target = worker ?? (whom === 'all' ? -child.pid : child.pid)
        try {
          process.kill(target, signal)
        } catch {
          // It ended by itself in this moment.
        }
      }
      const { code, output } = await ended
      promised(!/\n {4}at /.test(output), `no stack is shown: ${output}`)
      promised(
        code === signal || [0, 1, 130].some((own) => own === code),
        `it ends with a code of its own or by the signal, not ${code}`,
      )
    }
    await endsWell(folder, 'slow')
  },
}

/** Process ids of a process's children. Linux only; elsewhere none. */
async function childrenOf(parent: number): Promise<number[]> {
  const all = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found: number[] = []
  for (const id of all) {
    const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
    if (Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === parent) found.push(Number(id))
  }
  return found
}
