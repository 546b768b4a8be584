import { mkdtemp, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { claims } from '../../experiments/claims/index.ts'
import { ledger } from '../../experiments/claims/ledger.ts'
import type { NetworkMeasures } from '../../experiments/measures.ts'
import { paper } from '../../experiments/protocol.ts'
import { stream } from '../../experiments/random.ts'
import { type Evidence, readEvidence, writeEvidence } from '../../pipeline/evidence.ts'
import type { Field } from '../../src/data/field.ts'
import { minibatches } from '../../src/figures/minibatches.ts'
import { type Line, type Spread, spread, within } from '../measure.ts'
import type { Part } from '../part.ts'

const repeats = 2
/** Seconds in which a build reads evidence and judges it, and draws a figure. */
const budget = 5
const { grid, minibatches: drawn } = paper.landscapes

/** What grows with the networks of a sweep and with the minibatches of a figure, by processor time. */
export const growth: Part = async ({ root, scratch, pace }) => {
  const lines: Line[] = []
  const line = (what: string, unit: string, found: Spread, rest: Partial<Line> = {}) =>
    lines.push({ part: 'growth', what, unit, spread: found, ...rest })
  const recorded = await readEvidence(join(root, 'evidence'), 'plain')
  if (!recorded) throw new Error('There is no evidence/plain.json to make longer.')
  for (const count of [recorded.members.length, 250, 1000]) {
    const folder = await mkdtemp(join(scratch, 'evidence-'))
    await writeEvidence(folder, longer(recorded, count))
    const { size } = await stat(join(folder, 'plain.json'))
    const times = await measured(async () => {
      const { members } = (await readEvidence(folder, 'plain'))!
      const networks = members.map(({ seed, measures }) => ({
        seed,
        // Members of the sweep `plain`, one as often as is needed.
        measures: measures as unknown as NetworkMeasures,
      }))
      ledger(claims, { networks: () => networks, drawn: () => undefined })
    })
    line(`evidence of ${count} networks of 50 epochs, read, checked and judged`, 's', times, {
      note: `${(size / 1e6).toFixed(1)} MB`,
      ...(count === 1000 && { budget: within(budget, 's', times, pace) }),
    })
  }
  for (const count of [drawn, 500, 2000]) {
    const landscapes = [1, 2].map((layer) => ({ layer, units: [0, 1] as const, field: field(count) }))
    let svg = ''
    const times = await measured(() => {
      svg = minibatches(landscapes)
    })
    line(`a figure of ${count} minibatches x 2 layers, drawn`, 's', times, {
      note: `${Math.round(svg.length / 1000)} KB, ${svg.split('<').length - svg.split('</').length} elements`,
      ...(count === 500 && { budget: within(budget, 's', times, pace) }),
    })
  }
  return lines
}

/** Evidence of so many members, those that there are again and again. */
function longer(recorded: Evidence, count: number): Evidence {
  const { members } = recorded
  return {
    ...recorded,
    members: Array.from({ length: count }, (_, i) => ({
      ...members[i % members.length],
      id: `plain-${1001 + i}`,
      seed: 1001 + i,
    })),
  }
}

/** Landscapes of random gradients, over the study's grid. */
function field(count: number): Field {
  const axis = ({ steps, step }: { steps: number; step: number }) =>
    Float64Array.from({ length: 2 * steps + 1 }, (_, i) => (i - steps) * step)
  const [x, y] = [axis(grid.x), axis(grid.y)]
  const from = stream(paper.seed, 'growth', count)
  const gradient = Float64Array.from({ length: 2 * count * x.length * y.length }, () => from.uniform() - 0.5)
  return { x, y, minibatches: count, gradient, roundOff: 0 }
}

/** Seconds of the processor. */
async function measured(work: () => unknown): Promise<Spread> {
  const times: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1e6)
  }
  return spread(times)
}
