import type { Artifacts, Json, StageFunction, Tensor, Tensors } from '../../pipeline/stage.ts'
import { type EngineName, openEngine } from '../engine/index.ts'
import { type Sides, sidesOf } from '../measures.ts'
import { minibatchesOf } from '../minibatches.ts'
import { initialParameters, isTrained, parameterCount } from '../network.ts'
import { type TrainedCondition, Trainer, type TrainingProtocol } from '../training.ts'
import { optimizerFile, parametersFile, readDataset } from './inputs.ts'

export interface TrainingParameters {
  readonly protocol: TrainingProtocol
  readonly condition: TrainedCondition
}

/** What is known at the end of an epoch; epoch 0 is the start. */
export interface EpochRecord {
  readonly epoch: number
  /** Mean minibatch cost over the epoch, in training mode; null at the start. */
  readonly cost: number | null
  /** Mean absolute error and coefficient of determination on the test set, in evaluation mode. */
  readonly testMae: number
  readonly testR2: number
  /** Of the training records, in evaluation mode. */
  readonly sides: Sides
  /** Of the records of the fixed minibatches, in training mode. */
  readonly sidesInTraining: Sides
}

/** `history.json` of a training run. */
export interface TrainingHistory {
  readonly parameterCount: number
  readonly stepsPerEpoch: number
  readonly epochs: readonly EpochRecord[]
}

/**
 * Trains one network. `parameters-<epoch>.safetensors` at each checkpoint, `optimizer-<epoch>.safetensors`
 * where a condition asks for it; `history.json`: a TrainingHistory; `film.safetensors`: actual [example] and
 * predicted [epoch, example] of some test examples; `shifts.safetensors`: layer<n> [epoch, minibatch, unit],
 * each epoch's gradients with respect to the units' shifts; `products.safetensors`: by name of parameter
 * [epoch, minibatch, minibatch], inner products of the gradients of the first fixed minibatches.
 */
const training: StageFunction<TrainingParameters> = async ({ protocol, condition }, inputs, context) => {
  const { examples, train, test, minibatches } = await readDataset(inputs.dataset)
  const engine = await openEngine(context.engine as EngineName)
  const initial = initialParameters(protocol, condition)
  const { batchSize, filmed } = protocol.training
  const whole = Math.min(protocol.training.whole, minibatches.length)
  const stepsPerEpoch = Math.floor(train.length / batchSize)
  // In training mode and evaluation mode alike, the fixed minibatches tell of their records; the others are
  // asked.
  const sameInBothModes = !condition.dropout && !condition.batchNorm
  const fixed = new Set(sameInBothModes ? minibatches.flatMap((members) => [...members]) : [])
  const others = train.filter((member) => !fixed.has(member))
  const filmedExamples = test.subarray(0, filmed)

  const saved = await context.checkpoint.load()
  const resumed = saved?.['progress.json'] as unknown as { step: number; history: EpochRecord[] } | undefined
  const trainer = new Trainer(
    engine,
    protocol,
    condition,
    initial,
    examples,
    resumed && { step: resumed.step, tensors: saved!['state.safetensors'] as Tensors },
  )
  const history: EpochRecord[] = [...(resumed?.history ?? [])]
  const records = new EpochTensors(
    condition.epochs + 1,
    {
      predicted: { shape: [filmed], array: Float32Array },
      layer1: { shape: [minibatches.length, protocol.hidden[1]], array: Float32Array },
      layer2: { shape: [minibatches.length, protocol.hidden[2]], array: Float32Array },
      ...Object.fromEntries(
        Object.keys(initial)
          .filter(isTrained)
          .map((name) => [name, { shape: [whole, whole], array: Float64Array }]),
      ),
    },
    saved?.['records.safetensors'] as Tensors | undefined,
  )
  const checkpoints: { [file: string]: Tensors } = Object.fromEntries(
    Object.entries(saved ?? {}).filter(([file]) => /^(parameters|optimizer)-/.test(file)),
  ) as { [file: string]: Tensors }

  const record = (epoch: number) => {
    const predictions = trainer.predict(examples, test)
    const cost = epoch === 0 ? null : trainer.takeCost(stepsPerEpoch)
    const { shifts, residuals, products } = trainer.probe(examples, minibatches, [1, 2], whole)
    const predicted = trainer.predict(examples, others)
    const sidesInTraining = sidesOf(residuals)
    const sidesOfOthers = sidesOf(predicted.map((output, i) => output - examples.targets[others[i]]))
    history.push({
      epoch,
      cost,
      ...errors(predictions, examples.targets, test),
      sides: sameInBothModes ? sumOfSides(sidesOfOthers, sidesInTraining) : sidesOfOthers,
      sidesInTraining,
    })
    records.set('predicted', epoch, predictions.subarray(0, filmed))
    shifts.forEach((layer, l) => {
      layer.forEach((shift, i) => {
        records.set(`layer${l + 1}`, epoch, shift, i)
      })
    })
    for (const [name, values] of Object.entries(products)) records.set(name, epoch, values)
    if (condition.checkpoints.includes(epoch)) checkpoints[parametersFile(epoch)] = trainer.parameters()
    if (condition.optimizerAt === epoch) checkpoints[optimizerFile(epoch)] = trainer.state().tensors
  }
  const save = async () => {
    const { step, tensors } = trainer.state()
    await context.checkpoint.save({
      'progress.json': { step, history } as unknown as Json,
      'state.safetensors': tensors,
      'records.safetensors': records.tensors(),
      ...checkpoints,
    })
  }

  if (history.length === 0) record(0)
  const total = condition.epochs * stepsPerEpoch
  while (trainer.step < total) {
    const epoch = Math.floor(trainer.step / stepsPerEpoch) + 1
    const taken = minibatchesOf(condition.composition ?? 'reshuffled', epoch, {
      seed: protocol.seed,
      batchSize,
      train,
      targets: examples.targets,
    })
    for (let at = trainer.step % stepsPerEpoch; at < stepsPerEpoch; at++) {
      trainer.update(examples, taken[at])
      context.progress(trainer.step, total, 'steps', `epoch ${epoch}`)
      if (at + 1 < stepsPerEpoch && context.checkpoint.due()) await save()
    }
    record(epoch)
    if (trainer.step < total && context.checkpoint.due()) await save()
  }
  trainer.dispose()

  const epochs = condition.epochs + 1
  const { predicted, layer1, layer2, ...products } = records.tensors()
  const artifacts: Artifacts = {
    ...checkpoints,
    'history.json': {
      parameterCount: parameterCount(initial),
      stepsPerEpoch,
      epochs: history,
    } as unknown as Json,
    'film.safetensors': {
      actual: {
        shape: [filmed],
        data: Float32Array.from(filmedExamples, (n) => examples.targets[n]),
        axes: ['example'],
      },
      predicted: { ...predicted, shape: [epochs, filmed], axes: ['epoch', 'example'] },
    },
    'shifts.safetensors': {
      layer1: { ...layer1, axes: ['epoch', 'minibatch', 'unit'], unit: 'cost per unit of the parameter' },
      layer2: { ...layer2, axes: ['epoch', 'minibatch', 'unit'], unit: 'cost per unit of the parameter' },
    },
    'products.safetensors': Object.fromEntries(
      Object.entries(products).map(([name, tensor]) => [
        name,
        { ...tensor, axes: ['epoch', 'minibatch', 'minibatch'] },
      ]),
    ),
  }
  return artifacts
}

export default training

type EpochArray = Float32Array | Float64Array

interface Slice {
  readonly shape: readonly number[]
  readonly array: Float32ArrayConstructor | Float64ArrayConstructor
}

/** Arrays that gain a slice each epoch. */
class EpochTensors {
  readonly #tensors: { readonly [name: string]: Tensor<EpochArray> }

  constructor(epochs: number, slices: { readonly [name: string]: Slice }, saved?: Tensors) {
    this.#tensors = Object.fromEntries(
      Object.entries(slices).map(([name, { shape, array }]) => {
        const size = shape.reduce((product, length) => product * length, epochs)
        return [
          name,
          {
            shape: [epochs, ...shape],
            data: (saved?.[name].data as EpochArray | undefined) ?? new array(size),
          },
        ]
      }),
    )
  }

  /** Puts values at [epoch, row]. */
  set(name: string, epoch: number, values: ArrayLike<number>, row = 0) {
    const { shape, data } = this.#tensors[name]
    data.set(values, (epoch * data.length) / shape[0] + row * values.length)
  }

  tensors(): { readonly [name: string]: Tensor<EpochArray> } {
    return this.#tensors
  }
}

const sumOfSides = (a: Sides, b: Sides): Sides => ({
  high: a.high + b.high,
  low: a.low + b.low,
  exact: a.exact + b.exact,
})

function errors(predictions: Float32Array, targets: Float32Array, members: Int32Array) {
  const count = members.length
  let [mean, absolute, squared, spread] = [0, 0, 0, 0]
  for (const member of members) mean += targets[member] / count
  members.forEach((member, i) => {
    const residual = predictions[i] - targets[member]
    absolute += Math.abs(residual)
    squared += residual * residual
    spread += (targets[member] - mean) ** 2
  })
  return { testMae: absolute / count, testR2: 1 - squared / spread }
}
