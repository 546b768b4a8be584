import { createHash } from 'node:crypto'
import type { Tensor, Tensor2D } from '@tensorflow/tfjs'
import type { Engine } from './engine.ts'

/** Units of the paper's layers and the size of its minibatches: the order of sums depends on them. */
const [batch, inputs, wide, narrow] = [64, 525, 5600, 100]

/**
 * Tells apart processors on which an engine computes other bits: a digest of what the study's own operations
 * make of fixed inputs of the study's own shapes. The first 12 hexadecimal digits of a SHA-256.
 * With the native engine they depend on the number of threads too.
 */
export function canary(engine: Engine): string {
  const { tf } = engine
  const hash = createHash('sha256')
  const take = (tensor: Tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.dataSync<'float32'>()
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  tf.tidy(() => {
    const matrix = (rows: number, columns: number, seed: number) =>
      tf.tensor2d(noise(rows * columns, seed), [rows, columns])
    const seen = matrix(batch, wide, 1)
    const weights = matrix(wide, narrow, 2)
    const gradient = matrix(batch, narrow, 3)
    const product = engine.matMul(seen, weights)
    take(product)
    take(engine.matMul(seen, gradient, true))
    take(engine.matMul(gradient, weights, false, true))
    take(engine.squaredNorm([seen, weights]))
    const rows = Int32Array.from({ length: 8 * batch }, (_, i) => (i * 131) % inputs)
    const segments = Int32Array.from(rows, (_, i) => i >> 3)
    const summed = matrix(inputs, narrow, 4)
    take(engine.sumRows(summed, tf.tensor1d(rows, 'int32'), tf.tensor1d(segments, 'int32'), batch))
    const { mean, variance } = tf.moments(product, 0)
    take(tf.mul(tf.sub(product, mean), tf.rsqrt(tf.add(variance, 1e-3))))
    take(tf.mean(tf.abs(product)))
    const adam = engine.adam([{ shape: [batch, narrow], values: noise(batch * narrow, 5) }], {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    })
    for (let step = 0; step < 2; step++) adam.update([gradient])
    take(adam.values[0] as Tensor2D)
    adam.dispose()
  })
  return hash.digest('hex').slice(0, 12)
}

/** Numbers in [-1, 1) of 24 random bits, from a linear congruential generator: exact on every machine. */
function noise(length: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >> 8) / 2 ** 23
  })
}
