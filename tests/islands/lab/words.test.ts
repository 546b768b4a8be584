import { describe, expect, test } from 'vitest'
import type { Measured } from '../../../src/islands/lab/laboratory.ts'
import { initialState } from '../../../src/islands/lab/state.ts'
import { pullsOf } from '../../../src/islands/lab/strip.ts'
import {
  answer,
  cosine,
  describe as describeMinibatch,
  evidence,
  inputName,
  parameterName,
  pulls,
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

describe('the verdict', () => {
  test('is yes from beyond 90 degrees on, over all shifts of the layer and not only the two drawn', () => {
    const a = measured([1, 1, 0])
    const b = measured([1, 1, -3])
    expect(answer({ a, b }, state, study)).toBe(
      'No: A and B do not pull hidden layer 2 in opposite directions.',
    )
    const c = measured([1, 1, 0, 5])
    const d = measured([1, 1, 0, -5])
    expect(answer({ a: c, b: d }, state, study)).toBe(
      'Yes: A and B pull hidden layer 2 in opposite directions.',
    )
    expect(evidence({ a: c, b: d }, state, study)).toContain(
      'is −0.85 over all 4 biases of the layer (148° apart), and 1.00 over',
    )
  })

  test('is neither when a gradient is zero but for round-off', () => {
    const [a, b] = [measured([1e-15, 0]), measured([1, 1])]
    expect(answer({ a, b }, state, study)).toContain('Neither')
    expect(evidence({ a, b }, state, study)).toContain('undefined (a gradient is zero)')
  })

  test('adds how each minibatch agrees with all training examples', () => {
    const [a, b] = [measured([1, 0]), measured([0, 1])]
    const all = { field: a.field, gradient: a.gradient, shifts: a.shifts }
    expect(evidence({ a, b, all }, state, study)).toContain('A has a cosine of 1.00 and B one of 0.00')
  })
})

describe('words and numbers', () => {
  test('has the cosine of the angle between vectors of any length', () => {
    expect(cosine([3, 4], [4, -3], 0)).toBeCloseTo(0, 15)
    expect(cosine([1e-9, 0], [-5, 0], 1e-12)).toBe(-1)
    expect(cosine([1e-13, 0], [-5, 0], 1e-12)).toBeUndefined()
  })

  test('counts who pulls with the minibatch and who against it', () => {
    expect(pulls(measured([1, 0]))).toEqual({ with: 1, against: 1, none: 1 })
    expect(pulls(measured([1, 0], { contributions: undefined }))).toBeUndefined()
  })

  test('describes a minibatch by its deliverers, its error, and what it was computed from', () => {
    expect(describeMinibatch(measured([1, 0], { rounding: 0.004, lacking: 'Only 3 are like that.' }))).toBe(
      '3 deliveries with 4 to 9 deliverers; 2 predicted too high, mean error 16.7. Only 3 are like that. Its 8-bit weights put the outputs off by at most 0.0040.',
    )
    expect(describeMinibatch(measured([1, 0], { exact: true }))).toContain('the build’s own pre-activations')
  })

  test('names parameters, and the inputs that weights come from', () => {
    expect(parameterName({ kind: 'beta', unit: 3 }, 1)).toBe('beta of unit 3')
    expect(parameterName({ kind: 'weight', unit: 3, input: 7 }, 1)).toBe('weight from unit 7 to unit 3')
    expect(inputName(2 * 4 + 1, study)).toBe('character 3 of word is “b”')
  })
})

describe('the strip of pulls', () => {
  const many = (count: number) =>
    measured([1, 0], {
      deliverers: Uint16Array.from({ length: count }, (_, n) => (n * 37) % 172),
      contributions: Float64Array.from({ length: 2 * count }, (_, at) => Math.sin(at)),
    })

  test.each([64, 1000])('of %i examples adds up to what they add up to', (count) => {
    const one = many(count)
    const shown = pullsOf(one, 171)
    for (const axis of [0, 1]) {
      const total = one.contributions!.filter((_, at) => at % 2 === axis).reduce((sum, part) => sum + part, 0)
      expect(shown.reduce((sum, pull) => sum + pull.sum[axis], 0)).toBeCloseTo(total, 10)
    }
    expect(shown.flatMap(({ members }) => members).sort((p, q) => p - q)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    )
  })

  test('stacks examples that would overlap', () => {
    const shown = pullsOf(many(256), 171)
    for (const row of new Set(shown.map((pull) => pull.row))) {
      const inRow = shown.filter((pull) => pull.row === row)
      const places = inRow.map(({ deliverers }) => Math.sqrt(deliverers / 171)).sort((p, q) => p - q)
      for (const [i, place] of places.slice(1).entries()) expect(place - places[i]).toBeGreaterThan(0.028)
    }
  })
})
