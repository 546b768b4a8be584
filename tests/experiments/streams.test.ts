// @vitest-environment node
/** Which random streams the stages draw from, seen where the streams are made. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { activations } from '../../experiments/definitions/activations.ts'
import { agreement } from '../../experiments/definitions/agreement.ts'
import { dataset } from '../../experiments/definitions/dataset.ts'
import { fresh } from '../../experiments/definitions/fresh.ts'
import { laboratory } from '../../experiments/definitions/laboratory.ts'
import { landscapes } from '../../experiments/definitions/landscapes.ts'
import { measures } from '../../experiments/definitions/measures.ts'
import { training } from '../../experiments/definitions/training.ts'
import { walk } from '../../experiments/definitions/walk.ts'
import type { Intervention } from '../../experiments/measures.ts'
import type { Condition } from '../../experiments/protocol.ts'
import { maskNames, streams } from '../../experiments/streams.ts'
import { study } from '../../experiments/study.ts'
import { members } from '../../experiments/sweeps.ts'
import { quiet, type Results, runInMemory } from '../../pipeline/memory.ts'
import { tiny } from './harness.ts'

/** Names of the streams that were drawn from, each once. */
const drawn = vi.hoisted(() => new Set<string>())

vi.mock(import('../../experiments/random.ts'), async (original) => {
  const random = await original()
  return {
    ...random,
    stream: (seed, ...name) => {
      drawn.add(name.join('/'))
      return random.stream(seed, ...name)
    },
    startingState: (seed, ...name) => {
      drawn.add(name.join('/'))
      return random.startingState(seed, ...name)
    },
  }
})

const definitions = [dataset, training, activations, landscapes, fresh, agreement, laboratory, measures, walk]

/** Patterns of the names that a stage's definition allows. */
const allowed = ({ streams, masks }: (typeof definitions)[number]) => [
  ...streams.map((of) => pattern(of)),
  ...masks.map((of) => pattern(of, 'dropout mask/', '(/\\d+)?/[012]')),
]

/** The names of a family, whatever its details. */
function pattern(of: (...details: never[]) => readonly (string | number)[], before = '', after = ''): string {
  const details = Array.from({ length: of.length }, () => '[^/]+' as never)
  return `^${before}${of(...details).join('/')}${after}$`
}

/** A network large enough to predict some records too high and some too low. */
const network = (condition: Condition, interventions: readonly Intervention[] = []) => ({
  protocol: { ...tiny, hidden: [16, 10, 8] as const },
  condition,
  replicates: 1,
  interventions,
})

/** By stage, what it drew from. */
const seen = new Map<string, Set<string>>()
beforeAll(async () => {
  const { none, dropout } = tiny.conditions
  const networks = members({
    one: network({ ...none, optimizerAt: 2 }, ['signs', 'order']),
    two: network({ ...dropout, composition: 'fixed', optimizerAt: 2 }, ['order']),
    three: network({ ...none, composition: 'stratified by target' }),
  }).flatMap(({ stages }) => stages)
  const walked = { ...tiny, walks: { ...tiny.walks, conditions: ['none', 'dropout'] } }
  for (const stages of [study(walked), networks]) {
    let results: Results = {}
    for (const stage of stages) {
      drawn.clear()
      results = await runInMemory([stage], quiet('wasm'), results)
      seen.set(stage.name, new Set(drawn))
    }
  }
})

const namesOf = (kind: string) =>
  [...seen].flatMap(([stage, names]) => (stage.split(' ')[0] === kind ? [...names] : []))

describe.each(definitions.map((definition) => [definition.kind, definition] as const))(
  'the stage %s',
  (kind, definition) => {
    test('draws from the random streams of its definition, and from no others', () => {
      const patterns = allowed(definition).map((text) => new RegExp(text))
      expect(namesOf(kind).filter((name) => !patterns.some((one) => one.test(name)))).toEqual([])
    })

    test('draws from each of them, in one study or another', () => {
      const names = namesOf(kind)
      const unused = allowed(definition).filter((text) => !names.some((name) => new RegExp(text).test(name)))
      expect(unused).toEqual([])
    })
  },
)

test('every stage that was run is looked at', () => {
  const kinds = definitions.map(({ kind }) => kind)
  expect(kinds).toEqual(expect.arrayContaining([...seen.keys()].map((stage) => stage.split(' ')[0])))
})

test('no two streams share a name', () => {
  const families = [...Object.values(streams), ...Object.values(maskNames)].map((of) => pattern(of))
  expect(new Set(families).size).toBe(families.length)
})
