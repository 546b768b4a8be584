import type * as tfjs from '@tensorflow/tfjs'
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs'

/**
 * `native`: TensorFlow's C++ kernels (tfjs-node). `wasm`: TensorFlow.js's WebAssembly kernels, which need
 * nothing installed.
 */
export type EngineName = 'native' | 'wasm'

/**
 * What runs the networks: TensorFlow.js on one of its backends, and the few operations that need to know
 * which.
 */
export interface Engine {
  readonly name: EngineName
  /** Such as `tfjs-node 4.22.0, TensorFlow 2.15.1`: part of every result's key. */
  readonly version: string
  readonly tf: typeof tfjs
  /** op(a) op(b), where op transposes if asked, in the fastest way the engine has. Differentiable. */
  matMul(a: Tensor2D, b: Tensor2D, transposeA?: boolean, transposeB?: boolean): Tensor2D
  /**
   * Sums of rows of a matrix, [count, column]: row s of the result is the sum of the rows `rows[i]` of the
   * matrix for which `segments[i]` is s (0 if there is none). `segments` ascends; both are int32. A product
   * with a sparse matrix of zeros and ones, at the cost of its ones. Not differentiable.
   */
  sumRows(matrix: Tensor2D, rows: Tensor1D, segments: Tensor1D, count: number): Tensor2D
  /** The gradient where what a ReLU was applied to is positive, elsewhere 0. Not differentiable. */
  gate(gradient: Tensor2D, gated: Tensor2D): Tensor2D
  /**
   * The sum of the squares of all elements of all tensors: the square of their global norm. Not
   * differentiable.
   */
  squaredNorm(tensors: readonly Tensor[]): Scalar
  /**
   * An Adam optimizer that owns copies of these parameters. `step` is the number of updates already behind
   * them.
   */
  adam(parameters: readonly AdamParameter[], options: AdamOptions, step?: number): Adam
}

export interface AdamOptions {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  /** Added to the square root of the second moment as it is, not yet corrected for bias. */
  readonly epsilon: number
}

/** A parameter in row-major order with its first and second moments (zero if left out). */
export interface AdamParameter {
  readonly shape: readonly number[]
  readonly values: Float32Array
  readonly m?: Float32Array | undefined
  readonly v?: Float32Array | undefined
}

/** A parameter with its moments. */
export interface AdamParameterWithMoments extends AdamParameter {
  readonly m: Float32Array
  readonly v: Float32Array
}

/**
 * The Adam optimizer (Kingma & Ba, arXiv 1412.6980) in the order of computation that its section 2 ends with,
 * which is TensorFlow's:
 *
 *     m += (1 - beta1) (g - m)
 *     v += (1 - beta2) (g^2 - v)
 *     parameter -= learningRate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
 */
export interface Adam {
  /**
   * The parameters' current values, valid until the next update. They are the optimizer's: neither dispose of
   * them nor keep views of them.
   */
  readonly values: readonly Tensor[]
  /** Updates done so far. */
  readonly step: number
  /**
   * One step along these gradients, one for each parameter and of its shape, multiplied by `scale` first.
   * Disposes of none of them.
   */
  update(gradients: readonly Tensor[], scale?: Scalar): void
  /** Copies of everything: `adam(state.parameters, options, state.step)` goes on to the very same bits. */
  state(): { step: number; parameters: AdamParameterWithMoments[] }
  dispose(): void
}

/**
 * The parameter with its moments filled in.
 * @throws if an array has not as many elements as the shape says.
 */
export function completed({ shape, values, m, v }: AdamParameter, index: number): AdamParameterWithMoments {
  const size = shape.reduce((product, length) => product * length, 1)
  for (const [name, array] of Object.entries({ values, m, v })) {
    if (array && array.length !== size) {
      throw new Error(
        `parameter ${index}: the shape [${shape}] needs ${size} elements, but ${name} has ${array.length}`,
      )
    }
  }
  return { shape, values, m: m ?? new Float32Array(size), v: v ?? new Float32Array(size) }
}

/** @throws unless there is one float32 gradient for each parameter, of its shape. */
export function checkGradients(
  gradients: readonly Tensor[],
  parameters: readonly { shape: readonly number[] }[],
): void {
  if (gradients.length !== parameters.length) {
    throw new Error(`${gradients.length} gradients given for ${parameters.length} parameters`)
  }
  gradients.forEach(({ shape, dtype }, i) => {
    const wanted = parameters[i].shape
    if (
      dtype !== 'float32' ||
      shape.length !== wanted.length ||
      shape.some((length, axis) => length !== wanted[axis])
    ) {
      throw new Error(`gradient ${i} is ${dtype} [${shape}], but its parameter is float32 [${wanted}]`)
    }
  })
}

/**
 * The factor of step t, learningRate sqrt(1 - beta2^t) / (1 - beta1^t). The betas are rounded to float32
 * first, as in the moments, so that the correction fits the moments to full precision; TensorFlow's own, in
 * float32, is off by 2e-5 in the first steps.
 */
export function correctedRate({ learningRate, beta1, beta2 }: AdamOptions, t: number): number {
  return (learningRate * Math.sqrt(1 - Math.fround(beta2) ** t)) / (1 - Math.fround(beta1) ** t)
}
