/** Every name that a page may take from the results, as a run has them. */
import type { Condition } from '../../experiments/protocol.ts'
import type { Results } from '../data/results.ts'
import { layers } from '../data/shapes.ts'
import { variantsOf } from '../data/variants.ts'
import { type FigureKind, figureKinds } from '../figures/kinds.ts'

export interface Vocabulary {
  readonly statistics: { readonly [name: string]: Quotable }
  /** What a figure of a kind must be told, and of which conditions it can be drawn. */
  readonly figures: {
    readonly [kind: string]: { readonly needs: readonly string[]; readonly conditions: readonly string[] }
  }
  /** For each condition the epochs of its checkpoints, and how its landscapes are computed. */
  readonly conditions: {
    readonly [condition: string]: { readonly epochs: readonly number[]; readonly variants: readonly string[] }
  }
  readonly layers: readonly number[]
  /** How many minibatches' landscapes are drawn. */
  readonly minibatches: number
}

/** What a page may say of a statistic. */
export interface Quotable {
  readonly value: number | string | boolean | null
  readonly interval: boolean
}

/** Collects the vocabulary of a run. */
export async function vocabulary({
  protocol,
  stats,
}: Pick<Results, 'protocol' | 'stats'>): Promise<Vocabulary> {
  const conditions = Object.entries(protocol.conditions)
  /** Figures that cannot be drawn of every condition. */
  const drawable: { readonly [kind in FigureKind]?: (condition: Condition, name: string) => boolean } = {
    // Under batch normalization an example has no gradient of its own, of which minibatches could be made up.
    'batch-size': ({ batchNorm }) => !batchNorm,
    directions: ({ checkpoints }) => checkpoints.length > 1,
    walk: (_, name) => protocol.walks.conditions.includes(name),
  }
  return {
    statistics: Object.fromEntries(
      Object.entries(await stats()).map(([name, { value, interval }]) => [
        name,
        { value, interval: interval !== undefined },
      ]),
    ),
    figures: Object.fromEntries(
      Object.entries(figureKinds).map(([kind, needs]) => {
        const can = drawable[kind as FigureKind] ?? (() => true)
        return [
          kind,
          {
            needs,
            conditions: conditions.flatMap(([name, condition]) => (can(condition, name) ? [name] : [])),
          },
        ]
      }),
    ),
    conditions: Object.fromEntries(
      conditions.map(([name, condition]) => [
        name,
        { epochs: condition.checkpoints, variants: variantsOf(condition) },
      ]),
    ),
    layers,
    minibatches: protocol.landscapes.minibatches,
  }
}
