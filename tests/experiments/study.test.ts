import { describe, expect, test } from 'vitest'
import { type Condition, type Protocol, paper, protocols, smoke } from '../../experiments/protocol.ts'
import { study } from '../../experiments/study.ts'
import type { Stage } from '../../pipeline/stage.ts'
import { tiny } from './harness.ts'

const all: [string, Protocol][] = [...Object.entries(protocols), ['tiny', tiny]]

/**
 * Names of the stages that have to run again after an edit: those that differ themselves, and all downstream
 * of them.
 */
function stale(before: Protocol, after: Protocol): string[] {
  const known = new Map(study(before).map((stage) => [stage.name, JSON.stringify(stage)]))
  const found = new Set<string>()
  for (const stage of study(after))
    if (
      known.get(stage.name) !== JSON.stringify(stage) ||
      Object.values(stage.inputs).some((input) => found.has(input))
    )
      found.add(stage.name)
  return [...found].sort()
}

/** Names of the stages whose own parameters differ. */
function edited(before: Protocol, after: Protocol): string[] {
  const known = new Map(study(before).map(({ name, parameters }) => [name, JSON.stringify(parameters)]))
  return study(after)
    .filter(({ name, parameters }) => known.get(name) !== JSON.stringify(parameters))
    .map(({ name }) => name)
    .sort()
}

const edit = (protocol: Protocol, name: string, change: Partial<Condition>): Protocol => ({
  ...protocol,
  conditions: { ...protocol.conditions, [name]: { ...protocol.conditions[name], ...change } },
})

/** Stages of a condition. */
const branchOf = (protocol: Protocol, condition: string): string[] =>
  study(protocol)
    .map(({ name }) => name)
    .filter((name) => name.split(' ')[1] === condition)

describe.each(all)('the stages of the %s study', (_, protocol) => {
  const stages = study(protocol)
  const named = new Map(stages.map((stage) => [stage.name, stage]))

  test('have names of their own', () => {
    expect(named.size).toBe(stages.length)
  })

  test('read only stages that come before them', () => {
    stages.forEach(({ inputs }, i) => {
      const earlier = new Set(stages.slice(0, i).map(({ name }) => name))
      for (const input of Object.values(inputs)) expect(earlier).toContain(input)
    })
  })

  test('are made by modules that export a function', async () => {
    for (const module of new Set(stages.map(({ module }) => module)))
      expect(
        ((await import(/* @vite-ignore */ `../../${module}`)) as { default: unknown }).default,
      ).toBeTypeOf('function')
  })

  test('have parameters that JSON keeps as they are', () => {
    for (const { parameters } of stages) expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters)
  })

  test('use the engine where networks run, and not where its bits decide nothing', () => {
    for (const { name, usesEngine } of stages) {
      if (/^(training|activations|fresh|walk) /.test(name)) expect(usesEngine, name).toBe(true)
      if (/^(dataset|landscapes|agreement)\b/.test(name)) expect(usesEngine, name).toBe(false)
    }
  })

  test('draw every checkpoint of every condition, with fresh masks where there is dropout', () => {
    const checkpoint = (stage: Stage) => stage.name.split(' ').slice(1).join(' ')
    const drawn = (kind: string) => stages.filter(({ name }) => name.startsWith(`${kind} `)).map(checkpoint)
    const expected = Object.entries(protocol.conditions).flatMap(([name, { checkpoints }]) =>
      checkpoints.map((epoch) => `${name} ${epoch}`),
    )
    for (const kind of ['activations', 'landscapes', 'agreement'])
      expect(drawn(kind)).toEqual(expect.arrayContaining(expected))
    expect(drawn('fresh')).toEqual(expected.filter((at) => protocol.conditions[at.split(' ')[0]].dropout > 0))
  })

  test('walk from a checkpoint of each condition that has walks, in more than one order', () => {
    const { conditions, from, orders } = protocol.walks
    expect(orders).toBeGreaterThan(1)
    for (const condition of conditions) {
      expect(protocol.conditions[condition].checkpoints).toContain(from)
      expect(named.get(`walk ${condition}`)!.inputs).toEqual({
        dataset: 'dataset',
        training: `training ${condition}`,
      })
    }
  })
})

describe('an edit', () => {
  test.each(Object.keys(paper.conditions))('of the condition %s runs only its branch again', (name) => {
    for (const change of [{ learningRate: 0.123 }, { weightDecay: 0.456 }] satisfies Partial<Condition>[]) {
      const after = edit(paper, name, change)
      expect(stale(paper, after)).toEqual(branchOf(paper, name).sort())
      expect(edited(paper, after).every((stage) => /^(training|measures|walk)/.test(stage))).toBe(true)
    }
  })

  test('of the dropout changes what draws masks as well: training, activations, landscapes, agreement', () => {
    const after = edit(paper, 'dropout', { dropout: 0.4 })
    expect(edited(paper, after)).toEqual(branchOf(paper, 'dropout').sort())
  })

  test('of a label changes nothing', () => {
    expect(stale(paper, edit(paper, 'dropout', { label: 'another name' }))).toEqual([])
  })

  test('that adds a condition runs only the new branch', () => {
    const after = edit(paper, 'new', { ...paper.conditions.dropout, dropout: 0.5 })
    expect(stale(paper, after)).toEqual(branchOf(after, 'new').sort())
    expect(branchOf(after, 'new').length).toBeGreaterThan(5)
  })

  test('of the grid draws again, but trains nothing and computes no activations again', () => {
    const { landscapes } = paper
    const grid = { ...landscapes.grid, x: { steps: 6, step: 0.02 } }
    const after = { ...paper, landscapes: { ...landscapes, grid } }
    expect(edited(paper, after).every((name) => /^(landscapes|fresh)/.test(name))).toBe(true)
    expect(stale(paper, after).every((name) => /^(landscapes|fresh|agreement)/.test(name))).toBe(true)
    expect(edited(paper, after)).toContain('landscapes none 10')
  })

  test('of the batch sizes measures agreement again, and no more', () => {
    const after = { ...paper, agreement: { ...paper.agreement, batchSizes: [2, 3] } }
    expect(stale(paper, after).every((name) => /^(agreement)/.test(name))).toBe(true)
  })

  test('of the walks walks again, and no more', () => {
    const after = { ...paper, walks: { ...paper.walks, orders: 3 } }
    expect(stale(paper, after)).toEqual([...paper.walks.conditions.map((name) => `walk ${name}`)])
  })

  test('of the data or the seed runs everything again', () => {
    const names = study(paper)
      .map(({ name }) => name)
      .sort()
    expect(stale(paper, { ...paper, seed: 4 })).toEqual(names)
    expect(stale(paper, { ...paper, targetFactor: 11 })).toEqual(names)
  })
})

describe.each(all)('the numbers of the %s study', (_, protocol) => {
  const { deliveries, training, landscapes, conditions, agreement } = protocol
  const train = Math.round(deliveries.count * deliveries.trainFraction)

  test('keep checkpoints that training reaches, in order, from the start', () => {
    for (const { checkpoints, epochs } of Object.values(conditions)) {
      expect([...checkpoints].sort((a, b) => a - b)).toEqual([...new Set(checkpoints)])
      expect(checkpoints[0]).toBe(0)
      expect(checkpoints.at(-1)).toBeLessThanOrEqual(epochs)
    }
  })

  test('ask for no more examples than there are', () => {
    expect(landscapes.minibatches * landscapes.batchSize).toBeLessThanOrEqual(train)
    expect(training.batchSize).toBeLessThanOrEqual(train)
    expect(training.filmed).toBeLessThanOrEqual(deliveries.count - train)
    expect(agreement.batchSizes.every((size) => size >= 1)).toBe(true)
  })
})

describe('the published study', () => {
  test('asks for ten times the number of deliverers', () => {
    expect(paper.targetFactor).toBe(10)
  })
})

describe('the smoke study', () => {
  test('has the conditions of the published one, with the same regularizers', () => {
    expect(Object.keys(smoke.conditions)).toEqual(Object.keys(paper.conditions))
    for (const [name, { dropout, batchNorm, weightDecay }] of Object.entries(paper.conditions))
      expect(smoke.conditions[name]).toMatchObject({ dropout, batchNorm, weightDecay })
  })
})
