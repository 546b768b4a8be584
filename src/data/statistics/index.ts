/**
 * Every number and verdict that the pages may quote, by name: `<condition>.epoch<epoch>.layer<hidden
 * layer>.<what>`, and `start` or `last` for the epoch of a condition's first or last checkpoint. The names
 * follow from the protocol alone; what each is, from the stages of a run, is measured when it is asked for.
 */
import type { Source } from '../../../experiments/definition.ts'
import type { Protocol } from '../../../experiments/protocol.ts'
import { remembering } from '../watching.ts'
import * as agreement from './agreement.ts'
import * as landscapes from './landscapes.ts'
import * as study from './study.ts'
import type { Form, NamesOf, Statistic } from './subject.ts'
import * as training from './training.ts'

const subjects = [
  study.settings,
  study.records,
  study.constants,
  study.conditionSettings,
  study.dropoutSettings,
  training.learning,
  training.errors,
  training.costs,
  training.walks,
  landscapes.residuals,
  landscapes.units,
  landscapes.drawn,
  landscapes.resampled,
  agreement.weights,
  agreement.pairs,
  agreement.firstPairs,
  agreement.allShifts,
  agreement.resampledPairs,
  agreement.lines,
  agreement.votes,
  agreement.noise,
  agreement.sizes,
]

type Measured = NamesOf<(typeof subjects)[number]>
type AtEnd<Name> = Name extends `${infer Condition}.epoch${number}.${infer What}`
  ? `${Condition}.${'start' | 'last'}.${What}`
  : never

/** A name of a statistic, whatever the conditions and epochs. */
export type StatisticName = Measured | AtEnd<Measured>

export type Statistics = { readonly [name in StatisticName]: Statistic }

/** How what may be quoted is shown, by name. */
export function statisticForms(protocol: Protocol): ReadonlyMap<string, Form> {
  return new Map(subjects.flatMap((subject) => withEnds(subject.forms(protocol), protocol)))
}

/** What may be quoted of a run. */
export async function statisticsOf(run: Source, protocol: Protocol): Promise<Statistics> {
  const source = remembering(run)
  const measured = await Promise.all(subjects.map((subject) => subject.measure(source, protocol)))
  // The names are those of the subjects.
  return Object.fromEntries(measured.flatMap((entries) => withEnds(entries, protocol))) as Statistics
}

/** The same entries, those of a condition's first and last checkpoint under that name too. */
function withEnds<T>(
  entries: readonly (readonly [name: string, entry: T])[],
  { conditions }: Protocol,
): (readonly [name: string, entry: T])[] {
  return entries.flatMap(([name, entry]) => {
    const [, condition, epoch, what] = /^(.+?)\.epoch(\d+)\.(.+)$/.exec(name) ?? []
    const checkpoints = condition === undefined ? [] : (conditions[condition]?.checkpoints ?? [])
    const ends = { start: checkpoints[0], last: checkpoints[checkpoints.length - 1] }
    const also = Object.entries(ends).flatMap(([end, at]) =>
      at === Number(epoch) ? [[`${condition}.${end}.${what}`, entry] as const] : [],
    )
    return [[name, entry] as const, ...also]
  })
}
