import type { Tensor } from '../../pipeline/stage.ts'
import type { Gradients } from '../agreement.ts'
import type { Contents } from '../definition.ts'
import { type MeasuresParameters, measures } from '../definitions/measures.ts'
import type { EpochRecord, training } from '../definitions/training.ts'
import { type Engine, openEngine } from '../engine/index.ts'
import { MinibatchGradients } from '../gradients.ts'
import { intervene } from '../interventions.ts'
import {
  byGroup,
  type CheckpointMeasures,
  type EpochMeasures,
  groupMeasures,
  groupProducts,
  groupsOf,
  type NetworkMeasures,
  overshootShare,
  pairUnits,
  populationMeasures,
  select,
  tensorMeasures,
  voteMeasures,
} from '../measures.ts'
import { load, masks, type Parameters } from '../network.ts'
import { shiftOf } from '../parameters.ts'
import { stream } from '../random.ts'
import { maskNames, partFrom, recordsAtOnce, streams } from '../streams.ts'
import { type Dataset, readDataset, readParameters } from './inputs.ts'

export default measures.implement(async (parameters, inputs, context) => {
  const { condition, interventions, roundOff } = parameters
  const data = await readDataset(inputs.dataset)
  const history = await inputs.training.history()
  const shifts = await inputs.training.shifts()
  const products = await inputs.training.products()
  const engine = await openEngine(context.engine)
  const total = condition.checkpoints.length + interventions.length
  const checkpoints: { [epoch: string]: CheckpointMeasures } = {}
  for (const [i, epoch] of condition.checkpoints.entries()) {
    context.progress(i, total, 'moments', `epoch ${epoch}`)
    const { overshoot } = epochMeasures(history.epochs[epoch], parameters, shifts, products)
    const found = await readParameters(inputs.training, epoch)
    checkpoints[epoch] = checkpointMeasures(engine, parameters, data, found, epoch, overshoot)
  }
  const { optimizerAt } = condition
  if (interventions.length > 0 && optimizerAt === undefined)
    throw new RangeError(`Interventions (${interventions.join(', ')}) need the condition's \`optimizerAt\`.`)
  const measured: NetworkMeasures = {
    parameters: history.parameterCount,
    records: data.train.length,
    batchSize: parameters.protocol.training.batchSize,
    epochs: history.epochs.map((record) => epochMeasures(record, parameters, shifts, products)),
    checkpoints,
    ...(optimizerAt !== undefined &&
      interventions.length > 0 && {
        interventions: intervene(engine, {
          ...parameters,
          ...data,
          epoch: optimizerAt,
          start: await readParameters(inputs.training, optimizerAt),
          state: {
            step: optimizerAt * history.stepsPerEpoch,
            tensors: await inputs.training.optimizer(optimizerAt),
          },
          kinds: interventions,
          roundOff,
          tell: (done, kind) => context.progress(condition.checkpoints.length + done, total, 'moments', kind),
        }),
      }),
  }
  return { measures: measured }
})

/** What the training recorded after each epoch. */
type Records = Contents<Pick<typeof training.files, 'shifts' | 'products'>>

function epochMeasures(
  record: EpochRecord,
  { condition, roundOff }: MeasuresParameters,
  shifts: Records['shifts'],
  products: Records['products'],
): EpochMeasures {
  const { epoch, testMae, testR2, cost, sides, sidesInTraining } = record
  const modesDiffer = condition.dropout > 0 || condition.batchNorm !== null
  return {
    epoch,
    testMae,
    testR2,
    cost,
    overshoot: overshootShare(sides),
    sides,
    ...(modesDiffer && { overshootTraining: overshootShare(sidesInTraining) }),
    groups: groupsOf(
      Object.fromEntries(Object.entries(products).map(([name, tensor]) => [name, sliceOf(tensor, epoch)])),
      [gradientsOf(shifts.layer1, epoch), gradientsOf(shifts.layer2, epoch)],
      roundOff,
    ),
  }
}

/** What a tensor [epoch, ...] has of an epoch. */
function sliceOf<A extends Float32Array | Float64Array>({ shape, data }: Tensor<A>, epoch: number): A {
  const size = data.length / shape[0]
  return data.subarray(epoch * size, (epoch + 1) * size) as A
}

function gradientsOf(tensor: Tensor<Float32Array>, epoch: number): Gradients {
  const [, count, parameters] = tensor.shape
  return { count, parameters, data: sliceOf(tensor, epoch) }
}

function checkpointMeasures(
  engine: Engine,
  parameters: MeasuresParameters,
  { examples, train, minibatches }: Dataset,
  trained: Parameters,
  epoch: number,
  overshoot: number | null,
): CheckpointMeasures {
  const { protocol, condition, roundOff } = parameters
  const { tf } = engine
  const size = minibatches[0].length
  const { network, dispose } = load(engine, protocol, condition, trained, examples)
  const gradients = new MinibatchGradients(engine)
  const residuals = new Float32Array(minibatches.length * size)
  minibatches.forEach((members, i) => {
    tf.tidy(() => {
      const mask = masks(engine, protocol, condition, size, maskNames.probe(i))
      const pass = network.differentiate(examples, members, mask)
      residuals.set(pass.residuals.dataSync<'float32'>(), i * size)
      gradients.add(pass)
    })
  })
  const shift = shiftOf(condition)
  const shifts = [gradients.vectors(`hidden1.${shift}`), gradients.vectors(`hidden2.${shift}`)] as const
  const products = gradients.products()
  gradients.dispose()
  const groups = groupProducts(products, shifts)

  const population = () => {
    const layers = [1, 2].map(
      (layer): Gradients => ({
        count: train.length,
        parameters: protocol.hidden[layer],
        data: new Float32Array(train.length * protocol.hidden[layer]),
      }),
    )
    for (let from = 0; from < train.length; from += recordsAtOnce) {
      const members = train.subarray(from, from + recordsAtOnce)
      tf.tidy(() => {
        const mask = masks(
          engine,
          protocol,
          condition,
          members.length,
          partFrom(maskNames.trainingSet(), from),
        )
        const { deltas } = network.differentiate(examples, members, mask, 1, 1)
        layers.forEach(({ data, parameters }, l) => {
          ;(data as Float32Array).set(deltas[l + 1].dataSync<'float32'>(), from * parameters)
        })
      })
    }
    const of = (gradients: Gradients, group: string) =>
      populationMeasures(
        gradients,
        size,
        parameters.measures.pairs,
        roundOff,
        stream(protocol.seed, ...streams.population(epoch, group)),
      )
    const [bias1, bias2] = layers
    return {
      pair1: of(select(bias1, pairUnits(shifts[0])), 'pair1'),
      pair2: of(select(bias2, pairUnits(shifts[1])), 'pair2'),
      bias1: of(bias1, 'bias1'),
      bias2: of(bias2, 'bias2'),
    }
  }
  const measured: CheckpointMeasures = {
    tensors: tensorMeasures(products, size, train.length, roundOff),
    groups: byGroup(groups, ({ products, count }) => groupMeasures(products, count, roundOff)),
    vote: voteMeasures(residuals, size, overshoot, groups, roundOff),
    ...(!condition.batchNorm && { population: population() }),
  }
  dispose()
  return measured
}
