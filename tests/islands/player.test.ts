import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTensors, encodeTensors } from '../../pipeline/tensors.ts'
import { packEpochs, unpackEpochs } from '../../src/data/epochs.ts'
import { type Field, gradientAt } from '../../src/data/field.ts'
import { packLandscapes, unpackLandscapes } from '../../src/data/landscapes.ts'
import { drawer } from '../../src/drawing/stage.ts'
import { plain, reading } from '../../src/islands/player/reading.ts'
import { destination } from '../../src/islands/player/selection.ts'

/** Three minibatches on a grid of 3 by 5, each component of another size. */
function field(scale: number, roundOff = 0): Field {
  const x = Float64Array.of(-0.02, 0, 0.02)
  const y = Float64Array.of(-0.02, -0.01, 0, 0.01, 0.02)
  const gradient = Float64Array.from({ length: 3 * 5 * 3 * 2 }, (_, at) => scale * Math.sin(1 + at * at))
  return { x, y, minibatches: 3, gradient, roundOff }
}

const units = [0, 1] as const

describe('the file of a player', () => {
  test('keeps every gradient to half of 1/32767 of the longest, however long that is', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e6, noNaN: true }), (scale) => {
        const written = field(scale)
        const file = encodeTensors(packLandscapes([1, 2].map((layer) => ({ layer, units, field: written }))))
        const [first, second] = unpackLandscapes(decodeTensors(file))
        let longest = 0
        for (let at = 0; at < written.gradient.length; at += 2)
          longest = Math.max(longest, Math.hypot(written.gradient[at], written.gradient[at + 1]))
        written.gradient.forEach((value, at) => {
          expect(Math.abs(first.field.gradient[at] - value)).toBeLessThanOrEqual(longest / 65533)
        })
        expect(second).toEqual({ ...first, layer: 2 })
      }),
      { numRuns: 30 },
    )
  })

  test('has the gradients at the centre in single precision', () => {
    const written = field(1e-3)
    const [layer] = unpackLandscapes(
      packLandscapes([1, 2].map((layer) => ({ layer, units, field: written }))),
    )
    layer.centres.forEach((centre, minibatch) => {
      expect(centre).toEqual(gradientAt(written, minibatch, 2, 1).map(Math.fround))
    })
  })

  test('has exact zeros for round-off, and for a field of nothing else', () => {
    const [layer] = unpackLandscapes(
      packLandscapes([1, 2].map((layer) => ({ layer, units, field: field(1e-15, 1e-12) }))),
    )
    expect([...layer.field.gradient].every((value) => value === 0)).toBe(true)
    expect(layer.centres).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
  })

  test('takes two bytes a component', () => {
    const file = encodeTensors(packLandscapes([1, 2].map((layer) => ({ layer, units, field: field(1) }))))
    expect(file.length).toBeLessThan(2 * 2 * 90 + 1200)
  })
})

describe('a drawn landscape', () => {
  test('has one arrow a grid point, in the colour of opposition where it points against the mean', () => {
    const drawn = field(1)
    const draw = drawer(drawn)
    for (let minibatch = 0; minibatch < 3; minibatch++) {
      let against = 0
      for (let row = 0; row < 5; row++) {
        for (let column = 0; column < 3; column++) {
          const all = [0, 1, 2].map((i) => gradientAt(drawn, i, row, column))
          const sum = all.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0])
          if (all[minibatch][0] * sum[0] + all[minibatch][1] * sum[1] < 0) against++
        }
      }
      const { agree, opposed } = draw(minibatch)
      expect(opposed.split('M')).toHaveLength(against + 1)
      expect(agree.split('M')).toHaveLength(15 - against + 1)
    }
  })
})

describe('what a player says', () => {
  const centres = [
    [0.3, 0.4],
    [-0.6, -0.8],
    [0, 0],
  ] as const

  test('gives the gradient, its cosine to the mean of all, and to the pinned minibatch', () => {
    expect(reading(centres, { minibatch: 0 }, plain)).toBe('gradient (0.30, 0.40); cosine −1.00 to the mean')
    expect(reading(centres, { minibatch: 0, pinned: 1 }, plain)).toContain('cosine −1.00 to minibatch\u00a02')
    expect(reading(centres, { minibatch: 1, pinned: 1 }, plain)).toMatch(/; pinned$/)
  })

  test('says that a gradient of length zero has no angle', () => {
    expect(reading(centres, { minibatch: 2 }, plain)).toContain('no angle to the mean')
  })
})

describe('the keys', () => {
  test('never lead outside', () => {
    const keys = fc.constantFrom('ArrowLeft', 'ArrowRight', 'Home', 'End')
    fc.assert(
      fc.property(keys, fc.nat(49), (key, from) => {
        const to = destination(key, from, 50)
        expect(to).toBeGreaterThanOrEqual(0)
        expect(to).toBeLessThan(50)
      }),
    )
  })

  test('lead to the next frame, to the ends; others nowhere', () => {
    expect(destination('ArrowRight', 3, 50)).toBe(4)
    expect(destination('ArrowLeft', 3, 50)).toBe(2)
    expect(destination('End', 3, 50)).toBe(49)
    expect(destination('Home', 3, 50)).toBe(0)
    expect(destination('Tab', 3, 50)).toBeUndefined()
  })
})

describe('the file of arrows by epoch', () => {
  test('has every gradient in single precision', () => {
    const epochs = [0, 1, 2].map((epoch) => [0, 1].map((i) => [epoch + i / 3, -epoch] as const))
    const read = unpackEpochs(decodeTensors(encodeTensors(packEpochs(epochs))))
    expect(read).toEqual(epochs.map((all) => all.map((gradient) => gradient.map(Math.fround))))
  })
})
