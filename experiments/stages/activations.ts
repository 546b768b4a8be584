import { activations } from '../definitions/activations.ts'
import { openEngine } from '../engine/index.ts'
import { factors, layerNames, weightProducts } from '../gradients.ts'
import { load, masks, type Pass } from '../network.ts'
import { examplesAtOnce, maskNames, partFrom } from '../streams.ts'
import { readDataset, readParameters } from './inputs.ts'

export default activations.implement(async ({ protocol, condition, epoch }, inputs, context) => {
  const { examples, train, minibatches } = await readDataset(inputs.dataset)
  const parameters = await readParameters(inputs.training, epoch)
  const engine = await openEngine(context.engine)
  const { tf } = engine
  const { network, dispose } = load(engine, protocol, condition, parameters, examples)
  const [, units] = protocol.hidden
  const batchSize = minibatches[0].length
  const drawn = new Float32Array(minibatches.length * batchSize * units)
  const kept: Pass[] = []
  minibatches.forEach((members, i) => {
    tf.tidy(() => {
      const mask = masks(engine, protocol, condition, batchSize, maskNames.landscape(i))
      const pass = network.differentiate(examples, members, mask)
      drawn.set(pass.hidden[1].preactivations.dataSync(), i * batchSize * units)
      factors(pass).forEach(tf.keep)
      kept.push(pass)
    })
    context.progress(i + 1, 2 * minibatches.length, 'minibatches')
  })
  const count = minibatches.length
  const products = layerNames.map((_, layer) => {
    const sum = weightProducts(engine, kept, layer)
    context.progress(count + Math.round(((layer + 1) * count) / layerNames.length), 2 * count, 'minibatches')
    return { shape: [count, count], data: sum }
  })
  tf.dispose(kept.flatMap(factors))
  const [hidden0, hidden1, hidden2, output] = products

  const all = new Float32Array(train.length * units)
  for (let from = 0; from < train.length; from += examplesAtOnce) {
    const members = train.subarray(from, from + examplesAtOnce)
    const values = tf.tidy(
      () =>
        network.forward(examples, members, {
          masks: masks(engine, protocol, condition, members.length, partFrom(maskNames.trainingSet(), from)),
          statistics: 'running',
        }).hidden[1].preactivations,
    )
    all.set(values.dataSync(), from * units)
    values.dispose()
  }
  dispose()
  const targets = (members: Int32Array) => Float32Array.from(members, (member) => examples.targets[member])
  return {
    activations: {
      minibatches: { shape: [count, batchSize, units], data: drawn },
      minibatchTargets: {
        shape: [count, batchSize],
        data: Float32Array.from(minibatches.flatMap((members) => [...targets(members)])),
      },
      train: { shape: [train.length, units], data: all },
      trainTargets: { shape: [train.length], data: targets(train) },
    },
    gradients: { hidden0, hidden1, hidden2, output },
  }
})
