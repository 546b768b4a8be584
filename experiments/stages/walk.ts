import type { Artifacts, Json, StageFunction } from '../../pipeline/stage.ts'
import { type EngineName, openEngine } from '../engine/index.ts'
import { isTrained, type Parameters } from '../network.ts'
import { permutation, stream } from '../random.ts'
import { type TrainedCondition, Trainer, type TrainingProtocol } from '../training.ts'
import { readDataset, readParameters } from './inputs.ts'

export interface WalkParameters {
  readonly protocol: TrainingProtocol
  readonly condition: TrainedCondition
  /** Epoch of the checkpoint from which all walks start. */
  readonly from: number
  readonly epochs: number
  readonly orders: number
}

/** How far the networks are apart at the end of their walks. */
export interface WalkSummary {
  readonly steps: number
  /** For each order, the distance walked from the start over the start's length, in the space of all parameters. */
  readonly distanceFromStart: readonly number[]
  /** For each pair of orders, the distance of their ends over the length of the start, in the space of all parameters. */
  readonly distances: readonly number[]
  /** Root mean square difference of the test predictions, for each pair of orders, in units of y. */
  readonly predictionDifferences: readonly number[]
  /** Mean absolute error on the test set at the start and at the end of each walk, in units of y. */
  readonly startMae: number
  readonly endMae: readonly number[]
}

/** The hidden layers whose biases are recorded. */
const layers = [1, 2] as const

/**
 * Several walks of stochastic gradient descent from one checkpoint over the same training set, each with its own order, and so with its own minibatches. Adam's
 * moments start at zero, since a checkpoint has none.
 *
 * `paths.safetensors`: layer<n> [order, step, unit], the biases of hidden layers 1 and 2 after each step, step 0 being the start; `summary.json`: a WalkSummary.
 */
const walk: StageFunction<WalkParameters> = async (
  { protocol, condition, from, epochs, orders },
  inputs,
  context,
) => {
  const { examples, train, test } = await readDataset(inputs.dataset)
  const start = await readParameters(inputs.training, from)
  const engine = await openEngine(context.engine as EngineName)
  const { batchSize } = protocol.training
  const stepsPerEpoch = Math.floor(train.length / batchSize)
  const steps = epochs * stepsPerEpoch
  const paths = layers.map((layer) => new Float32Array(orders * (steps + 1) * protocol.hidden[layer]))
  const ends: { readonly parameters: Parameters; readonly predictions: Float32Array }[] = []
  let startPredictions: Float32Array = new Float32Array()

  for (let order = 0; order < orders; order++) {
    const trainer = new Trainer(engine, protocol, condition, start, examples)
    const record = () => {
      layers.forEach((layer, l) => {
        paths[l].set(trainer.biases(layer), (order * (steps + 1) + trainer.step) * protocol.hidden[layer])
      })
    }
    if (order === 0) startPredictions = trainer.predict(examples, test)
    record()
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const shuffled = permutation(train.length, stream(protocol.seed, 'walk order', order, epoch))
      for (let at = 0; at < stepsPerEpoch; at++) {
        trainer.update(
          examples,
          shuffled.slice(at * batchSize, (at + 1) * batchSize).map((i) => train[i]),
        )
        record()
        context.progress(order * steps + trainer.step, orders * steps, 'steps', `order ${order + 1}`)
      }
    }
    ends.push({ parameters: trainer.parameters(), predictions: trainer.predict(examples, test) })
    trainer.dispose()
  }

  const names = Object.keys(start).filter(isTrained)
  const length = Math.sqrt(names.reduce((sum, name) => sum + squaredDistance(start[name].data), 0))
  const distance = (a: Parameters, b: Parameters) =>
    Math.sqrt(names.reduce((sum, name) => sum + squaredDistance(a[name].data, b[name].data), 0)) / length
  const pairs = ends.flatMap((a, i) => ends.slice(i + 1).map((b) => [a, b] as const))
  const targets = Float32Array.from(test, (member) => examples.targets[member])
  const summary: WalkSummary = {
    steps,
    distanceFromStart: ends.map(({ parameters }) => distance(parameters, start)),
    distances: pairs.map(([a, b]) => distance(a.parameters, b.parameters)),
    predictionDifferences: pairs.map(([a, b]) =>
      Math.sqrt(squaredDistance(a.predictions, b.predictions) / test.length),
    ),
    startMae: meanAbsoluteDifference(startPredictions, targets),
    endMae: ends.map(({ predictions }) => meanAbsoluteDifference(predictions, targets)),
  }
  const artifacts: Artifacts = {
    'paths.safetensors': Object.fromEntries(
      layers.map((layer, l) => [
        `layer${layer}`,
        {
          shape: [orders, steps + 1, protocol.hidden[layer]],
          data: paths[l],
          axes: ['order', 'step', 'unit'],
          unit: '1',
        },
      ]),
    ),
    'summary.json': summary as unknown as Json,
  }
  return artifacts
}

export default walk

/** |a - b|^2, or |a|^2. */
function squaredDistance(a: Float32Array, b?: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - (b ? b[i] : 0)) ** 2
  return sum
}

function meanAbsoluteDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length
}
