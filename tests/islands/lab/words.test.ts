import { describe, expect, test } from 'vitest'
import type { Measured } from '../../../src/islands/lab/measuring.ts'
import { initialState } from '../../../src/islands/lab/state.ts'
import { partsOf } from '../../../src/islands/lab/strip.ts'
import {
  answer,
  composed,
  cosine,
  describe as describeMinibatch,
  evidence,
  exactness,
  inputName,
  parameterName,
  parts,
} from '../../../src/islands/lab/words.ts'
import { problem } from '../../experiments/problem.ts'
import { studyOf } from './setting.ts'

const study = studyOf(problem())
const state = initialState(study)

const measured = (shifts: number[], more: Partial<Measured> = {}): Measured => ({
  records: Uint16Array.of(1, 2, 3),
  deliverers: Uint16Array.of(4, 9, 4),
  targets: Float64Array.of(40, 90, 40),
  outputs: Float64Array.of(50, 60, 50),
  cost: 16.666,
  field: new Float64Array(30),
  gradient: [shifts[0], shifts[1]],
  contributions: Float64Array.of(1, 0, -2, 0, 0, 0),
  shifts: Float64Array.from(shifts),
  exact: false,
  ...more,
})

/** Two gradients of two parameters this far apart, and of others of which the layer has more. */
const apart = (angle: number, ...more: number[]) => ({
  a: measured([1, 0, ...more]),
  b: measured([Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180), ...more]),
})

describe('the answer', () => {
  test.each([
    [30, 'With each other'],
    [91, 'Unrelated'],
    [110, 'Against each other'],
    [148, 'Opposite'],
  ])('grades %d degrees as “%s”', (angle, words) => {
    expect(answer(apart(angle), study)).toBe(words)
  })

  test('is over all shifts of the layer and not only the two drawn, and says of which', () => {
    const measurement = apart(180, 3)
    expect(answer(measurement, study)).toBe('With each other')
    expect(evidence(measurement, state, study)).toBe(
      'Over all 3 biases of hidden layer 2, the gradients of A and B are 37° apart (cosine 0.80). Over the two drawn here, 180°.',
    )
  })

  test('is that there is no direction when a gradient is zero but for round-off', () => {
    const [a, b] = [measured([1e-15, 0]), measured([1, 1])]
    expect(answer({ a, b }, study)).toBe('No direction')
    expect(evidence({ a, b }, state, study)).toContain('is zero and points nowhere')
  })

  test('adds how each minibatch agrees with all training examples', () => {
    const [a, b] = [measured([1, 0]), measured([0, 1])]
    const all = { field: a.field, gradient: a.gradient, shifts: a.shifts }
    expect(evidence({ a, b, all }, state, study)).toContain('A is 0° and B 90°')
  })
})

describe('words and numbers', () => {
  test('has the cosine of the angle between vectors of any length', () => {
    expect(cosine([3, 4], [4, -3], 0)).toBeCloseTo(0, 15)
    expect(cosine([1e-9, 0], [-5, 0], 1e-12)).toBe(-1)
    expect(cosine([1e-13, 0], [-5, 0], 1e-12)).toBeUndefined()
  })

  test('counts which examples add to the minibatch’s gradient and which take from it', () => {
    expect(parts(measured([1, 0]))).toEqual({ with: 1, against: 1, none: 1 })
    const { contributions, ...without } = measured([1, 0])
    expect(contributions).toBeDefined()
    expect(parts(without)).toBeUndefined()
  })

  test('describes a minibatch by its deliverers, and on which side of them the network is', () => {
    expect(describeMinibatch(measured([1, 0], { lacking: 'Only 3 are like that.' }))).toBe(
      '3 deliveries, 4 to 9 deliverers: 2 predicted too high, 1 not; mean error 16.7. Only 3 are like that.',
    )
  })

  test('says how exact a minibatch is only where that is known', () => {
    expect(exactness(measured([1, 0], { exact: true }))).toContain('the article’s own numbers')
    expect(exactness(measured([1, 0], { rounding: 0.0125 }))).toContain('by more than 0.0125.')
    expect(exactness(measured([1, 0]))).toBe('')
  })

  test('says how a minibatch was put together', () => {
    const draw = { from: 'draw', size: 64, seed: 1, deliverers: [0, 9], residual: 'any' } as const
    expect(composed(draw, study)).toBe('64 drawn')
    expect(composed({ ...draw, deliverers: [2, 5], residual: 'below' }, study)).toBe(
      '64 drawn with 2 to 5 deliverers, predicted too low',
    )
    expect(composed({ from: 'published', number: 3 }, study)).toBe('the article’s minibatch 3')
  })

  test('names parameters, and the inputs that weights come from', () => {
    expect(parameterName({ kind: 'beta', unit: 3 }, 1)).toBe('beta of unit 3')
    expect(parameterName({ kind: 'weight', unit: 3, input: 7 }, 1)).toBe('weight from unit 7 to unit 3')
    expect(inputName(2 * 4 + 1, study)).toBe('character 3 of word is “b”')
  })
})

describe('the strip', () => {
  const many = (count: number) =>
    measured([1, 0], {
      deliverers: Uint16Array.from({ length: count }, (_, n) => (n * 37) % 172),
      contributions: Float64Array.from({ length: 2 * count }, (_, at) => Math.sin(at)),
    })

  test.each([64, 1000])('of %i examples adds up to what they add up to', (count) => {
    const one = many(count)
    const shown = partsOf(one, 171)
    for (const axis of [0, 1]) {
      const total = one.contributions!.filter((_, at) => at % 2 === axis).reduce((sum, part) => sum + part, 0)
      expect(shown.reduce((sum, one) => sum + one.sum[axis], 0)).toBeCloseTo(total, 10)
    }
    expect(shown.flatMap(({ members }) => members).sort((p, q) => p - q)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    )
  })

  test('stacks examples that would overlap', () => {
    const shown = partsOf(many(256), 171)
    for (const row of new Set(shown.map((one) => one.row))) {
      const inRow = shown.filter((one) => one.row === row)
      const places = inRow.map(({ deliverers }) => Math.sqrt(deliverers / 171)).sort((p, q) => p - q)
      for (const [i, place] of places.slice(1).entries()) expect(place - places[i]).toBeGreaterThan(0.028)
    }
  })
})
