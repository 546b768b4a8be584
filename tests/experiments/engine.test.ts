import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Tensor2D } from '@tensorflow/tfjs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type AdamParameter, type Engine, openEngine } from '../../experiments/engine/index.ts'
import { chooseEngine } from '../../native/choice.ts'
import { engines } from './harness.ts'

const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }

/** A few hundred numbers that look random, the same each time. */
const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(1 + i * 12.9898 + seed * 78.233))

function parameters(): AdamParameter[] {
  return [
    { shape: [3, 7], values: noise(21, 1) },
    { shape: [5], values: noise(5, 2) },
    { shape: [1, 1], values: noise(1, 3) },
    { shape: [16, 4], values: noise(64, 4) },
  ]
}

const gradientsOf = (step: number) =>
  parameters().map(({ values }, i) => noise(values.length, 100 * step + i))

/**
 * Kingma & Ba's algorithm 1 in float64, its epsilon scaled so that it is added to the uncorrected second
 * moment.
 */
function referenceAdam(steps: number): number[][] {
  const { learningRate, beta1, beta2, epsilon } = options
  const state = parameters().map(({ values }) => [...values].map((theta) => ({ theta, m: 0, v: 0 })))
  for (let t = 1; t <= steps; t++) {
    gradientsOf(t).forEach((gradient, i) => {
      state[i].forEach((s, j) => {
        s.m = beta1 * s.m + (1 - beta1) * gradient[j]
        s.v = beta2 * s.v + (1 - beta2) * gradient[j] ** 2
        const corrected = { m: s.m / (1 - beta1 ** t), v: s.v / (1 - beta2 ** t) }
        s.theta -=
          (learningRate * corrected.m) / (Math.sqrt(corrected.v) + epsilon / Math.sqrt(1 - beta2 ** t))
      })
    })
  }
  return state.map((parameter) => parameter.map(({ theta }) => theta))
}

/** Runs TypeScript source in a process of its own. */
function evaluate(source: string, environment: NodeJS.ProcessEnv = {}) {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', source]
  return promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } })
}

const door = JSON.stringify(new URL('../../experiments/engine/index.ts', import.meta.url).href)

describe.each(await engines())('the %s engine%s', (name, _, here) => {
  describe.skipIf(!here)('as opened', () => {
    let engine: Engine
    let tf: Engine['tf']
    beforeAll(async () => {
      engine = await openEngine(name)
      tf = engine.tf
    })

    function update(adam: ReturnType<Engine['adam']>, step: number, scale?: number): void {
      tf.tidy(() => {
        const gradients = gradientsOf(step).map((values, i) => tf.tensor(values, [...parameters()[i].shape]))
        adam.update(gradients, scale === undefined ? undefined : tf.scalar(scale))
      })
    }

    test('states the version by which results are kept, as it is known without opening it', async () => {
      const chosen = await chooseEngine(name, () => {})
      expect(chosen.name).toBe(name)
      expect(chosen.version.replace(/, canary [0-9a-f]{12}$/, '')).toBe(engine.version)
    })

    test('multiplies matrices of any shape, transposed or not, as float64 loops do', () => {
      const length = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }), fc.constant(200))
      fc.assert(
        fc.property(
          length,
          length,
          length,
          fc.boolean(),
          fc.boolean(),
          (rows, shared, columns, transposeA, transposeB) => {
            const [a, b] = [noise(rows * shared, 1), noise(shared * columns, 2)]
            const product = tf.tidy(() =>
              engine
                .matMul(
                  tf.tensor2d(a, transposeA ? [shared, rows] : [rows, shared]),
                  tf.tensor2d(b, transposeB ? [columns, shared] : [shared, columns]),
                  transposeA,
                  transposeB,
                )
                .dataSync(),
            )
            for (let i = 0; i < rows; i++) {
              for (let j = 0; j < columns; j++) {
                let sum = 0
                for (let k = 0; k < shared; k++) {
                  sum +=
                    a[transposeA ? k * rows + i : i * shared + k] *
                    b[transposeB ? j * shared + k : k * columns + j]
                }
                expect(Math.abs(product[i * columns + j] - sum)).toBeLessThan(1e-6 * (1 + shared))
              }
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    test('multiplies by a matrix that it has multiplied by before in another shape', () => {
      tf.tidy(() => {
        const [column, rows] = [tf.tensor2d([1, 2, 3], [3, 1]), tf.tensor2d([2, 1], [2, 1])]
        const multiples = [
          [2, 4, 6],
          [1, 2, 3],
        ]
        expect(engine.matMul(tf.ones([2, 3]), column).arraySync()).toEqual([[6], [6]])
        expect(engine.matMul(rows, column.reshape([1, 3])).arraySync()).toEqual(multiples)
        expect(engine.matMul(rows, column, false, true).arraySync()).toEqual(multiples)
      })
    })

    test('cuts any part out of a matrix of numbers, whole numbers or truths', () => {
      const values = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 42, maxLength: 42 })
      const part = fc.tuple(fc.nat(5), fc.nat(6), fc.nat(5), fc.nat(6))
      fc.assert(
        fc.property(
          values,
          part,
          fc.constantFrom('float32', 'int32', 'bool'),
          (values, [a, b, c, d], type) => {
            const [top, bottom] = [Math.min(a, c), Math.max(a, c)]
            const [left, right] = [Math.min(b, d), Math.max(b, d)]
            const size: [number, number] = [bottom - top + 1, right === 6 ? -1 : right - left + 1]
            const cut = tf.tidy(() => tf.tensor2d(values, [6, 7], type).slice([top, left], size).arraySync())
            const rows = Array.from({ length: 6 }, (_, row) => values.slice(7 * row, 7 * row + 7))
            expect(cut).toEqual(rows.slice(top, bottom + 1).map((row) => row.slice(left, right + 1)))
          },
        ),
        { numRuns: 60 },
      )
    })

    test('differentiates products', () => {
      tf.tidy(() => {
        const [a, b, d] = [
          tf.tensor2d(noise(6, 1), [2, 3]),
          tf.tensor2d(noise(12, 2), [4, 3]),
          tf.tensor2d(noise(8, 3), [2, 4]),
        ]
        const gradients = tf.grads((a, b) =>
          engine
            .matMul(a as Tensor2D, b as Tensor2D, false, true)
            .mul(d)
            .sum(),
        )([a, b])
        const [A, B, D] = [a.arraySync(), b.arraySync(), d.arraySync()]
        const byA = A.map((row, i) =>
          row.map((_, k) => B.reduce((sum, other, j) => sum + D[i][j] * other[k], 0)),
        )
        const byB = B.map((row, j) =>
          row.map((_, k) => A.reduce((sum, other, i) => sum + D[i][j] * other[k], 0)),
        )
        expect(gradients[0].sub(byA).abs().max().arraySync()).toBeLessThan(1e-6)
        expect(gradients[1].sub(byB).abs().max().arraySync()).toBeLessThan(1e-6)
      })
    })

    test('sums rows by segment, and gives zeros for a segment without rows', () => {
      tf.tidy(() => {
        const matrix = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
        const sums = engine.sumRows(
          matrix,
          tf.tensor1d([2, 0, 2], 'int32'),
          tf.tensor1d([0, 2, 2], 'int32'),
          4,
        )
        expect(sums.arraySync()).toEqual([
          [5, 6],
          [0, 0],
          [6, 8],
          [0, 0],
        ])
      })
    })

    test('lets a gradient through where the ReLU is open, which it is not at 0', () => {
      tf.tidy(() => {
        const gated = tf.tensor2d([-1, 0, 2, 1e-30], [2, 2])
        const through = engine.gate(tf.tensor2d([5, 6, -7, 8], [2, 2]), gated)
        expect(through.add(0).arraySync()).toEqual([
          [0, 0],
          [-7, 8],
        ])
      })
    })

    test('adds up the squares of all elements of several tensors', () => {
      tf.tidy(() => {
        const tensors = [noise(7, 1), noise(1, 2), noise(64, 3)].map((values) => tf.tensor1d(values))
        const expected = tensors
          .flatMap((tensor) => [...tensor.dataSync()])
          .reduce((sum, x) => sum + x * x, 0)
        expect(engine.squaredNorm(tensors).arraySync() / expected).toBeCloseTo(1, 6)
      })
    })

    test('steps as Adam in float64 does, to float32 round-off, over 50 steps', () => {
      const adam = engine.adam(parameters(), options)
      for (let step = 1; step <= 50; step++) update(adam, step)
      const expected = referenceAdam(50)
      adam.values.forEach((tensor, i) => {
        expect(tensor.shape).toEqual(parameters()[i].shape)
        const errors = [...tensor.dataSync()].map((value, j) => Math.abs(value - expected[i][j]))
        expect(Math.max(...errors)).toBeLessThan(6e-7)
      })
      expect(adam.step).toBe(50)
      adam.dispose()
    })

    test('multiplies the gradients by the scale given', () => {
      const [scaled, plain] = [engine.adam(parameters(), options), engine.adam(parameters(), options)]
      update(scaled, 1, 0.25)
      tf.tidy(() =>
        plain.update(gradientsOf(1).map((g, i) => tf.tensor(g, [...parameters()[i].shape]).mul(0.25))),
      )
      expect(scaled.state()).toEqual(plain.state())
      scaled.dispose()
      plain.dispose()
    })

    test('goes on from a saved state to the very same bits', () => {
      const whole = engine.adam(parameters(), options)
      for (let step = 1; step <= 20; step++) update(whole, step)
      const first = engine.adam(parameters(), options)
      for (let step = 1; step <= 7; step++) update(first, step)
      const saved = first.state()
      update(first, 99)
      first.dispose()
      const second = engine.adam(saved.parameters, options, saved.step)
      for (let step = 8; step <= 20; step++) update(second, step)
      expect(second.state()).toEqual(whole.state())
      whole.dispose()
      second.dispose()
    })

    test('lets products see the parameters as they are after an update', () => {
      const adam = engine.adam([{ shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }], {
        ...options,
        learningRate: 1,
      })
      tf.tidy(() => {
        const identity = tf.eye(2)
        const product = () => {
          const [a, b] = [identity, adam.values[0] as Tensor2D]
          expect(engine.matMul(a, b).arraySync()).toEqual(b.arraySync())
          return (tf.fused.matMul({ a, b }) as Tensor2D).arraySync()
        }
        expect(product()).toEqual([
          [1, 2],
          [3, 4],
        ])
        adam.update([tf.ones([2, 2])])
        expect(product()).toEqual(adam.values[0].arraySync())
        expect(product()[0][0]).toBeCloseTo(0, 5)
      })
      adam.dispose()
    })

    test('neither changes the arrays it starts from nor keeps a tensor more at any step', () => {
      const [start, before] = [parameters(), tf.memory().numTensors]
      const adam = engine.adam(start, options)
      const during = tf.memory().numTensors
      for (let step = 1; step <= 3; step++) update(adam, step, 0.5)
      expect(tf.memory().numTensors).toBe(during)
      adam.dispose()
      expect(tf.memory().numTensors).toBe(before)
      expect(start).toEqual(parameters())
    })

    test('refuses parameters and gradients that do not fit, and says which', () => {
      expect(() => engine.adam([{ shape: [2, 3], values: new Float32Array(5) }], options)).toThrow(
        'parameter 0: the shape [2,3] needs 6 elements, but values has 5',
      )
      const adam = engine.adam([{ shape: [2, 3], values: new Float32Array(6) }], options)
      tf.tidy(() => {
        expect(() => adam.update([])).toThrow('0 gradients given for 1 parameters')
        expect(() => adam.update([tf.zeros([3, 2])])).toThrow(
          'gradient 0 is float32 [3,2], but its parameter is float32 [2,3]',
        )
      })
      expect(adam.step).toBe(0)
      adam.dispose()
    })

    test('prints nothing, and the process ends by itself', async () => {
      const source = `const { openEngine } = await import(${door}); const { tf } = await openEngine('${name}')
        tf.addN([tf.eye(3), tf.matMul(tf.eye(3), tf.eye(3))]).dataSync(); console.log('done')`
      expect(await evaluate(source)).toEqual({ stdout: 'done\n', stderr: '' })
    })

    test('leaves errors that nobody catches to Node', async () => {
      const source = `const { openEngine } = await import(${door}); await openEngine('${name}'); throw new Error('nobody catches this')`
      await expect(evaluate(source)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^.*\n?.*\n?.*\n*Error: nobody/),
      })
    })

    test('gives the same bits with one thread and with two', async () => {
      const source = `const { openEngine } = await import(${door}); const { tf, ...engine } = await openEngine('${name}')
        const noise = (...shape) => tf.sin(tf.range(0, shape[0] * shape[1])).reshape(shape)
        const adam = engine.adam([{ shape: [300, 500], values: noise(300, 500).dataSync() }], ${JSON.stringify(options)})
        for (let step = 0; step < 3; step++) {
          const gradient = engine.matMul(noise(64, 300), engine.matMul(noise(64, 300), adam.values[0]), true)
          adam.update([gradient], tf.rsqrt(engine.squaredNorm([gradient])))
        }
        console.log(Buffer.from(await crypto.subtle.digest('SHA-256', adam.values[0].dataSync())).toString('hex'))`
      const environment = (threads: number) => ({
        TF_NUM_INTRAOP_THREADS: `${threads}`,
        OMP_NUM_THREADS: `${threads}`,
      })
      const [one, two] = [await evaluate(source, environment(1)), await evaluate(source, environment(2))]
      expect(one.stdout).toMatch(/^[0-9a-f]{64}\n$/)
      expect(two.stdout).toBe(one.stdout)
    })
  })
})
