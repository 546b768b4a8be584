import fc from 'fast-check'
import { JSDOM } from 'jsdom'
import { describe, expect, test } from 'vitest'
import { permutation, stream } from '../../../experiments/random.ts'
import { matrix, similarityOrder } from '../../../src/figures/matrix.ts'

/** Cosines by the definition; NaN where a gradient is zero. */
function cosinesOf(gradients: readonly (readonly number[])[]): Float64Array {
  const inner = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, k) => sum + value * b[k], 0)
  return Float64Array.from(
    gradients.flatMap((a) => gradients.map((b) => inner(a, b) / (Math.hypot(...a) * Math.hypot(...b)))),
  )
}

const layerOf = (gradients: readonly (readonly number[])[]) => ({
  layer: 1,
  count: gradients.length,
  cosines: cosinesOf(gradients),
})

describe('the order by similarity', () => {
  test('puts two camps one after the other, the larger first, however they are mixed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 12 }),
        fc.integer({ min: 1, max: 11 }),
        fc.nat(),
        (large, small, seed) => {
          fc.pre(small < large)
          const from = stream(seed, 'camps')
          const count = large + small
          const camp = permutation(count, from).map((i) => (i < large ? 1 : -1))
          const gradients = Array.from(camp, (side) => [
            side + from.normal(0, 0.05),
            side + from.normal(0, 0.05),
          ])
          const order = similarityOrder(layerOf(gradients))
          expect(order.map((i) => camp[i])).toEqual([...Array(large).fill(1), ...Array(small).fill(-1)])
        },
      ),
    )
  })

  test('has every minibatch once, but for those without a gradient', () => {
    const order = similarityOrder(
      layerOf([
        [0, 0],
        [1, 2],
        [-1, 0.5],
        [0, 0],
        [3, 1],
      ]),
    )
    expect([...order].sort()).toEqual([1, 2, 4])
    expect(similarityOrder(layerOf([[0], [0]]))).toEqual([])
  })
})

describe('the matrix', () => {
  const from = stream(2, 'matrix')
  const gradients = Array.from({ length: 9 }, () => [
    from.normal(0.5, 1),
    from.normal(0, 1),
    from.normal(0, 1),
  ])

  test('colours every cell by its cosine, in ten classes that part acute from obtuse angles', () => {
    const layer = layerOf(gradients)
    const order = similarityOrder(layer)
    const { document } = new JSDOM(matrix([layer])).window
    const colours = new Map<string, string>()
    for (const path of document.querySelectorAll('svg path'))
      for (const [, x, y, run] of path.getAttribute('d')!.matchAll(/M(\d+) (\d+)h(\d+)/g))
        for (let column = Number(x); column < Number(x) + Number(run); column++) {
          expect(colours.has(`${column} ${y}`)).toBe(false)
          colours.set(`${column} ${y}`, path.getAttribute('stroke')!)
        }
    expect(colours.size).toBe(81)
    const byClass = new Map<number, string>()
    order.forEach((i, row) => {
      order.forEach((j, column) => {
        const cosine = layer.cosines[i * 9 + j]
        const colour = colours.get(`${column} ${row}`)!
        expect(colour).toContain(cosine < 0 ? '--opposed' : '--agree')
        const known = byClass.get(Math.min(9, Math.floor(cosine * 5 + 5)))
        expect(colour).toBe(known ?? colour)
        byClass.set(Math.min(9, Math.floor(cosine * 5 + 5)), colour)
      })
    })
    expect(new Set(byClass.values()).size).toBe(byClass.size)
  })

  test('says how many minibatches it leaves out', () => {
    expect(matrix([layerOf(gradients)])).not.toContain('left out')
    expect(matrix([layerOf([...gradients, [0, 0, 0]])])).toContain('Left out, for want of a gradient: 1 of')
  })
})
