import { describe, expect, test } from 'vitest'
import { degrees, gradeOf } from '../../experiments/grades.ts'
import { paper } from '../../experiments/protocol.ts'
import { stream } from '../../experiments/random.ts'

const at = (angle: number) => gradeOf(Math.cos((angle * Math.PI) / 180), paper.grades)

describe('the grade of an angle', () => {
  test.each([
    [0, 'with'],
    [74.9, 'with'],
    [75.1, 'unrelated'],
    [91, 'unrelated'],
    [104.9, 'unrelated'],
    [105.1, 'against'],
    [119.9, 'against'],
    [120.1, 'opposite'],
    [180, 'opposite'],
  ])('of %d degrees is %s', (angle, grade) => {
    expect(at(angle)).toBe(grade)
  })

  test('is opposite at the bound itself, where two equal gradients add up to one as long as each', () => {
    expect(gradeOf(-0.5, paper.grades)).toBe('opposite')
  })

  test('takes a cosine that round-off has put beyond 1', () => {
    expect(degrees(1 + 1e-12)).toBe(0)
    expect(degrees(-1 - 1e-12)).toBe(180)
  })

  test('is unrelated for about 99 in 100 pairs of random directions of a hundred dimensions', () => {
    const from = stream(1, 'grades')
    const direction = () => Float64Array.from({ length: 100 }, () => from.normal(0, 1))
    let unrelated = 0
    for (let pair = 0; pair < 2000; pair++) {
      const [p, q] = [direction(), direction()]
      const dot = p.reduce((sum, value, k) => sum + value * q[k], 0)
      const grade = gradeOf(dot / Math.hypot(...p) / Math.hypot(...q), paper.grades)
      if (grade === 'unrelated') unrelated++
    }
    expect(unrelated / 2000).toBeGreaterThan(0.98)
    expect(unrelated / 2000).toBeLessThan(1)
  })
})
