/** Every name that a page may take from the results. They follow from the protocol alone. */
import { drawnLayers } from '../../experiments/layers.ts'
import type { Protocol } from '../../experiments/protocol.ts'
import { statisticForms } from '../data/statistics/index.ts'
import type { Form } from '../data/statistics/subject.ts'
import { variantsOf } from '../data/variants.ts'
import { figureKinds, type KindEntry } from '../figures/index.ts'

export interface Vocabulary {
  /** How each statistic is shown: as a number, one with an interval, or a verdict. */
  readonly statistics: { readonly [name: string]: Form['kind'] }
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

/** Collects the vocabulary of a protocol. */
export function vocabulary(protocol: Protocol): Vocabulary {
  const conditions = Object.entries(protocol.conditions)
  return {
    statistics: Object.fromEntries([...statisticForms(protocol)].map(([name, { kind }]) => [name, kind])),
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
    layers: drawnLayers,
    minibatches: protocol.landscapes.minibatches,
  }
}
