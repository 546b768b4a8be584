/** What the laboratory in the page needs of the results. */
import { max } from 'd3-array'
import { open, type Reader } from '../experiments/definition.ts'
import { activations } from '../experiments/definitions/activations.ts'
import { dataset } from '../experiments/definitions/dataset.ts'
import { laboratory } from '../experiments/definitions/laboratory.ts'
import { landscapes as landscapesStages } from '../experiments/definitions/landscapes.ts'
import { drawnLayers, layerName } from '../experiments/layers.ts'
import type { Tensor, Tensors } from '../pipeline/stage.ts'
import type { Results } from './data/results.ts'
import { examplesFile, networkFile, publishedFile, type Study } from './islands/lab/study.ts'

/** The study as the laboratory is told of it. */
export async function studyOf({ protocol, run }: Results): Promise<Study> {
  const { seed, deliveries, encoding, hidden, targetFactor, training, landscapes } = protocol
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
    protocol: { seed, deliveries, encoding, hidden, targetFactor },
    epsilon: training.batchNorm.epsilon,
    grid: landscapes.grid,
    roundOff: landscapes.roundOff,
    minibatches: landscapes.minibatches,
    batchSize: landscapes.batchSize,
    trainExamples: train.data.length,
    mostDeliverers: max(deliverers.data)!,
    conditions,
  }
}

/** Every file that the laboratory may load: its address relative to the page, and how to read it. */
export function laboratoryFiles(
  { run, protocol }: Results,
  study: Study,
): Map<string, () => Promise<Tensors>> {
  const files = new Map([
    [examplesFile, async () => trainingExamples(await open(run, dataset.at()).examples(), protocol.encoding)],
  ])
  for (const [condition, { batchNorm, units }] of Object.entries(study.conditions)) {
    for (const epoch of Object.keys(units).map(Number)) {
      const network = open(run, laboratory.at(condition, epoch)).network
      const activated = once(open(run, activations.at(condition, epoch)).activations)
      const drawn = open(run, landscapesStages.at(condition, epoch))
      const kinds = batchNorm ? (['bias', 'beta'] as const) : (['bias'] as const)
      const landscapes = once(() =>
        Promise.all(kinds.map(async (kind) => ({ kind, ...(await drawn.landscape(kind)) }))),
      )
      files.set(networkFile(condition, epoch), network)
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

/**
 * `characters` [example, position], as places in the alphabet; `deliverers` and `records`, the number in the data, [example]; `minibatches` [minibatch, member], as
 * places among the training examples.
 */
function trainingExamples(
  { codes, deliverers, train, minibatches }: Awaited<ReturnType<Reader<typeof dataset.files>['examples']>>,
  { alphabet }: Study['protocol']['encoding'],
): Tensors {
  const positions = codes.shape[1]
  const records = train.data
  const characters = new Uint8Array(records.length * positions)
  records.forEach((record, place) => {
    for (let p = 0; p < positions; p++)
      characters[place * positions + p] = codes.data[record * positions + p] % alphabet.length
  })
  const places = new Map(Array.from(records, (record, place) => [record, place]))
  const one = { shape: [records.length], axes: ['example'] }
  return {
    characters: { shape: [records.length, positions], data: characters, axes: ['example', 'position'] },
    deliverers: {
      ...one,
      data: Uint16Array.from(records, (record) => deliverers.data[record]),
      unit: 'deliverers',
    },
    records: { ...one, data: Uint16Array.from(records) },
    minibatches: {
      shape: minibatches.shape,
      data: Uint16Array.from(minibatches.data, (record) => places.get(record)!),
      axes: ['minibatch', 'member'],
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
