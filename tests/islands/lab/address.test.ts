import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aboutLink,
  fromQuery,
  listed,
  read,
  toQuery,
  write,
  writeRecords,
} from '../../../src/islands/lab/address.ts'
import {
  besidesOf,
  type Composition,
  epochsOf,
  initialState,
  kindsOf,
  type LabState,
  type Layer,
  type Parameter,
  passesOf,
  sameParameter,
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
    .uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 })
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
    grid: fc.record({ x: axis, y: axis }),
  })
  .chain(({ condition, layer, grid }) => {
    const parameter: fc.Arbitrary<Parameter> = fc
      .record({
        kind: fc.constantFrom(...kindsOf(study, condition)),
        unit: fc.integer({ min: 0, max: study.protocol.hidden[layer] - 1 }),
        input: fc.integer({ min: 0, max: layer === 0 ? 23 : study.protocol.hidden[layer - 1] - 1 }),
      })
      .map(({ kind, unit, input }) => ({ kind, unit, ...(kind === 'weight' && { input }) }))
    const along = (axis: 'x' | 'y') =>
      fc
        .integer({ min: -10 * grid[axis].steps, max: 10 * grid[axis].steps })
        .map((tenths) => Number(((tenths / 10) * grid[axis].step).toPrecision(6)) + 0)
    return fc.record({
      condition: fc.constant(condition),
      layer: fc.constant(layer),
      epoch: fc.constantFrom(...epochsOf(study, condition)),
      parameters: fc.tuple(parameter, parameter).filter(([x, y]) => !sameParameter(x, y)),
      moved: fc.tuple(along('x'), along('y')),
      grid: fc.constant(grid),
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

  test('whatever an address says, is a state that the page can link to', () => {
    const garbled = fc.record({
      a: fc.oneof(
        fc.string(),
        fc.constantFrom('list.5-20', 'draw.64.1.0-9.any', 'draw..1.0-9.any', 'published.'),
      ),
      moved: fc.oneof(fc.string(), fc.constantFrom('5000,0', ',', '1e-7,-0', '0.02,0.02')),
      grid: fc.oneof(fc.string(), fc.constantFrom('5x,10x0.01', '3x1e-7,4x100', '3x500,4x1')),
      x: fc.oneof(fc.string(), fc.constantFrom('bias.', 'bias.0', 'weight.1.2', 'bias.1')),
      y: fc.oneof(fc.string(), fc.constantFrom('bias.0', 'bias.1')),
    })
    fc.assert(
      fc.property(garbled, (said) => {
        const { state } = fromQuery(new URLSearchParams(said), study)
        expect(sameParameter(...state.parameters)).toBe(false)
        expect(fromQuery(toQuery(state, study), study)).toEqual({ state, problems: [] })
      }),
    )
  })

  test('is empty for what the laboratory opens with', () => {
    expect(toQuery(initialState(study), study).toString()).toBe('')
    expect(fromQuery(new URLSearchParams(), study)).toEqual({ state: initialState(study), problems: [] })
  })

  test('leaves out the parameters when they are those that the article draws', () => {
    const { state } = fromQuery(new URLSearchParams('epoch=0&layer=1'), study)
    expect(state.parameters).toEqual([
      { kind: 'bias', unit: 0 },
      { kind: 'bias', unit: 1 },
    ])
    expect(toQuery(state, study).toString()).toBe('epoch=0&layer=1')
  })

  test.each([
    ['condition=dropuot', 'The network can be some, dropped, normalized, not “dropuot”.'],
    ['epoch=3', 'The epoch of this network can be 0, 10, not “3”.'],
    ['layer=3', 'The hidden layer can be 0, 1, 2, not “3”.'],
    ['x=gamma.0', 'The kind of parameter x can be bias, weight, not “gamma”.'],
    ['x=bias.99', 'The unit of parameter x is a whole number from 0 to 3, not “99”.'],
    ['x=bias.', 'The unit of parameter x is a whole number from 0 to 3, not nothing.'],
    ['y=weight.0', 'The origin of weight y is a whole number from 0 to 4, not nothing.'],
    ['x=bias.0&y=bias.0', 'x and y are the same parameter; they have to be two.'],
    ['moved=0.1', 'Parameters are moved by two numbers, such as 0.01,-0.02, not by “0.1”.'],
    ['moved=0.01,north', 'y can be moved by -0.02 to 0.02 on this grid, not by “north”.'],
    ['moved=0.1,0', 'x can be moved by -0.02 to 0.02 on this grid, not by “0.1”.'],
    ['grid=21x0.1,3x0.1', 'The number of steps to either side along x is a whole number from 1 to 20'],
    ['grid=2x0,3x0.1', 'The step along x is a number above 0 and at most 100, not “0”.'],
    ['grid=2x0.1,3x', 'The step along y is a number above 0 and at most 100, not nothing.'],
    ['pass=fresh', 'The way through this network can be training, not “fresh”.'],
    ['beside=everything', 'can be nothing, all, difference, not “everything”.'],
    ['a=published.3', 'The number of an article’s minibatch is a whole number from 1 to 2, not “3”.'],
    ['b=draw.5000.1.0-9.any', 'The size of a minibatch is a whole number from 1 to 4096, not “5000”.'],
    ['b=draw..1.0-9.any', 'The size of a minibatch is a whole number from 1 to 4096, not nothing.'],
    ['b=draw.5.1.9-0.any', 'Deliverers are from the fewest to the most, not from 9 to 0.'],
    ['b=list.4.4', 'Record 4 is listed twice.'],
    ['b=list.-5', '“-5” is neither.'],
    ['b=list.20-5', 'A range goes up, such as 5-20, not “20-5”.'],
    ['b=list.0-5000', 'At most 1000 records can be listed.'],
    ['b=list', 'A minibatch has at least one example.'],
    ['b=list.', 'A minibatch has at least one example.'],
  ])('with %s opens with what is right instead, and says why', (query, message) => {
    const { state, problems } = fromQuery(new URLSearchParams(query), study)
    expect(problems).toHaveLength(1)
    expect(problems[0].message).toContain(message)
    expect(sameParameter(...state.parameters)).toBe(false)
    expect({ ...state, parameters: [] }).toEqual({ ...initialState(study), parameters: [] })
  })

  test('says of a link which part cannot be, a long one cut short', () => {
    const { problems } = fromQuery(new URLSearchParams(`a=${'x'.repeat(5000)}`), study)
    const said = aboutLink(problems)
    expect(said).toMatch(/^The link has a=“x{40}…”, which cannot be: A minibatch is such as published.3/)
    expect(said.length).toBeLessThan(300)
  })

  test('reads a control’s text by the same grammar as a link', () => {
    const written = write(initialState(study))
    const emptied = { ...written, a: 'draw..1.0-9.any' }
    const { problems } = read((name) => emptied[name], study)
    expect(problems[0].message).toBe(
      fromQuery(new URLSearchParams({ a: emptied.a }), study).problems[0].message,
    )
  })
})

describe('a list of records', () => {
  test.each([
    ['5, 17 20-22', 'list.5.17.20-22'],
    ['5 - 20', 'list.5-20'],
    ['5–20', 'list.5-20'],
    ['-5', 'list.-5'],
    ['', 'list.'],
  ])('that a reader types as “%s” is %s in an address', (typed, written) => {
    expect(listed(typed)).toBe(written)
  })

  test('has ranges', () => {
    const { state } = fromQuery(new URLSearchParams('a=list.5-8.17'), study)
    expect(state.a).toEqual({ from: 'list', records: [5, 6, 7, 8, 17] })
    expect(writeRecords([5, 6, 7, 8, 17, 18, 3])).toEqual(['5-8', '17', '18', '3'])
  })
})
