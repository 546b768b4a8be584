/** What the laboratory in the page needs of the results. */
import { max } from 'd3-array'
import type { LandscapesSummary } from '../experiments/stages/landscapes.ts'
import type { Tensor, Tensors } from '../pipeline/stage.ts'
import type { Results } from './data/results.ts'
import { examplesFile, networkFile, publishedFile, type Study } from './islands/lab/study.ts'

/** The study as the laboratory is told of it. */
export async function studyOf({ protocol, run }: Results): Promise<Study> {
  const { seed, deliveries, encoding, hidden, targetFactor, training, landscapes } = protocol
  const { deliverers, train } = await run.stage('dataset').tensors('examples.safetensors')
  const conditions: Study['conditions'] = Object.fromEntries(
    await Promise.all(
      Object.entries(protocol.conditions).map(async ([name, { label, dropout, batchNorm, checkpoints }]) => {
        const units = await Promise.all(
          checkpoints.map(async (epoch) => {
            const { layers } = await run
              .stage(`landscapes ${name} ${epoch}`)
              .json<LandscapesSummary>('summary.json')
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
    mostDeliverers: max(deliverers.data as Uint16Array)!,
    conditions,
  }
}

/** Every file that the laboratory may load: its address relative to the page, and how to read it. */
export function laboratoryFiles(
  { run, protocol }: Results,
  study: Study,
): Map<string, () => Promise<Tensors>> {
  const read = new Map<string, Promise<Tensors>>()
  const tensors = (stage: string, file: string) => {
    const name = `${stage}/${file}`
    const reading = read.get(name) ?? run.stage(stage).tensors(file)
    read.set(name, reading)
    return reading
  }
  const files = new Map([
    [
      examplesFile,
      async () => trainingExamples(await tensors('dataset', 'examples.safetensors'), protocol.encoding),
    ],
  ])
  for (const [condition, { batchNorm, units }] of Object.entries(study.conditions)) {
    for (const epoch of Object.keys(units).map(Number)) {
      const at = `${condition} ${epoch}`
      files.set(networkFile(condition, epoch), () =>
        run.stage(`laboratory ${at}`).tensors('network.safetensors'),
      )
      for (let number = 1; number <= study.minibatches; number++) {
        files.set(publishedFile(condition, epoch, number), async () => {
          const { minibatches } = await tensors(`activations ${at}`, 'activations.safetensors')
          const published: { [name: string]: Tensor } = { preactivations: entry(minibatches, number - 1) }
          for (const kind of batchNorm ? ['bias', 'beta'] : ['bias']) {
            const landscapes = await tensors(`landscapes ${at}`, `landscape-${kind}.safetensors`)
            for (const layer of [1, 2])
              published[`layer${layer}.${kind}`] = entry(landscapes[`layer${layer}`], number - 1)
          }
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
  { codes, deliverers, train, minibatches }: Tensors,
  { alphabet }: Study['protocol']['encoding'],
): Tensors {
  const positions = codes.shape[1]
  const records = train.data as Int32Array
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
