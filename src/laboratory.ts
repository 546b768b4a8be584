/** What the laboratory in the page needs of the results. */
import { max } from 'd3-array'
import { open, type Reader } from '../experiments/definition.ts'
import { activations } from '../experiments/definitions/activations.ts'
import { dataset } from '../experiments/definitions/dataset.ts'
import { laboratory } from '../experiments/definitions/laboratory.ts'
import { landscapes as landscapesStages } from '../experiments/definitions/landscapes.ts'
import { layersFrom, type Minibatch, transpose } from '../experiments/landscape/layers.ts'
import { backward, descend } from '../experiments/landscape/one-pass.ts'
import { drawnLayers, layerName } from '../experiments/layers.ts'
import { lengthen, shorten } from '../experiments/quantized.ts'
import type { Tensor, Tensors } from '../pipeline/stage.ts'
import type { Results } from './data/results.ts'
import {
  arrivalsFile,
  charactersFile,
  examplesFile,
  isPlain,
  lowerFile,
  networkFile,
  publishedFile,
  type Study,
} from './islands/lab/study.ts'

/** The study as the laboratory is told of it. */
export async function studyOf({ protocol, run }: Results): Promise<Study> {
  const { seed, deliveries, encoding, hidden, targetFactor, grades, training, landscapes } = protocol
  const { deliverers, train } = await open(run, dataset.at()).examples()
  const conditions: Study['conditions'] = Object.fromEntries(
    await Promise.all(
      Object.entries(protocol.conditions).map(async ([name, { label, dropout, batchNorm, checkpoints }]) => {
        const units = await Promise.all(
          checkpoints.map(async (epoch) => {
            const { layers } = await open(run, landscapesStages.at(name, epoch)).summary()
            return [epoch, { 1: layers.layer1.units, 2: layers.layer2.units }] as const
          }),
        )
        return [name, { label, dropout, batchNorm, units: Object.fromEntries(units) }] as const
      }),
    ),
  )
  return {
    protocol: { seed, deliveries, encoding, hidden, targetFactor, grades },
    epsilon: training.batchNorm.epsilon,
    grid: landscapes.grid,
    roundOff: landscapes.roundOff,
    minibatches: landscapes.minibatches,
    batchSize: landscapes.batchSize,
    trainExamples: train.data.length,
    mostDeliverers: max(deliverers.data) ?? 0,
    conditions,
  }
}

/** Every file that the laboratory may load: its address relative to the page, and how to read it. */
export function laboratoryFiles(
  { run, protocol }: Results,
  study: Study,
): Map<string, () => Promise<Tensors>> {
  const data = once(open(run, dataset.at()).examples)
  const files = new Map([
    [examplesFile, async () => trainingExamples(await data())],
    [charactersFile, async () => charactersOf(await data(), protocol.encoding)],
  ])
  for (const [condition, { dropout, batchNorm, units }] of Object.entries(study.conditions)) {
    for (const epoch of Object.keys(units).map(Number)) {
      const network = once(open(run, laboratory.at(condition, epoch)).network)
      const activated = once(open(run, activations.at(condition, epoch)).activations)
      const drawn = open(run, landscapesStages.at(condition, epoch))
      const kinds = batchNorm ? (['bias', 'beta'] as const) : (['bias'] as const)
      const landscapes = once(() =>
        Promise.all(kinds.map(async (kind) => ({ kind, ...(await drawn.landscape(kind)) }))),
      )
      files.set(networkFile(condition, epoch), async () => {
        const { outputs, ...parameters } = await network()
        return parameters
      })
      files.set(lowerFile(condition, epoch), async () => lowerPart(await network(), await activated()))
      const plain = isPlain({ dropout, batchNorm })
      for (const layer of plain ? drawnLayers : ([1] as const))
        files.set(arrivalsFile(condition, epoch, layer), async () =>
          arrivalsAt(layer, plain, await network(), await activated()),
        )
      for (let number = 1; number <= study.minibatches; number++) {
        files.set(publishedFile(condition, epoch, number), async () => {
          const { minibatches } = await activated()
          const published: { [name: string]: Tensor } = { preactivations: entry(minibatches, number - 1) }
          for (const { kind, ...layers } of await landscapes())
            for (const layer of drawnLayers)
              published[`${layerName(layer)}.${kind}`] = entry(layers[layerName(layer)], number - 1)
          return published
        })
      }
    }
  }
  return files
}

/** What the stages' files hold. */
type Activations = Awaited<ReturnType<Reader<typeof activations.files>['activations']>>
type Dataset = Awaited<ReturnType<Reader<typeof dataset.files>['examples']>>

/**
 * The parameters from hidden layer 1 on, and `above` [example]: 1 where the network exceeds the target, else
 * 0.
 */
function lowerPart({ outputs, ...parameters }: Tensors, { trainTargets }: Activations): Tensors {
  const lower = Object.entries(parameters).filter(
    ([name]) => /^(hidden[12]|output)\./.test(name) && !name.startsWith('hidden1.weight'),
  )
  const above = Uint8Array.from(outputs.data, (output, place) => (output > trainTargets.data[place] ? 1 : 0))
  return { ...Object.fromEntries(lower), above: { shape: [above.length], data: above, axes: ['example'] } }
}

/**
 * What hidden layer 1 or 2 gets of every training example, in 16 bits, as the build passes the training set:
 * with dropout masks, and with running statistics. Where the pass is that of the exact `outputs`, `rounding`
 * [1] is the largest error of an output that the 16 bits cause.
 */
function arrivalsAt(
  layer: 1 | 2,
  plain: boolean,
  network: Tensors,
  { train, trainTargets }: Activations,
): Tensors {
  const [size, units] = train.shape
  const first: Minibatch = {
    size,
    preactivations: transpose(train.data, size, units),
    targets: Float64Array.from(trainTargets.data),
  }
  if (!plain) return shorten(first.preactivations, units)
  const layers = (from: 1 | 2) =>
    layersFrom(network as { readonly [name: string]: Tensor<Float32Array> }, from, {
      placement: null,
      epsilon: 0,
    })
  const { preactivations } = descend(layers(1), first)[layer - 1]
  const shortened = shorten(preactivations, preactivations.length / size)
  const rounded: Minibatch = { ...first, preactivations: lengthen(shortened) }
  const { residuals } = backward(layers(layer), rounded)
  let rounding = 0
  for (let n = 0; n < size; n++)
    rounding = Math.max(rounding, Math.abs(residuals[n] + first.targets[n] - network.outputs.data[n]))
  return { ...shortened, rounding: { shape: [1], data: Float64Array.of(rounding) } }
}

/**
 * `deliverers` and `records`, the number in the data, [example]; `minibatches` [minibatch, member], as places
 * among the training examples.
 */
function trainingExamples({ deliverers, train, minibatches }: Dataset): Tensors {
  const places = new Map(Array.from(train.data, (record, place) => [record, place]))
  const one = { shape: [train.data.length], axes: ['example'] }
  return {
    deliverers: {
      ...one,
      data: Uint16Array.from(train.data, (record) => deliverers.data[record]),
      unit: 'deliverers',
    },
    records: { ...one, data: Uint16Array.from(train.data) },
    minibatches: {
      shape: minibatches.shape,
      data: Uint16Array.from(minibatches.data, (record) => places.get(record) ?? 0),
      axes: ['minibatch', 'member'],
    },
  }
}

/** `characters` [example, position] of the training examples, as places in the alphabet. */
function charactersOf({ codes, train }: Dataset, { alphabet }: Study['protocol']['encoding']): Tensors {
  const positions = codes.shape[1]
  const characters = new Uint8Array(train.data.length * positions)
  train.data.forEach((record: number, place: number) => {
    for (let p = 0; p < positions; p++)
      characters[place * positions + p] = codes.data[record * positions + p] % alphabet.length
  })
  return {
    characters: {
      shape: [train.data.length, positions],
      data: characters,
      axes: ['example', 'position'],
    },
  }
}

/** Reads at most once. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => {
    reading ??= read()
    return reading
  }
}

/** One entry along the first axis. */
function entry({ shape, data, axes, unit }: Tensor, index: number): Tensor {
  const size = data.length / shape[0]
  return {
    shape: shape.slice(1),
    data: data.slice(index * size, (index + 1) * size),
    ...(axes && { axes: axes.slice(1) }),
    ...(unit !== undefined && { unit }),
  }
}
