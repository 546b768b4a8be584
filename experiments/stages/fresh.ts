import type { Json, StageFunction } from '../../pipeline/stage.ts'
import { type Agreement, agreement, type FieldSummary, gram, summarizeField } from '../agreement.ts'
import { type EngineName, openEngine } from '../engine/index.ts'
import { descend, displacements, landscape, layersFrom, type Move, transpose } from '../landscape.ts'
import { load, mask } from '../network.ts'
import { dropoutMask, stream } from '../random.ts'
import { readDataset, readParameters } from './inputs.ts'
import type { DrawingParameters, LandscapesSummary } from './landscapes.ts'

export interface FreshParameters extends DrawingParameters {
  /** Bootstrap samples behind each interval. */
  readonly bootstrap: number
}

/** What the landscapes of a layer are like, and how far their centres agree. */
export interface FreshSummary extends FieldSummary {
  readonly pair: Agreement
}

/**
 * The landscapes as drawn in training mode with dropout: every grid point is another forward pass with masks of its own. Nothing can be kept from one point to the
 * next but the activations of hidden layer 0 before its mask; both layers share a point's masks.
 *
 * `landscape-fresh.safetensors`: layer<n> [minibatch, y, x, 2], and x, y; `summary.json`: a FreshSummary for each layer.
 */
const fresh: StageFunction<FreshParameters> = async (
  { protocol, condition, epoch, grid, roundOff, bootstrap },
  inputs,
  context,
) => {
  const { examples, minibatches } = await readDataset(inputs.dataset)
  const parameters = await readParameters(inputs.training, epoch)
  const { layers: drawn } = await inputs.landscapes.json<LandscapesSummary>('summary.json')
  const engine = await openEngine(context.engine as EngineName)
  const { tf } = engine
  const { network, values, dispose } = load(engine, protocol, condition, parameters, examples)
  const layers = layersFrom(parameters, 1, {
    placement: condition.batchNorm,
    epsilon: protocol.training.batchNorm.epsilon,
  })
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  const [units0, units1] = protocol.hidden
  const size = minibatches[0].length
  const columns = x.length
  const shape = [minibatches.length, y.length, columns, 2]
  const names = layers.map((_, l) => `layer${l + 1}`)
  const fields = layers.map(() => new Float64Array(shape.reduce((product, length) => product * length)))
  const moves = names.map((name): [Move, Move] => {
    const [first, second] = drawn[name].units
    return [
      { kind: 'bias', unit: first },
      { kind: 'bias', unit: second },
    ]
  })

  let done = 0
  for (const [i, members] of minibatches.entries()) {
    const activations = tf.tidy(
      () => network.forward(examples, members, { statistics: 'minibatch' }).hidden[0].activations,
    )
    const kept = activations.dataSync<'float32'>()
    activations.dispose()
    const targets = Float64Array.from(members, (member) => examples.targets[member])
    const masked = new Float32Array(columns * kept.length)
    const row = new Float32Array(kept.length)
    for (let j = 0; j < y.length; j++) {
      for (let k = 0; k < columns; k++) {
        dropoutMask(row, condition.dropout, stream(protocol.seed, 'dropout mask', 'fresh', i, j * columns + k, 0))
        const offset = k * kept.length
        for (let n = 0; n < kept.length; n++) masked[offset + n] = row[n] * kept[n]
      }
      const preactivations = tf.tidy(() =>
        engine
          .matMul(tf.tensor2d(masked, [columns * size, units0]), values['hidden1.weight'] as never)
          .add(values['hidden1.bias'])
          .dataSync<'float32'>(),
      )
      for (let k = 0; k < columns; k++) {
        const point = j * columns + k
        const first = {
          size,
          targets,
          preactivations: transpose(preactivations.subarray(k * size * units1, (k + 1) * size * units1), size, units1),
          masks: [1, 2].map((layer) =>
            transpose(mask(protocol, condition, size, layer, 'fresh', i, point)!, size, protocol.hidden[layer]),
          ),
        }
        descend(layers, first).forEach((minibatch, l) => {
          const arrow = landscape(layers.slice(l), minibatch, moves[l], [x[k]], [y[j]])
          fields[l].set(arrow, 2 * (i * y.length * columns + point))
        })
      }
      done += columns
      context.progress(done, minibatches.length * y.length * columns, 'grid points')
    }
  }
  dispose()
  return {
    'landscape-fresh.safetensors': {
      ...Object.fromEntries(
        names.map((name, l) => [
          name,
          {
            shape,
            data: fields[l],
            axes: ['minibatch', 'y', 'x', 'component'],
            unit: 'cost per unit of the parameter',
          },
        ]),
      ),
      x: { shape: [x.length], data: x, axes: ['x'] },
      y: { shape: [y.length], data: y, axes: ['y'] },
    },
    'summary.json': Object.fromEntries(
      names.map((name, l) => {
        const count = minibatches.length
        const centre = Math.floor((x.length * y.length) / 2)
        const data = Float64Array.from({ length: 2 * count }, (_, at) => {
          const minibatch = Math.floor(at / 2)
          return fields[l][2 * (minibatch * x.length * y.length + centre) + (at % 2)]
        })
        const pair = agreement(
          gram({ count, parameters: 2, data }),
          count,
          roundOff,
          bootstrap,
          stream(protocol.seed, 'bootstrap', 'fresh', name),
        )
        return [name, { ...summarizeField(fields[l], x.length, y.length, roundOff), pair } satisfies FreshSummary]
      }),
    ) as unknown as Json,
  }
}

export default fresh
