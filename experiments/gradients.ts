/**
 * The gradients of several minibatches at one network with respect to all its parameters, and their inner
 * products.
 */

import type { Tensor2D } from '@tensorflow/tfjs-core'
import { type Gradients, gram } from './agreement.ts'
import type { Engine } from './engine/index.ts'
import type { Backward } from './network.ts'

/** The names of the layers, the output last, as they begin those of their parameters. */
export const layerNames = ['hidden0', 'hidden1', 'hidden2', 'output'] as const

/** Columns of a weight gradient held at once for all minibatches, to bound memory. */
const columnsAtOnce = 700

/** What is kept of passes over minibatches at the same parameters. `dispose` frees it. */
export class MinibatchGradients {
  readonly #engine: Engine
  readonly #passes: Backward[] = []
  readonly #vectors: { [parameter: string]: Float32Array[] } = {}

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Takes in a pass down to hidden layer 0, and keeps its tensors from being tidied. */
  add(pass: Backward): void {
    const { tf } = this.#engine
    factors(pass).forEach(tf.keep)
    this.#passes.push(pass)
    const vectors = tf.tidy(() => ({
      ...Object.fromEntries(layerNames.map((name, layer) => [`${name}.bias`, pass.deltas[layer].sum(0)])),
      ...Object.fromEntries(pass.gammas.map((gamma, layer) => [`hidden${layer}.gamma`, gamma])),
      ...Object.fromEntries(pass.betas.map((beta, layer) => [`hidden${layer}.beta`, beta])),
    }))
    for (const [name, vector] of Object.entries(vectors)) {
      this.#vectors[name] ??= []
      this.#vectors[name].push(vector.dataSync<'float32'>().slice())
    }
    tf.dispose(layerNames.map((name) => vectors[`${name}.bias`]))
  }

  get count(): number {
    return this.#passes.length
  }

  /** The names of the biases, gammas and betas. */
  get vectorNames(): string[] {
    return Object.keys(this.#vectors)
  }

  /** The gradients with respect to a bias, gamma or beta, such as `hidden1.bias`. */
  vectors(parameter: string): Vectors {
    return stacked(this.#vectors[parameter])
  }

  /** Inner products [minibatch, minibatch] by name of parameter; `tell` hears of the layers done. */
  products(tell: (layers: number) => void = () => {}): { [parameter: string]: Float64Array } {
    return {
      ...Object.fromEntries(
        layerNames.map((name, layer) => {
          const products = weightProducts(this.#engine, this.#passes, layer)
          tell(layer + 1)
          return [`${name}.weight`, products]
        }),
      ),
      ...Object.fromEntries(
        Object.entries(this.#vectors).map(([name, vectors]) => [name, gram(stacked(vectors))]),
      ),
    }
  }

  /**
   * Some columns of the gradient with respect to a layer's weights, for each minibatch, row-major [input,
   * column].
   */
  columns(layer: number, from: number, to: number): Float32Array[] {
    return this.#passes.map(({ deltas, weightGradient }) => {
      const part = this.#engine.tf.tidy(() =>
        weightGradient(layer, deltas[layer].slice([0, from], [-1, to - from])),
      )
      const values = part.dataSync<'float32'>().slice()
      part.dispose()
      return values
    })
  }

  dispose(): void {
    this.#engine.tf.dispose(this.#passes.flatMap(factors))
  }
}

/**
 * Inner products [pass, pass] of the gradients with respect to the weights of a layer; the output is the
 * last.
 */
export function weightProducts(engine: Engine, passes: readonly Backward[], layer: number): Float64Array {
  const sum = new Float64Array(passes.length ** 2)
  for (const [from, to] of spans(passes[0].deltas[layer].shape[1])) {
    const part = engine.tf.tidy(() => {
      const rows = passes.map(({ deltas, weightGradient }) =>
        weightGradient(layer, deltas[layer].slice([0, from], [-1, to - from])).reshape<Tensor2D>([1, -1]),
      )
      const matrix = engine.tf.concat2d(rows, 0)
      return engine.matMul(matrix, matrix, false, true)
    })
    part.dataSync().forEach((value, at) => {
      sum[at] += value
    })
    part.dispose()
  }
  return sum
}

/** Inner products of vectors of one length. */
export function productsOf(engine: Engine, vectors: readonly Float32Array[]): Float64Array {
  const product = engine.tf.tidy(() => {
    const matrix = engine.tf.tensor2d(stacked(vectors).data, [vectors.length, vectors[0].length])
    return engine.matMul(matrix, matrix, false, true)
  })
  const values = Float64Array.from(product.dataSync<'float32'>())
  product.dispose()
  return values
}

/** The columns of a matrix of this width, some at a time: from and to, the latter not included. */
export function spans(width: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil(width / columnsAtOnce) }, (_, i) => [
    i * columnsAtOnce,
    Math.min(width, (i + 1) * columnsAtOnce),
  ])
}

/** What the gradients with respect to the weights are products of. */
export function factors({ deltas, hidden }: Backward): Tensor2D[] {
  return [...deltas, ...hidden.map(({ activations }) => activations)]
}

/** Gradients in single precision, as engines have them. */
type Vectors = Gradients & { readonly data: Float32Array }

/** Vectors of one length, row by row. */
export function stacked(vectors: readonly Float32Array[]): Vectors {
  const parameters = vectors[0].length
  const data = new Float32Array(vectors.length * parameters)
  vectors.forEach((vector, i) => {
    data.set(vector, i * parameters)
  })
  return { count: vectors.length, parameters, data }
}
