/** Every name that a page may take from the results, as a run has them. */
import type { Results } from '../data/results.ts'
import { layers } from '../data/shapes.ts'
import { variantsOf } from '../data/variants.ts'
import { figureKinds, type KindEntry } from '../figures/index.ts'

export interface Vocabulary {
  /** Undefined before there are results: then a page may quote any. */
  readonly statistics: { readonly [name: string]: Quotable } | undefined
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

/** Collects the vocabulary of a run; of a protocol alone, before it has results. */
export async function vocabulary({
  protocol,
  stats,
}: Pick<Results, 'protocol'> & Partial<Pick<Results, 'stats'>>): Promise<Vocabulary> {
  const conditions = Object.entries(protocol.conditions)
  return {
    statistics:
      stats &&
      Object.fromEntries(
        Object.entries(await stats()).map(([name, { value, interval }]) => [
          name,
          { value, interval: interval !== undefined },
        ]),
      ),
    figures: Object.fromEntries(
      Object.entries<KindEntry>(figureKinds).map(([kind, { needs, drawable = () => true }]) => {
        const able = conditions.filter(([name, condition]) =>
          drawable(condition, protocol.walks.conditions, name),
        )
        return [kind, { needs, conditions: able.map(([name]) => name) }]
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
