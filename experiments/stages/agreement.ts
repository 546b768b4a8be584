import type { Tensor } from '../../pipeline/stage.ts'
import { agreement, agreementByBatchSize, cosines, type Gradients, gram, noiseScale } from '../agreement.ts'
import { agreement as agreementStage, byGroup, type GroupName } from '../definitions/agreement.ts'
import { layersFrom, type Minibatch, transpose } from '../landscape/layers.ts'
import { backward } from '../landscape/one-pass.ts'
import { byLayer, drawnLayers } from '../layers.ts'
import { mask } from '../network.ts'
import { shiftOf } from '../parameters.ts'
import { stream } from '../random.ts'
import { maskNames, streams } from '../streams.ts'
import { readParameters } from './inputs.ts'

/** The shift of a unit is its bias or, under batch normalization before the ReLU, its beta. */
export default agreementStage.implement(async (parameters, inputs) => {
  const { protocol, condition, epoch } = parameters
  const { bias1, bias2, beta1, beta2 } = await inputs.landscapes.centres()
  const summary = await inputs.landscapes.summary()
  const shifts = shiftOf(condition) === 'beta' ? [beta1, beta2] : [bias1, bias2]
  const [all1, all2] = shifts.map((shift) => gradientsOf(shift ?? bias1))
  const { layer1, layer2 } = summary.layers
  const count = bias1.shape[0]
  const weights = Object.values(await inputs.activations.gradients())
  const products: { readonly [group in GroupName]: Float64Array } = {
    pair1: gram(select(all1, layer1.units)),
    first1: gram(select(all1, [0, 1])),
    layer1: gram(all1),
    pair2: gram(select(all2, layer2.units)),
    first2: gram(select(all2, [0, 1])),
    layer2: gram(all2),
    weights: Float64Array.from({ length: count * count }, (_, at) =>
      weights.reduce((sum, { data }) => sum + data[at], 0),
    ),
  }
  const { bootstrap, batchSizes, pairs } = parameters.agreement
  return {
    agreement: {
      groups: byGroup((group) =>
        agreement(
          products[group],
          count,
          parameters.roundOff,
          bootstrap,
          stream(protocol.seed, ...streams.bootstrap(group)),
        ),
      ),
      batchSizes: condition.batchNorm ? null : await bySize(),
    },
    cosines: byGroup((group) => ({
      shape: [count, count],
      data: directedCosines(products[group], count, parameters.roundOff),
    })),
  }

  async function bySize() {
    const { train, trainTargets } = await inputs.activations.activations()
    const [size, units] = train.shape
    const layers = layersFrom(await readParameters(inputs.training, epoch), 1, {
      placement: null,
      epsilon: 0,
    })
    const everyMask = drawnLayers.flatMap((layer) => {
      const values = mask(protocol, condition, size, layer, maskNames.trainingSet())
      return values ? [transpose(values, size, protocol.hidden[layer])] : []
    })
    const everything: Minibatch = {
      size,
      preactivations: transpose(train.data, size, units),
      targets: Float64Array.from(trainTargets.data),
      masks: everyMask.length > 0 ? everyMask : undefined,
    }
    const pass = backward(layers, everything)
    return byLayer((layer) => {
      const shifts = pass.layers[layer - 1]
      const parameters = shifts.length
      const perExample: Gradients = { count: size, parameters, data: new Float64Array(size * parameters) }
      shifts.forEach(({ gradient }, unit) => {
        for (let n = 0; n < size; n++) perExample.data[n * parameters + unit] = gradient[n] * size
      })
      const from = stream(protocol.seed, ...streams.batchSizes(layer))
      const sizes = agreementByBatchSize(perExample, batchSizes, pairs, from)
      return { ...noiseScale(perExample), sizes }
    })
  }
})

/**
 * Cosines of all pairs, row-major [count, count]; NaN where a gradient is not longer than `roundOff`, whose
 * direction is that of the rounding.
 */
export function directedCosines(products: Float64Array, count: number, roundOff: number): Float64Array {
  const directed = (i: number) => products[i * count + i] > roundOff * roundOff
  return cosines(products, count).map((cosine, at) =>
    directed(Math.floor(at / count)) && directed(at % count) ? cosine : Number.NaN,
  )
}

function gradientsOf({ shape, data }: Tensor<Float64Array>): Gradients {
  return { count: shape[0], parameters: shape[1], data }
}

function select({ count, parameters, data }: Gradients, columns: readonly number[]): Gradients {
  const selected = new Float64Array(count * columns.length)
  for (let i = 0; i < count; i++)
    columns.forEach((column, k) => {
      selected[i * columns.length + k] = data[i * parameters + column]
    })
  return { count, parameters: columns.length, data: selected }
}
