/**
 * A network of the same hidden layers for another kind of task: dense inputs, one of several classes, a
 * softmax over as many outputs, cross-entropy.
 */

import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import type { Engine } from './engine/index.ts'
import { type Backward, hiddenLayers, type Parameters, placeOf } from './network.ts'
import { clipScale } from './training.ts'

/** Examples with dense inputs and a class each. */
export interface ClassifiedExamples {
  /** Row-major [example, input]. */
  readonly inputs: Float32Array
  readonly width: number
  /** [example], counted from 0. */
  readonly classes: Uint16Array
}

/** How a classifier is trained: see `Protocol.training`. */
export interface ClassifierTraining {
  readonly learningRate: number
  readonly clipNorm: number
  readonly adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number }
}

/** A classifier being trained by Adam with clipped gradients. */
export class Classifier {
  readonly #engine: Engine
  readonly #examples: ClassifiedExamples
  readonly #names: readonly string[]
  readonly #initial: Parameters
  readonly #clipNorm: number
  readonly #optimizer: ReturnType<Engine['adam']>

  constructor(
    engine: Engine,
    examples: ClassifiedExamples,
    initial: Parameters,
    { learningRate, clipNorm, adam }: ClassifierTraining,
  ) {
    this.#engine = engine
    this.#examples = examples
    this.#names = Object.keys(initial)
    this.#initial = initial
    this.#clipNorm = clipNorm
    this.#optimizer = engine.adam(
      Object.values(initial).map(({ shape, data }) => ({ shape, values: data })),
      { learningRate, ...adam },
    )
  }

  /** The mean cross-entropy of these examples and what its gradient is made of. Callers tidy. */
  differentiate(members: Int32Array): Backward & { readonly cost: Scalar } {
    const { tf } = this.#engine
    const { logits, hidden, inputs } = this.#forward(members)
    const chosen = tf.oneHot(
      tf.tensor1d(
        Int32Array.from(members, (member) => this.#examples.classes[member]),
        'int32',
      ),
      logits.shape[1],
    )
    const logProbabilities = tf.logSoftmax<Tensor2D>(logits)
    const cost = logProbabilities.mul(chosen).sum().div<Scalar>(-members.length)
    const deltas: Tensor2D[] = []
    deltas[hiddenLayers] = logProbabilities.exp().sub(chosen).div(members.length)
    for (let layer = hiddenLayers - 1; layer >= 0; layer--) {
      const next = layer === hiddenLayers - 1 ? 'output' : `hidden${layer + 1}`
      const delta = this.#engine.matMul(deltas[layer + 1], this.#matrix(`${next}.weight`), false, true)
      deltas[layer] = this.#engine.gate(delta, hidden[layer].preactivations)
    }
    const weightGradient = (layer: number, delta: Tensor2D) =>
      this.#engine.matMul(layer > 0 ? hidden[layer - 1].activations : inputs(), delta, true, false)
    return { cost, hidden, deltas, gammas: [], betas: [], weightGradient }
  }

  /** One step on these examples; returns their mean cross-entropy before it. */
  update(members: Int32Array): number {
    const cost = this.#engine.tf.tidy(() => {
      const { cost, deltas, weightGradient } = this.differentiate(members)
      const gradients = this.#names.map((name): Tensor => {
        const { layer, what } = placeOf(name)
        return what === 'weight' ? weightGradient(layer, deltas[layer]) : deltas[layer].sum(0)
      })
      this.#optimizer.update(gradients, clipScale(this.#engine, gradients, this.#clipNorm))
      return cost.dataSync<'float32'>()[0]
    })
    return cost
  }

  /** The share of these examples that are taken for another class. */
  error(members: Int32Array): number {
    const chosen = this.#engine.tf.tidy(() => this.#forward(members).logits.argMax(1).dataSync<'int32'>())
    return members.filter((member, n) => this.#examples.classes[member] !== chosen[n]).length / members.length
  }

  parameters(): Parameters {
    const { parameters } = this.#optimizer.state()
    return Object.fromEntries(
      this.#names.map((name, i) => [name, { ...this.#initial[name], data: parameters[i].values }]),
    )
  }

  dispose(): void {
    this.#optimizer.dispose()
  }

  #forward(members: Int32Array) {
    const { inputs: all, width } = this.#examples
    const rows = new Float32Array(members.length * width)
    members.forEach((member, n) => {
      rows.set(all.subarray(member * width, (member + 1) * width), n * width)
    })
    // Made anew when asked for, since it is not among what `MinibatchGradients` keeps.
    const inputs = () => this.#engine.tf.tensor2d(rows, [members.length, width])
    const hidden: { readonly preactivations: Tensor2D; readonly activations: Tensor2D }[] = []
    const dense = (values: Tensor2D, layer: string) =>
      this.#engine.matMul(values, this.#matrix(`${layer}.weight`)).add<Tensor2D>(this.#value(`${layer}.bias`))
    let values = inputs()
    for (let layer = 0; layer < hiddenLayers; layer++) {
      const preactivations = dense(values, `hidden${layer}`)
      values = preactivations.relu()
      hidden.push({ preactivations, activations: values })
    }
    return { inputs, hidden, logits: dense(values, 'output') }
  }

  #value(name: string): Tensor {
    return this.#optimizer.values[this.#names.indexOf(name)]
  }

  #matrix(name: string): Tensor2D {
    return this.#value(name) as Tensor2D
  }
}
