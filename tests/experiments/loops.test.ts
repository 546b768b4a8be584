import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../experiments/engine/index.ts'
import { openEngine } from '../../experiments/engine/index.ts'

/** Numbers that rounding tells apart. */
const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + seed))

describe('the loops in WebAssembly round after every operation, in order, and so give the bits of plain ones', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openEngine('wasm')
  })

  test('products, also where k is longer than a block and where no side is a whole number of tiles', () => {
    const length = fc.integer({ min: 1, max: 30 })
    const shared = fc.oneof(length, fc.integer({ min: 505, max: 1100 }))
    fc.assert(
      fc.property(length, shared, length, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) => {
        const [a, b] = [noise(m * k, 1), noise(k * n, 2)]
        const product = engine.tf.tidy(() =>
          engine
            .matMul(
              engine.tf.tensor2d(a, transposeA ? [k, m] : [m, k]),
              engine.tf.tensor2d(b, transposeB ? [n, k] : [k, n]),
              transposeA,
              transposeB,
            )
            .dataSync<'float32'>(),
        )
        const expected = Float32Array.from({ length: m * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n]
          let sum = 0
          for (let l = 0; l < k; l++) {
            const left = a[transposeA ? l * m + i : i * k + l]
            const right = b[transposeB ? j * k + l : l * n + j]
            sum = Math.fround(sum + Math.fround(left * right))
          }
          return sum
        })
        expect(product).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('sums of rows, also of widths that are not a whole number of registers', () => {
    const list = fc.array(fc.tuple(fc.nat(6), fc.nat(4)), { maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), list, (columns, ones) => {
        const matrix = noise(7 * columns, 3)
        const sorted = ones.toSorted(([, s], [, t]) => s - t)
        const [rows, segments] = [0, 1].map((part) => Int32Array.from(sorted, (one) => one[part]))
        const { tf } = engine
        const sums = tf.tidy(() =>
          engine
            .sumRows(
              tf.tensor2d(matrix, [7, columns]),
              tf.tensor1d(rows, 'int32'),
              tf.tensor1d(segments, 'int32'),
              6,
            )
            .dataSync<'float32'>(),
        )
        const expected = new Float32Array(6 * columns)
        for (const [row, segment] of sorted) {
          for (let c = 0; c < columns; c++) expected[segment * columns + c] += matrix[row * columns + c]
        }
        expect(sums).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })
})
