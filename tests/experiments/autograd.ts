/**
 * The network as TensorFlow.js would have it written, differentiated by TensorFlow.js: the straightforward
 * way, in float32.
 */

import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs'
import type { Engine } from '../../experiments/engine/index.ts'
import { isTrained } from '../../experiments/network.ts'
import type { Numbers, Setting } from './oracle.ts'

export interface AutogradPass {
  readonly cost: number
  /** By name of parameter. */
  readonly gradients: { readonly [name: string]: Float32Array }
}

/**
 * The mean loss of the examples, `inputs` [example][input], and its gradient with respect to all trained
 * parameters.
 */
export function autograd(
  { tf }: Engine,
  parameters: Numbers,
  inputs: readonly (readonly number[])[],
  targets: ArrayLike<number>,
  { placement, epsilon, statistics, masks, loss = 'absolute' }: Setting,
): AutogradPass {
  const size = inputs.length
  return tf.tidy(() => {
    const tensors: { [name: string]: Tensor } = Object.fromEntries(
      Object.entries(parameters).map(([name, { shape, data }]) => [
        name,
        tf.tensor(Float32Array.from(data), [...shape]),
      ]),
    )
    const trained = Object.keys(tensors).filter(isTrained)

    const cost = (p: { [name: string]: Tensor }): Scalar => {
      const normalize = (layer: number, values: Tensor): Tensor => {
        const name = `hidden${layer}`
        const { mean, variance } =
          statistics === 'running'
            ? { mean: p[`${name}.mean`], variance: p[`${name}.variance`] }
            : tf.moments(values, 0)
        const normalized = values.sub(mean).div(variance.add(epsilon).sqrt())
        return normalized.mul(p[`${name}.gamma`]).add(p[`${name}.beta`])
      }
      let values: Tensor = tf.tensor2d(inputs.map((row) => [...row]))
      for (let layer = 0; p[`hidden${layer}.weight`]; layer++) {
        const z: Tensor = values.matMul(p[`hidden${layer}.weight`]).add(p[`hidden${layer}.bias`])
        if (placement === 'before ReLU') values = normalize(layer, z).relu()
        else if (placement === 'after ReLU') values = normalize(layer, z.relu())
        else values = z.relu()
        if (masks)
          values = values.mul(tf.tensor2d(Float32Array.from(masks[layer]), values.shape as [number, number]))
      }
      const outputs = values.matMul<Tensor2D>(p['output.weight']).add<Tensor2D>(p['output.bias'])
      const labels = tf.tensor2d(Float32Array.from(targets), [size, 1])
      if (loss === 'absolute') return tf.losses.absoluteDifference(labels, outputs)
      if (loss === 'squared') return tf.losses.meanSquaredError(labels, outputs)
      // TensorFlow's Huber loss is the threshold times ours.
      return tf.losses.huberLoss<Tensor, Tensor>(labels, outputs, undefined, loss.huber).div(loss.huber)
    }

    const { value, grads } = tf.valueAndGrads((...list) =>
      cost({ ...tensors, ...Object.fromEntries(trained.map((name, i) => [name, list[i]])) }),
    )(trained.map((name) => tensors[name]))
    return {
      cost: value.dataSync()[0],
      gradients: Object.fromEntries(trained.map((name, i) => [name, grads[i].dataSync<'float32'>().slice()])),
    }
  })
}
