import type { Json, StageFunction, Tensor } from '../../pipeline/stage.ts'
import {
  type Agreement,
  agreement,
  agreementByBatchSize,
  type BatchSizeAgreement,
  cosines,
  type Gradients,
  gram,
  noiseScale,
} from '../agreement.ts'
import { backward, layersFrom, type Minibatch, transpose } from '../landscape.ts'
import { mask } from '../network.ts'
import type { Protocol } from '../protocol.ts'
import { stream } from '../random.ts'
import type { CheckpointParameters } from './activations.ts'
import { readParameters } from './inputs.ts'
import type { LandscapesSummary } from './landscapes.ts'

export interface AgreementParameters extends CheckpointParameters {
  readonly agreement: Protocol['agreement']
  readonly roundOff: number
}

/** How far the minibatches of a checkpoint agree, and why. */
export interface CheckpointAgreement {
  /** By group of parameters: `pair<n>` the two drawn of hidden layer n, `first<n>` its units 0 and 1, `layer<n>` all its shifts, `weights` all weights of the network. */
  readonly groups: { readonly [group: string]: Agreement }
  /** By hidden layer, over all its shifts; null under batch normalization, where an example has no gradient of its own. */
  readonly batchSizes: {
    readonly [layer: string]: { readonly noiseScale: number; readonly sizes: BatchSizeAgreement[] }
  } | null
}

/**
 * Agreement of the minibatches' gradients. The shift of a unit is its bias or, under batch normalization before the ReLU, its beta.
 *
 * `agreement.json`: a CheckpointAgreement. `cosines.safetensors`: by group, [minibatch, minibatch]; NaN where a gradient is zero.
 */
const agreementStage: StageFunction<AgreementParameters> = async (parameters, inputs) => {
  const { protocol, condition, epoch } = parameters
  const centres = await inputs.landscapes.tensors('centres.safetensors')
  const summary = await inputs.landscapes.json<LandscapesSummary>('summary.json')
  const kind = condition.batchNorm === 'before ReLU' ? 'beta' : 'bias'
  const products: { [group: string]: Float64Array } = {}
  const count = centres.bias1.shape[0]
  for (const layer of [1, 2]) {
    const all = gradientsOf(centres[`${kind}${layer}`])
    products[`pair${layer}`] = gram(select(all, summary.layers[`layer${layer}`].units))
    products[`first${layer}`] = gram(select(all, [0, 1]))
    products[`layer${layer}`] = gram(all)
  }
  const weights = Object.values(await inputs.activations.tensors('gradients.safetensors'))
  products.weights = Float64Array.from({ length: count * count }, (_, at) =>
    weights.reduce((sum, { data }) => sum + data[at], 0),
  )
  const { bootstrap, batchSizes, pairs } = parameters.agreement
  const groups = Object.fromEntries(
    Object.entries(products).map(([group, values]) => [
      group,
      agreement(values, count, parameters.roundOff, bootstrap, stream(protocol.seed, 'bootstrap', group)),
    ]),
  )

  let byBatchSize: CheckpointAgreement['batchSizes'] = null
  if (!condition.batchNorm) {
    const { train, trainTargets } = await inputs.activations.tensors('activations.safetensors')
    const [size, units] = train.shape
    const layers = layersFrom(await readParameters(inputs.training, epoch), 1, {
      placement: null,
      epsilon: 0,
    })
    const everyMask = [1, 2].flatMap((layer) => {
      const values = mask(protocol, condition, size, layer, 'training set')
      return values ? [transpose(values, size, protocol.hidden[layer])] : []
    })
    const everything: Minibatch = {
      size,
      preactivations: transpose(train.data, size, units),
      targets: Float64Array.from(trainTargets.data),
      masks: everyMask.length > 0 ? everyMask : undefined,
    }
    const pass = backward(layers, everything)
    byBatchSize = Object.fromEntries(
      pass.layers.map((layer, l) => {
        const parameters = layer.length
        const perExample: Gradients = {
          count: size,
          parameters,
          data: new Float64Array(size * parameters),
        }
        layer.forEach(({ gradient }, unit) => {
          for (let n = 0; n < size; n++) perExample.data[n * parameters + unit] = gradient[n] * size
        })
        const from = stream(protocol.seed, 'batch sizes', l + 1)
        const sizes = agreementByBatchSize(perExample, batchSizes, pairs, from)
        return [`layer${l + 1}`, { ...noiseScale(perExample), sizes }]
      }),
    )
  }
  return {
    'agreement.json': { groups, batchSizes: byBatchSize } as unknown as Json,
    'cosines.safetensors': Object.fromEntries(
      Object.entries(products).map(([group, values]) => [
        group,
        { shape: [count, count], data: cosines(values, count), axes: ['minibatch', 'minibatch'], unit: '1' },
      ]),
    ),
  }
}

export default agreementStage

function gradientsOf({ shape, data }: Tensor): Gradients {
  return { count: shape[0], parameters: shape[1], data: data as Float64Array }
}

function select({ count, parameters, data }: Gradients, columns: readonly number[]): Gradients {
  const selected = new Float64Array(count * columns.length)
  for (let i = 0; i < count; i++)
    columns.forEach((column, k) => {
      selected[i * columns.length + k] = data[i * parameters + column]
    })
  return { count, parameters: columns.length, data: selected }
}
