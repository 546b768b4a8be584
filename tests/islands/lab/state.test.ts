import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  besidesOf,
  type Composition,
  epochsOf,
  fromQuery,
  initialState,
  kindsOf,
  type LabState,
  type Layer,
  type Parameter,
  passesOf,
  sameParameter,
  toQuery,
} from '../../../src/islands/lab/state.ts'
import { problem } from '../../experiments/problem.ts'
import { studyOf } from './setting.ts'

const one = studyOf(problem())
const study = {
  ...one,
  conditions: {
    ...one.conditions,
    dropped: { ...one.conditions.some, dropout: 0.3 },
    normalized: { ...one.conditions.some, batchNorm: 'before ReLU' as const },
  },
}

const composition: fc.Arbitrary<Composition> = fc.oneof(
  fc.record({
    from: fc.constant('published' as const),
    number: fc.integer({ min: 1, max: study.minibatches }),
  }),
  fc
    .record({
      from: fc.constant('draw' as const),
      size: fc.integer({ min: 1, max: 4096 }),
      seed: fc.integer({ min: 1, max: 999_999 }),
      deliverers: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
      residual: fc.constantFrom('any' as const, 'above' as const, 'below' as const),
    })
    .map((draw) => ({ ...draw, deliverers: [...draw.deliverers].sort() as [number, number] })),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 9999 }), { minLength: 1, maxLength: 30 })
    .map((records) => ({ from: 'list' as const, records })),
)

const axis = fc.record({
  steps: fc.integer({ min: 1, max: 20 }),
  step: fc.integer({ min: 1, max: 500 }).map((thousandths) => thousandths / 1000),
})

const state: fc.Arbitrary<LabState> = fc
  .record({
    condition: fc.constantFrom(...Object.keys(study.conditions)),
    layer: fc.constantFrom<Layer>(0, 1, 2),
  })
  .chain(({ condition, layer }) => {
    const parameter: fc.Arbitrary<Parameter> = fc
      .record({
        kind: fc.constantFrom(...kindsOf(study, condition)),
        unit: fc.integer({ min: 0, max: study.protocol.hidden[layer] - 1 }),
        input: fc.integer({ min: 0, max: layer === 0 ? 23 : study.protocol.hidden[layer - 1] - 1 }),
      })
      .map(({ kind, unit, input }) => ({ kind, unit, ...(kind === 'weight' && { input }) }))
    return fc.record({
      condition: fc.constant(condition),
      layer: fc.constant(layer),
      epoch: fc.constantFrom(...epochsOf(study, condition)),
      parameters: fc.tuple(parameter, parameter).filter(([x, y]) => !sameParameter(x, y)),
      moved: fc
        .tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 }))
        .map(([x, y]) => [x / 1000, y / 1000] as [number, number]),
      grid: fc.record({ x: axis, y: axis }),
      pass: fc.constantFrom(...passesOf(study, condition, layer)),
      masks: fc.integer({ min: 1, max: 999_999 }),
      a: composition,
      b: composition,
      beside: fc.constantFrom(...besidesOf(layer)),
    })
  })

describe('the state in the address', () => {
  test('is the same state again, whatever the reader chose', () => {
    fc.assert(
      fc.property(state, (chosen) => {
        const query = new URLSearchParams(toQuery(chosen, study).toString())
        expect(fromQuery(query, study)).toEqual({ state: chosen, problems: [] })
      }),
    )
  })

  test('is empty for what the laboratory opens with', () => {
    expect(toQuery(initialState(study), study).toString()).toBe('')
    expect(fromQuery(new URLSearchParams(), study)).toEqual({ state: initialState(study), problems: [] })
  })

  test('leaves out the parameters when they are the published ones of the checkpoint', () => {
    const { state } = fromQuery(new URLSearchParams('epoch=0&layer=1'), study)
    expect(state.parameters).toEqual([
      { kind: 'bias', unit: 0 },
      { kind: 'bias', unit: 1 },
    ])
    expect(toQuery(state, study).toString()).toBe('epoch=0&layer=1')
  })

  test.each([
    ['condition=dropuot', 'condition=dropuot, but condition can only be some, dropped, normalized'],
    ['epoch=3', 'epoch can only be 0, 10'],
    ['layer=3', 'layer can only be 0, 1, 2'],
    ['x=gamma.0', 'a parameter of hidden layer 2'],
    ['x=bias.99', 'a parameter of hidden layer 2'],
    ['y=weight.0', 'a parameter of hidden layer 2'],
    ['moved=0.1', 'two numbers'],
    ['moved=0.1,north', 'two numbers'],
    ['grid=21x0.1,3x0.1', 'two axes of at most 20 steps'],
    ['grid=2x0,3x0.1', 'two axes'],
    ['pass=fresh', 'pass can only be training'],
    ['beside=everything', 'beside can only be nothing, all, difference'],
    ['a=published.3', 'a minibatch, such as published.3'],
    ['b=draw.5000.1.0-9.any', 'a minibatch'],
    ['b=draw.5.1.9-0.any', 'a minibatch'],
    ['b=list.4.4', 'a minibatch'],
    ['b=list', 'a minibatch'],
  ])('with %s opens with what is right instead, and says so', (query, problem) => {
    const { state, problems } = fromQuery(new URLSearchParams(query), study)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
    expect(state).toEqual(initialState(study))
  })

  test('does not draw a parameter against itself', () => {
    const { state } = fromQuery(new URLSearchParams('x=bias.1&y=bias.1'), study)
    expect(sameParameter(...state.parameters)).toBe(false)
  })
})
