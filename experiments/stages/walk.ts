import { mean } from 'd3-array'
import { type WalkSummary, walk } from '../definitions/walk.ts'
import { openEngine } from '../engine/index.ts'
import { byLayer, drawnLayers } from '../layers.ts'
import { isTrained, type Parameters } from '../network.ts'
import { permutation, stream } from '../random.ts'
import { streams } from '../streams.ts'
import { Trainer } from '../training.ts'
import { readDataset, readParameters } from './inputs.ts'

/** Adam's moments start at zero, since a checkpoint has none. */
export default walk.implement(async ({ protocol, condition, from, epochs, orders }, inputs, context) => {
  const { examples, train, test } = await readDataset(inputs.dataset)
  const start = await readParameters(inputs.training, from)
  const engine = await openEngine(context.engine)
  const { batchSize } = protocol.training
  const stepsPerEpoch = Math.floor(train.length / batchSize)
  const steps = epochs * stepsPerEpoch
  const paths = drawnLayers.map((layer) => new Float32Array(orders * (steps + 1) * protocol.hidden[layer]))
  const ends: { readonly parameters: Parameters; readonly predictions: Float32Array }[] = []
  let startPredictions: Float32Array = new Float32Array()

  for (let order = 0; order < orders; order++) {
    const trainer = new Trainer(engine, protocol, condition, start, examples)
    const record = () => {
      drawnLayers.forEach((layer, l) => {
        paths[l].set(trainer.biases(layer), (order * (steps + 1) + trainer.step) * protocol.hidden[layer])
      })
    }
    if (order === 0) startPredictions = trainer.predict(examples, test)
    record()
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const shuffled = permutation(train.length, stream(protocol.seed, ...streams.walkOrder(order, epoch)))
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
  return {
    paths: byLayer((layer) => ({
      shape: [orders, steps + 1, protocol.hidden[layer]],
      data: paths[layer - 1],
    })),
    summary,
  }
})

/** |a - b|^2, or |a|^2. */
function squaredDistance(a: Float32Array, b?: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - (b ? b[i] : 0)) ** 2
  return sum
}

const meanAbsoluteDifference = (a: Float32Array, b: Float32Array) =>
  mean(a, (value, i) => Math.abs(value - b[i])) ?? Number.NaN
