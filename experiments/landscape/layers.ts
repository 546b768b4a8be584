/**
 * What a landscape is computed from: hidden layers, a minibatch as the first of them sees it, and the two
 * parameters that are moved. Arrays are row-major [unit, example]: the examples of a unit are neighbours,
 * which is what batch statistics and the inner loops need.
 */

import type { ParameterKind } from '../parameters.ts'
import type { BatchNormPlacement } from '../protocol.ts'

export type Floats = Float64Array | Float32Array

/**
 * Batch normalization of one layer. `running` statistics replace those of the minibatch in evaluation mode.
 */
export interface BatchNorm {
  readonly placement: BatchNormPlacement
  readonly gamma: Floats
  readonly beta: Floats
  readonly epsilon: number
  readonly running?: { readonly mean: Floats; readonly variance: Floats } | undefined
}

/**
 * A hidden layer from its pre-activations on: how they become activations, and the dense layer that reads
 * those.
 */
export interface HiddenLayer {
  readonly units: number
  readonly batchNorm?: BatchNorm | undefined
  /** Weights from this layer's units into the next layer, [units, next units]. */
  readonly weight: Floats
  /** Biases of the next layer, [next units]. */
  readonly bias: Floats
}

/**
 * How the hidden layers from `first` on use named parameters, in training mode, or in evaluation mode with
 * running statistics.
 */
export function layersFrom(
  parameters: { readonly [name: string]: { readonly data: Floats } },
  first: number,
  batchNorm: { readonly placement: BatchNormPlacement | null; readonly epsilon: number },
  statistics: 'minibatch' | 'running' = 'minibatch',
): HiddenLayer[] {
  const layers: HiddenLayer[] = []
  for (let layer = first; parameters[`hidden${layer}.weight`]; layer++) {
    const name = `hidden${layer}`
    const next = parameters[`hidden${layer + 1}.weight`] ? `hidden${layer + 1}` : 'output'
    const data = (parameter: string) => parameters[`${name}.${parameter}`].data
    layers.push({
      units: data('bias').length,
      weight: parameters[`${next}.weight`].data,
      bias: parameters[`${next}.bias`].data,
      batchNorm: batchNorm.placement
        ? {
            placement: batchNorm.placement,
            epsilon: batchNorm.epsilon,
            gamma: data('gamma'),
            beta: data('beta'),
            running:
              statistics === 'running' ? { mean: data('mean'), variance: data('variance') } : undefined,
          }
        : undefined,
    })
  }
  return layers
}

/** A matrix [row, column] as [column, row]. */
export function transpose(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const transposed = new Float64Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) transposed[c * rows + r] = matrix[r * columns + c]
  return transposed
}

/** A minibatch as the moved layer, `layers[0]`, sees it. */
export interface Minibatch {
  readonly size: number
  /** Pre-activations of `layers[0]`, [unit, example]. */
  readonly preactivations: Floats
  /** Targets, [example]. */
  readonly targets: Floats
  /**
   * Inverted dropout masks of `layers[0]`, `layers[1]`, ...: [unit, example], 0 or 1 / (1 - p); absent
   * without dropout.
   */
  readonly masks?: readonly Floats[] | undefined
}

/**
 * One of the two parameters that are moved: the unit's bias, a weight into it (then `inputs` has the
 * activation that the weight multiplies, [example]), or its batch-normalization gamma or beta.
 */
export interface Move {
  readonly kind: ParameterKind
  readonly unit: number
  readonly inputs?: Floats | undefined
}

/** Arithmetic of the computation: every intermediate result is stored with this precision. */
export type Precision = 'float64' | 'float32'
