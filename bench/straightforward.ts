/**
 * The same computations as anyone would write them first: TensorFlow.js's own layers of operations, its
 * autograd, its Adam.
 */

import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import { inputCount } from '../experiments/encoding.ts'
import type { Engine } from '../experiments/engine/index.ts'
import type { Examples, Parameters } from '../experiments/network.ts'
import { paper } from '../experiments/protocol.ts'

type Named = { readonly [name: string]: Tensor }

/** One-hot inputs, [example, input], all 525 of them. */
export function denseInputs({ codes, positions }: Examples, members: Int32Array): Float32Array {
  const width = inputCount(paper.encoding)
  const inputs = new Float32Array(members.length * width)
  members.forEach((member, n) => {
    for (let p = 0; p < positions; p++) inputs[n * width + codes[member * positions + p]] = 1
  })
  return inputs
}

/** The mean absolute error of a minibatch. */
function cost({ tf }: Engine, p: Named, inputs: Tensor2D, targets: Tensor2D, dropout: number): Scalar {
  let values = inputs
  for (const layer of ['hidden0', 'hidden1', 'hidden2']) {
    values = values
      .matMul<Tensor2D>(p[`${layer}.weight`] as Tensor2D)
      .add<Tensor2D>(p[`${layer}.bias`])
      .relu()
    if (dropout) values = tf.dropout(values, dropout) as Tensor2D
  }
  const outputs = values.matMul<Tensor2D>(p['output.weight'] as Tensor2D).add(p['output.bias'])
  return outputs.sub(targets).abs().mean()
}

/** Training as TensorFlow.js offers it. Call the result for each step. */
export function stockTraining(
  engine: Engine,
  initial: Parameters,
  examples: Examples,
): (members: Int32Array) => void {
  const { tf } = engine
  const { adam, clipNorm } = paper.training
  const weights = variables(engine, initial)
  const optimizer = tf.train.adam(paper.conditions.none.learningRate, adam.beta1, adam.beta2, adam.epsilon)
  return (members) =>
    tf.tidy(() => {
      const [inputs, targets] = batch(engine, examples, members)
      const { grads } = tf.variableGrads(
        () => cost(engine, weights, inputs, targets, 0),
        Object.values(weights),
      )
      const norm = tf.addN(Object.values(grads).map((gradient) => gradient.square().sum())).sqrt()
      const scale = tf.minimum(1, tf.div(clipNorm, norm))
      optimizer.applyGradients(
        Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)])),
      )
    })
}

/**
 * The gradient at one grid point over two biases of hidden layer 1 by a forward and a backward pass through
 * the network. Call the result for each point.
 */
export function naiveLandscape(
  engine: Engine,
  parameters: Parameters,
  examples: Examples,
  members: Int32Array,
  units: readonly [number, number],
  dropout = 0,
): (x: number, y: number) => [number, number] {
  const { tf } = engine
  const weights = variables(engine, parameters)
  const bias = weights['hidden1.bias']
  const [inputs, targets] = batch(engine, examples, members)
  return (x, y) => {
    const moved = parameters['hidden1.bias'].data.slice()
    moved[units[0]] += x
    moved[units[1]] += y
    const gradient = tf.tidy(() => {
      bias.assign(tf.tensor1d(moved))
      return tf.variableGrads(() => cost(engine, weights, inputs, targets, dropout), Object.values(weights))
        .grads[bias.name]
    })
    const values = gradient.dataSync()
    gradient.dispose()
    return [values[units[0]], values[units[1]]]
  }
}

function variables({ tf }: Engine, parameters: Parameters): { [name: string]: Variable } {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => [
      name,
      tf.variable(tf.tensor(data, [...shape])),
    ]),
  )
}

function batch({ tf }: Engine, examples: Examples, members: Int32Array): [Tensor2D, Tensor2D] {
  const targets = Float32Array.from(members, (member) => examples.targets[member])
  return [
    tf.tensor2d(denseInputs(examples, members), [members.length, inputCount(paper.encoding)]),
    tf.tensor2d(targets, [members.length, 1]),
  ]
}
