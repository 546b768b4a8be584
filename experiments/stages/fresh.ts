import type { Tensor2D, Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { agreement, gram, summarizeField } from '../agreement.ts'
import { fresh } from '../definitions/fresh.ts'
import { openEngine } from '../engine/index.ts'
import { displacements, landscape } from '../landscape/landscape.ts'
import { layersFrom, type Move, transpose } from '../landscape/layers.ts'
import { descend } from '../landscape/one-pass.ts'
import { byLayer, drawnLayers, layerName } from '../layers.ts'
import { masking } from '../masking.ts'
import { load, mask } from '../network.ts'
import { stream } from '../random.ts'
import { maskNames, streams } from '../streams.ts'
import { readDataset, readParameters } from './inputs.ts'

/**
 * The landscapes as drawn in training mode with dropout: every grid point is another forward pass with
 * masks of its own. Nothing can be kept from one point to the
 * next but the activations of hidden layer 0 before its mask; both layers share a point's masks. The
 * products leave out an
 * example's closed units, so the points of one example are taken together.
 */
export default fresh.implement(async (about, inputs, context) => {
  const { protocol, condition, epoch, grid, roundOff, bootstrap } = about
  const { examples, minibatches } = await readDataset(inputs.dataset)
  const parameters = await readParameters(inputs.training, epoch)
  const { layers: drawn } = await inputs.landscapes.summary()
  const engine = await openEngine(context.engine)
  const { tf } = engine
  const { network, values, dispose } = load(engine, protocol, condition, parameters, examples)
  const layers = layersFrom(parameters, 1, {
    placement: condition.batchNorm,
    epsilon: protocol.training.batchNorm.epsilon,
  })
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  const [, ...units] = protocol.hidden
  const size = minibatches[0].length
  const points = y.length * x.length
  const shape = [minibatches.length, y.length, x.length, 2]
  const fields = layers.map(() => new Float64Array(minibatches.length * points * 2))
  const moves = drawnLayers.map((layer): [Move, Move] => {
    const [first, second] = drawn[layerName(layer)].units
    return [
      { kind: 'bias', unit: first },
      { kind: 'bias', unit: second },
    ]
  })
  const masks = await masking(points, protocol.hidden[0], condition.dropout)

  /**
   * Pre-activations of hidden layer 1 for one example, [point, unit], from its activations of hidden layer
   * 0.
   */
  const preactivationsOf = (activations: Float32Array): Float32Array => {
    const { open, masked, columns } = masks.apply(activations)
    const result = tf.tidy(() => {
      // Sums of one row each: the way to pick rows that is fast on both engines.
      const [rows, places] = [tf.tensor1d(open, 'int32'), tf.range(0, open.length, 1, 'int32')]
      const weights = engine.sumRows(values['hidden1.weight'] as Tensor2D, rows, places, open.length)
      return engine
        .matMul(tf.tensor2d(masked, [open.length, columns]), weights, true)
        .add(values['hidden1.bias'])
    })
    return take(result)
  }

  for (const [i, members] of minibatches.entries()) {
    const activations = take(
      tf.tidy(() => network.forward(examples, members, { statistics: 'minibatch' }).hidden[0].activations),
    )
    const targets = Float64Array.from(members, (member) => examples.targets[member])
    masks.start(
      protocol.seed,
      Array.from({ length: points }, (_, point) => streams.mask(maskNames.fresh(i, point), 0)),
    )
    const preactivations = Array.from({ length: points }, () => new Float64Array(units[0] * size))
    for (let n = 0; n < size; n++) {
      const row = activations.subarray(n * protocol.hidden[0], (n + 1) * protocol.hidden[0])
      const passed = preactivationsOf(row)
      preactivations.forEach((of, point) => {
        for (let unit = 0; unit < units[0]; unit++) of[unit * size + n] = passed[point * units[0] + unit]
      })
      context.progress(i * size + n + 1, minibatches.length * size, 'examples')
    }
    for (let point = 0; point < points; point++) {
      const first = {
        size,
        targets,
        preactivations: preactivations[point],
        masks: units.map((width, l) =>
          transpose(mask(protocol, condition, size, l + 1, maskNames.fresh(i, point))!, size, width),
        ),
      }
      const [xHere, yHere] = [[x[point % x.length]], [y[Math.floor(point / x.length)]]]
      descend(layers, first).forEach((minibatch, l) => {
        fields[l].set(landscape(layers.slice(l), minibatch, moves[l], xHere, yHere), 2 * (i * points + point))
      })
    }
  }
  dispose()
  return {
    landscape: {
      fresh: {
        ...byLayer((layer) => ({ shape, data: fields[layer - 1] })),
        x: { shape: [x.length], data: x },
        y: { shape: [y.length], data: y },
      },
    },
    summary: byLayer((layer) => {
      const field = fields[layer - 1]
      const count = minibatches.length
      const centre = Math.floor(points / 2)
      const data = Float64Array.from({ length: 2 * count }, (_, at) => {
        const minibatch = Math.floor(at / 2)
        return field[2 * (minibatch * points + centre) + (at % 2)]
      })
      const pair = agreement(
        gram({ count, parameters: 2, data }),
        count,
        roundOff,
        bootstrap,
        stream(protocol.seed, ...streams.freshBootstrap(layerName(layer))),
      )
      return { ...summarizeField(field, x.length, y.length, roundOff), pair }
    }),
  }
})

/**
 * A tensor's values; the tensor is disposed of. (A `tidy` that returned the values would look at each of
 * them for tensors.)
 */
function take(tensor: TfTensor): Float32Array {
  const values = tensor.dataSync<'float32'>()
  tensor.dispose()
  return values
}
