/** The network: input -> hidden 0 -> hidden 1 -> hidden 2 -> one output; a ReLU after each hidden layer. */

import type { Tensor } from '../pipeline/stage.ts'
import { inputCount } from './encoding.ts'
import type { Condition, Protocol } from './protocol.ts'
import { stream } from './random.ts'

/**
 * Parameters by name: `hidden0.weight` [inputs, units], `hidden0.bias` [units], ..., `output.weight` [units, 1], `output.bias` [1]; under batch
 * normalization also `hidden0.gamma`, `hidden0.beta` [units] and the running statistics `hidden0.mean`, `hidden0.variance` [units], which are not trained.
 */
export type Parameters = { readonly [name: string]: Tensor<Float32Array> }

export const hiddenLayers = 3

/** Whether gradient descent changes this parameter: all but the running statistics. */
export const isTrained = (name: string) => !/\.(mean|variance)$/.test(name)

/** The number of trained parameters: 3,507,741 for the published network without batch normalization. */
export function parameterCount(parameters: Parameters): number {
  return Object.entries(parameters).reduce((sum, [name, { data }]) => sum + (isTrained(name) ? data.length : 0), 0)
}

/**
 * The parameters at the start of training: weights and biases uniform in +-1 / sqrt(fan-in), as PyTorch's Linear draws them; gamma 1, beta 0. Every condition of a seed starts from the same weights and biases.
 */
export function initialParameters(protocol: Protocol, condition: Condition): Parameters {
  const parameters: { [name: string]: Tensor<Float32Array> } = {}
  const widths = [inputCount(protocol.encoding), ...protocol.hidden, 1]
  for (let layer = 0; layer <= hiddenLayers; layer++) {
    const [inputs, units] = [widths[layer], widths[layer + 1]]
    const name = layer < hiddenLayers ? `hidden${layer}` : 'output'
    const from = stream(protocol.seed, 'initial parameters', name)
    const bound = 1 / Math.sqrt(inputs)
    const draw = (size: number) => Float32Array.from({ length: size }, () => (2 * from.uniform() - 1) * bound)
    parameters[`${name}.weight`] = { shape: [inputs, units], data: draw(inputs * units), axes: ['input', 'unit'] }
    parameters[`${name}.bias`] = { shape: [units], data: draw(units), axes: ['unit'] }
    if (condition.batchNorm && layer < hiddenLayers) {
      const constant = (value: number) => ({
        shape: [units],
        data: new Float32Array(units).fill(value),
        axes: ['unit'],
      })
      parameters[`${name}.gamma`] = constant(1)
      parameters[`${name}.beta`] = constant(0)
      parameters[`${name}.mean`] = constant(0)
      parameters[`${name}.variance`] = constant(1)
    }
  }
  return parameters
}
