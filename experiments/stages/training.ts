import type { Tensor } from '../../pipeline/stage.ts'
import { read, written } from '../definition.ts'
import { type EpochRecord, training, unfinished } from '../definitions/training.ts'
import { openEngine } from '../engine/index.ts'
import { type DrawnLayer, drawnLayers, layerName } from '../layers.ts'
import { type Sides, sidesOf } from '../measures.ts'
import { minibatchesOf } from '../minibatches.ts'
import { initialParameters, isTrained, type Parameters, parameterCount } from '../network.ts'
import { Trainer } from '../training.ts'
import { readDataset } from './inputs.ts'

export default training.implement(async ({ protocol, condition }, inputs, context) => {
  const { examples, train, test, minibatches } = await readDataset(inputs.dataset)
  const engine = await openEngine(context.engine)
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

  const stored = await context.checkpoint.load()
  const saved = stored && read(unfinished, stored)
  const trainer = new Trainer(
    engine,
    protocol,
    condition,
    initial,
    examples,
    saved && { step: saved.progress.step, tensors: saved.state },
  )
  const history: EpochRecord[] = [...(saved?.progress.history ?? [])]
  const epochs = condition.epochs + 1
  const shiftsOf = (layer: DrawnLayer) => [minibatches.length, protocol.hidden[layer]]
  const records = new EpochTensors(
    Float32Array,
    epochs,
    { predicted: [filmed], layer1: shiftsOf(1), layer2: shiftsOf(2) },
    saved?.records,
  )
  const trained = Object.keys(initial).filter(isTrained)
  const products = new EpochTensors(
    Float64Array,
    epochs,
    Object.fromEntries(trained.map((name) => [name, [whole, whole]])),
    saved?.products,
  )
  const parameters: { [epoch: number]: Parameters } = { ...saved?.parameters }
  const optimizer: { [epoch: number]: Parameters } = { ...saved?.optimizer }

  const record = (epoch: number) => {
    const predictions = trainer.predict(examples, test)
    const cost = epoch === 0 ? null : trainer.takeCost(stepsPerEpoch)
    const { shifts, residuals, ...probed } = trainer.probe(examples, minibatches, drawnLayers, whole)
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
        records.set(layerName(drawnLayers[l]), epoch, shift, i)
      })
    })
    for (const [name, values] of Object.entries(probed.products)) products.set(name, epoch, values)
    if (condition.checkpoints.includes(epoch)) parameters[epoch] = trainer.parameters()
    if (condition.optimizerAt === epoch) optimizer[epoch] = trainer.state().tensors
  }
  const save = async () => {
    const { step, tensors } = trainer.state()
    await context.checkpoint.save(
      written(unfinished, {
        progress: { step, history },
        state: tensors,
        records: records.tensors,
        products: products.tensors,
        parameters,
        optimizer,
      }),
    )
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

  const { predicted, layer1, layer2 } = records.tensors
  return {
    parameters,
    optimizer,
    history: { parameterCount: parameterCount(initial), stepsPerEpoch, epochs: history },
    film: {
      actual: { shape: [filmed], data: Float32Array.from(filmedExamples, (n) => examples.targets[n]) },
      predicted,
    },
    shifts: { layer1, layer2 },
    products: products.tensors,
  }
})

/** Arrays that gain a slice each epoch. */
class EpochTensors<Name extends string, A extends Float32Array | Float64Array> {
  readonly tensors: { readonly [name in Name]: Tensor<A> }

  constructor(
    array: { new (length: number): A },
    epochs: number,
    slices: { readonly [name in Name]: readonly number[] },
    saved: { readonly [name: string]: Tensor<A> } = {},
  ) {
    const tensors = Object.entries<readonly number[]>(slices).map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, epochs)
      return [name, { shape: [epochs, ...shape], data: saved[name]?.data ?? new array(size) }]
    })
    // One for each of the names.
    this.tensors = Object.fromEntries(tensors)
  }

  /** Puts values at [epoch, row]. */
  set(name: Name, epoch: number, values: ArrayLike<number>, row = 0) {
    const { shape, data } = this.tensors[name]
    data.set(values, (epoch * data.length) / shape[0] + row * values.length)
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
