import type { Artifacts, Json, StageFunction, Tensors } from '../../pipeline/stage.ts'
import { type EngineName, openEngine } from '../engine/index.ts'
import { initialParameters, parameterCount } from '../network.ts'
import { permutation, stream } from '../random.ts'
import { type TrainedCondition, Trainer, type TrainingProtocol } from '../training.ts'
import { parametersFile, readDataset } from './inputs.ts'

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
}

/** `history.json` of a training run. */
export interface TrainingHistory {
  readonly parameterCount: number
  readonly stepsPerEpoch: number
  readonly epochs: readonly EpochRecord[]
}

/**
 * Trains one network. `parameters-<epoch>.safetensors` at each checkpoint; `history.json`: a TrainingHistory; `film.safetensors`: actual [example] and
 * predicted [epoch, example] of some test examples; `shifts.safetensors`: layer<n> [epoch, minibatch, unit], each epoch's gradients with respect to the units' shifts.
 */
const training: StageFunction<TrainingParameters> = async ({ protocol, condition }, inputs, context) => {
  const { examples, train, test, minibatches } = await readDataset(inputs.dataset)
  const engine = await openEngine(context.engine as EngineName)
  const initial = initialParameters(protocol, condition)
  const { batchSize, filmed } = protocol.training
  const stepsPerEpoch = Math.floor(train.length / batchSize)
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
      predicted: [filmed],
      layer1: [minibatches.length, protocol.hidden[1]],
      layer2: [minibatches.length, protocol.hidden[2]],
    },
    saved?.['records.safetensors'] as Tensors | undefined,
  )
  const checkpoints: { [file: string]: Tensors } = Object.fromEntries(
    Object.entries(saved ?? {}).filter(([file]) => file.startsWith('parameters-')),
  ) as { [file: string]: Tensors }

  const record = (epoch: number) => {
    const predictions = trainer.predict(examples, test)
    const cost = epoch === 0 ? null : trainer.takeCost(stepsPerEpoch)
    history.push({ epoch, cost, ...errors(predictions, examples.targets, test) })
    records.set('predicted', epoch, predictions.subarray(0, filmed))
    minibatches.forEach((members, i) => {
      const [layer1, layer2] = trainer.shiftGradients(examples, members, [1, 2], i)
      records.set('layer1', epoch, layer1, i)
      records.set('layer2', epoch, layer2, i)
    })
    if (condition.checkpoints.includes(epoch)) checkpoints[parametersFile(epoch)] = trainer.parameters()
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
    const order = permutation(train.length, stream(protocol.seed, 'minibatch order', epoch))
    for (let at = trainer.step % stepsPerEpoch; at < stepsPerEpoch; at++) {
      const members = order.slice(at * batchSize, (at + 1) * batchSize).map((i) => train[i])
      trainer.update(examples, members)
      context.progress(trainer.step, total, 'steps', `epoch ${epoch}`)
      if (at + 1 < stepsPerEpoch && context.checkpoint.due()) await save()
    }
    record(epoch)
    if (trainer.step < total && context.checkpoint.due()) await save()
  }
  trainer.dispose()

  const epochs = condition.epochs + 1
  const { predicted, layer1, layer2 } = records.tensors()
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
  }
  return artifacts
}

export default training

/** Arrays that gain a slice each epoch. */
class EpochTensors {
  readonly #shapes: { readonly [name: string]: readonly number[] }
  readonly #data: { [name: string]: Float32Array }

  constructor(epochs: number, slices: { readonly [name: string]: readonly number[] }, saved?: Tensors) {
    this.#shapes = Object.fromEntries(
      Object.entries(slices).map(([name, shape]) => [name, [epochs, ...shape]]),
    )
    this.#data = Object.fromEntries(
      Object.entries(this.#shapes).map(([name, shape]) => [
        name,
        (saved?.[name].data as Float32Array) ??
          new Float32Array(shape.reduce((product, length) => product * length)),
      ]),
    )
  }

  /** Puts values at [epoch, row]. */
  set(name: string, epoch: number, values: Float32Array, row = 0) {
    const slice = this.#data[name].length / this.#shapes[name][0]
    this.#data[name].set(values, epoch * slice + row * values.length)
  }

  tensors(): Tensors {
    return Object.fromEntries(
      Object.entries(this.#data).map(([name, data]) => [name, { shape: this.#shapes[name], data }]),
    )
  }
}

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
