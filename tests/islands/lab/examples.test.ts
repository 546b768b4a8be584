import { describe, expect, test } from 'vitest'
import {
  compose,
  fieldsOf,
  readExamples,
  readInputs,
  type TrainingExamples,
} from '../../../src/islands/lab/examples.ts'
import { problem } from '../../experiments/problem.ts'
import { studyOf } from './setting.ts'

const count = 200
const examples: TrainingExamples = {
  count,
  deliverers: Uint16Array.from({ length: count }, (_, place) => place % 50),
  targets: Float64Array.from({ length: count }, (_, place) => 10 * (place % 50)),
  records: Uint16Array.from({ length: count }, (_, place) => 2 * place),
  minibatches: [Uint16Array.of(7, 3, 5)],
}
/** Too high for every third example, too low for the others. */
const above = Uint8Array.from(examples.targets, (_, place) => (place % 3 === 0 ? 1 : 0))
const draw = { from: 'draw', size: 20, seed: 1, deliverers: [0, 49], residual: 'any' } as const

describe('a minibatch of the reader', () => {
  test('is, when drawn, of as many different examples as asked, the same for the same seed', () => {
    const { places, lacking } = compose(draw, examples, above, 5)
    expect(new Set(places).size).toBe(20)
    expect(lacking).toBeUndefined()
    expect(compose(draw, examples, above, 5).places).toEqual(places)
    expect(compose({ ...draw, seed: 2 }, examples, above, 5).places).not.toEqual(places)
  })

  test('has only examples with so many deliverers and predicted as asked', () => {
    const asked = { ...draw, deliverers: [10, 30], residual: 'above' } as const
    const { places } = compose(asked, examples, above, 5)
    expect(places.length).toBe(20)
    for (const place of places) {
      expect(place % 50).toBeGreaterThanOrEqual(10)
      expect(place % 50).toBeLessThanOrEqual(30)
      expect(place % 3).toBe(0)
    }
    const below = compose({ ...draw, residual: 'below' }, examples, above, 5).places
    expect(below.every((place) => place % 3 !== 0)).toBe(true)
  })

  test('is smaller than asked, and says so, when there are not enough such examples', () => {
    const { places, lacking } = compose({ ...draw, deliverers: [0, 1] }, examples, above, 5)
    expect([...places].map((place) => place % 50).every((d) => d <= 1)).toBe(true)
    expect(places.length).toBe(8)
    expect(lacking).toBe('Only 8 of the 200 training examples are like that, so the minibatch has 8.')
    const none = compose({ ...draw, deliverers: [1000, 1001] }, examples, above, 5)
    expect(none.lacking).toBe('None of the 200 training examples is like that.')
  })

  test('is the listed records in their order; those that are not training examples are named', () => {
    expect([...compose({ from: 'list', records: [10, 4] }, examples, above, 5).places]).toEqual([5, 2])
    const { places, lacking } = compose({ from: 'list', records: [10, 7, 999] }, examples, above, 5)
    expect([...places]).toEqual([5])
    expect(lacking).toBe('Not among the training examples: 7, 999.')
  })

  test('is a published one in the published order', () => {
    expect([...compose({ from: 'published', number: 1 }, examples, above, 5).places]).toEqual([7, 3, 5])
  })
})

describe('the training examples', () => {
  const asked = problem()
  const study = studyOf(asked)

  test('are read from their file with inputs, targets and text', () => {
    const word = (text: string) => Array.from(text, (letter) => 'abc_'.indexOf(letter))
    const read = readExamples(
      {
        deliverers: { shape: [2], data: Uint16Array.of(3, 9) },
        records: { shape: [2], data: Uint16Array.of(4, 8) },
        minibatches: { shape: [2, 1], data: Uint16Array.of(1, 0) },
      },
      study,
    )
    const data = Uint8Array.from([...word('abc___'), ...word('cabbac')])
    const inputs = readInputs({ characters: { shape: [2, 6], data } }, study)
    expect([...inputs.subarray(0, 4)]).toEqual([0, 4 + 1, 8 + 2, 12 + 3])
    expect([...read.targets]).toEqual([3, 9].map((d) => asked.protocol.targetFactor * d))
    expect(read.minibatches.map((members) => [...members])).toEqual([[1], [0]])
    expect(fieldsOf(inputs, 0, study)).toEqual([['word', 'abc']])
    expect(fieldsOf(inputs, 1, study)).toEqual([['word', 'cabbac']])
  })
})
