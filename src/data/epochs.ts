/**
 * Gradients over two biases, epoch by epoch, as their player reads them: a safetensors file, written by the
 * build.
 */
import type { Tensors } from '../../pipeline/stage.ts'
import type { Gradient } from './field.ts'

/** By epoch from 0: the gradient of every minibatch over two biases of a layer. */
export type GradientsByEpoch = readonly (readonly Gradient[])[]

/** The tensor `gradients` [epoch, minibatch, component] in single precision. */
export function packEpochs(epochs: GradientsByEpoch): Tensors {
  const shape = [epochs.length, epochs[0].length, 2]
  const axes = ['epoch', 'minibatch', 'component']
  return {
    gradients: { shape, axes, data: Float32Array.from(epochs.flat(2)), unit: 'cost per unit of the bias' },
  }
}

/** The gradients of a file of `packEpochs`. */
export function unpackEpochs({ gradients: { shape, data } }: Tensors): GradientsByEpoch {
  const [epochs, minibatches] = shape
  return Array.from({ length: epochs }, (_, epoch) =>
    Array.from({ length: minibatches }, (_, i): Gradient => {
      const at = 2 * (epoch * minibatches + i)
      return [data[at], data[at + 1]]
    }),
  )
}
