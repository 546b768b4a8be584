/**
 * The landscapes of a figure as its player reads them: a safetensors file of 16-bit integers, written by the
 * build.
 */
import type { Tensor, Tensors } from '../../pipeline/stage.ts'
import { type Field, type Gradient, gradientAt, gradientsAt, longest } from './field.ts'
import type { LayerLandscapes } from './shapes.ts'

/** A layer's landscapes as read from the file. */
export interface PlayedLayer {
  readonly layer: number
  /** Each component within half a step, 1/65534 of the longest gradient, of the build's. */
  readonly field: Field
  /**
   * The gradients at the true parameters, in single precision: angles between short ones would not survive
   * the integers.
   */
  readonly centres: readonly Gradient[]
}

const most = 32767

/**
 * The tensors of a figure's file: x, y, the displacements; for each layer `layer<n>` [minibatch, y, x, 2] in
 * steps of `step<n>` [1], cost per parameter unit, and `centre<n>` [minibatch, 2].
 */
export function packLandscapes(layers: readonly LayerLandscapes[]): Tensors {
  const unit = 'cost per unit of the parameter'
  const { x, y } = layers[0].field
  return {
    x: { shape: [x.length], data: x, axes: ['x'] },
    y: { shape: [y.length], data: y, axes: ['y'] },
    ...Object.fromEntries(
      layers.flatMap(({ layer, field }): [string, Tensor][] => {
        const shape = [field.minibatches, field.y.length, field.x.length, 2]
        const step = longest(field) / most || 1
        const data = Int16Array.from({ length: field.gradient.length }, (_, at) => {
          const point = at >> 1
          const row = Math.floor(point / field.x.length)
          const minibatch = Math.floor(row / field.y.length)
          const gradient = gradientAt(field, minibatch, row % field.y.length, point % field.x.length)
          return Math.round(gradient[at % 2] / step)
        })
        return [
          [`layer${layer}`, { shape, data, axes: ['minibatch', 'y', 'x', 'component'] }],
          [`step${layer}`, { shape: [1], data: Float64Array.of(step), unit }],
          [
            `centre${layer}`,
            {
              shape: [field.minibatches, 2],
              data: Float32Array.from(gradientsAt(field).flat()),
              axes: ['minibatch', 'component'],
              unit,
            },
          ],
        ]
      }),
    ),
  }
}

/** The landscapes of a file of `packLandscapes`, by layer. */
export function unpackLandscapes(tensors: Tensors): PlayedLayer[] {
  return [1, 2].map((layer) => {
    const { shape, data } = tensors[`layer${layer}`]
    const [step] = tensors[`step${layer}`].data
    const centres = tensors[`centre${layer}`].data
    return {
      layer,
      field: {
        x: tensors.x.data as Float64Array,
        y: tensors.y.data as Float64Array,
        minibatches: shape[0],
        gradient: Float64Array.from(data, (value) => value * step),
        roundOff: 0,
      },
      centres: Array.from({ length: shape[0] }, (_, i): Gradient => [centres[2 * i], centres[2 * i + 1]]),
    }
  })
}
