/** Training by minibatch stochastic gradient descent: L1 cost, gradient clipping, Adam. */

import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import type { Tensors } from '../pipeline/stage.ts'
import type { Adam, Engine } from './engine/index.ts'
import {
  activeInputs,
  type Examples,
  hiddenLayers,
  isTrained,
  masks,
  Network,
  type Parameters,
  type Pass,
  selectRows,
} from './network.ts'
import type { Condition, Protocol } from './protocol.ts'

/** A condition without its name, which decides no number. */
export type TrainedCondition = Omit<Condition, 'label'>

/** What of the protocol decides a training run. */
export type TrainingProtocol = Pick<Protocol, 'seed' | 'hidden' | 'encoding' | 'training'>

/**
 * A network being trained. Of the first layer it holds only the rows of inputs that occur (all of them under weight decay, which moves the others too): the
 * result is the same, the work is less.
 */
export class Trainer {
  readonly #engine: Engine
  readonly #protocol: TrainingProtocol
  readonly #condition: TrainedCondition
  readonly #network: Network
  readonly #initial: Parameters
  readonly #trained: readonly string[]
  readonly #rows: Int32Array
  readonly #adam: Adam
  #running: { [name: string]: Tensor }
  #cost: Scalar

  constructor(
    engine: Engine,
    protocol: TrainingProtocol,
    condition: TrainedCondition,
    initial: Parameters,
    examples: Examples,
    saved?: { readonly step: number; readonly tensors: Tensors },
  ) {
    const { tf } = engine
    this.#engine = engine
    this.#protocol = protocol
    this.#condition = condition
    this.#initial = initial
    this.#trained = Object.keys(initial).filter(isTrained)
    const inputs = initial['hidden0.weight'].shape[0]
    this.#rows = condition.weightDecay
      ? Int32Array.from({ length: inputs }, (_, i) => i)
      : activeInputs(examples)
    const float32 = (name: string) => saved?.tensors[name].data as Float32Array | undefined
    this.#adam = engine.adam(
      this.#trained.map((name) => ({
        shape: this.#shape(name),
        values:
          float32(`${name}/value`) ??
          (name === 'hidden0.weight' ? selectRows(initial[name], this.#rows) : initial[name]).data,
        m: float32(`${name}/m`),
        v: float32(`${name}/v`),
      })),
      { learningRate: condition.learningRate, ...protocol.training.adam },
      saved?.step ?? 0,
    )
    this.#running = Object.fromEntries(
      Object.keys(initial)
        .filter((name) => !isTrained(name))
        .map((name) => [name, tf.keep(tf.tensor1d(float32(name) ?? initial[name].data))]),
    )
    this.#cost = tf.keep(tf.scalar(float32('cost')?.[0] ?? 0))
    this.#network = new Network(engine, protocol, condition, this.#rows, () => this.#values())
  }

  /** Steps made. */
  get step(): number {
    return this.#adam.step
  }

  /** One step of gradient descent on these examples. */
  update(examples: Examples, members: Int32Array): void {
    const { tf } = this.#engine
    const { cost, running } = tf.tidy(() => {
      const masks = this.#masks(members.length, 'training', this.step)
      const pass = this.#network.differentiate(examples, members, masks)
      const gradients = this.#gradients(pass)
      const scale = this.#clip(gradients)
      const { weightDecay } = this.#condition
      if (weightDecay) {
        const decay = this.#adam.values.map((value) => value.mul(weightDecay))
        this.#adam.update(gradients.map((gradient, i) => gradient.mul(scale).add(decay[i])))
      } else this.#adam.update(gradients, scale)
      return { cost: this.#cost.add<Scalar>(pass.cost), running: this.#nextRunning(pass, members.length) }
    })
    tf.dispose([this.#cost, ...Object.values(this.#running)])
    this.#cost = tf.keep(cost)
    this.#running = running
    for (const tensor of Object.values(running)) tf.keep(tensor)
  }

  /** The mean training cost of the steps since this was last asked, of which there were `steps`. */
  takeCost(steps: number): number {
    const sum = this.#cost.dataSync()[0]
    this.#cost.dispose()
    this.#cost = this.#engine.tf.keep(this.#engine.tf.scalar(0))
    return sum / steps
  }

  /** Outputs in evaluation mode (no dropout, running statistics), [member]. */
  predict(examples: Examples, members: Int32Array, batchSize = 500): Float32Array {
    const { tf } = this.#engine
    const outputs = new Float32Array(members.length)
    for (let from = 0; from < members.length; from += batchSize) {
      const batch = members.subarray(from, from + batchSize)
      const result = tf.tidy(() => this.#network.forward(examples, batch, { statistics: 'running' }).outputs)
      outputs.set(result.dataSync(), from)
      result.dispose()
    }
    return outputs
  }

  /**
   * The gradient of the minibatch's cost with respect to the shift of each unit of these hidden layers: its bias or, where batch normalization before the ReLU
   * makes the bias irrelevant, its beta. In training mode, without changing anything. [layer][unit]; `name` names the dropout masks.
   */
  shiftGradients(
    examples: Examples,
    members: Int32Array,
    layers: readonly number[],
    name: number,
  ): Float32Array[] {
    const { tf } = this.#engine
    const shifts = tf.tidy((): Tensor[] => {
      const masks = this.#masks(members.length, 'probe', name)
      const { deltas, betas } = this.#network.differentiate(examples, members, masks, Math.min(...layers))
      return layers.map((layer) =>
        this.#condition.batchNorm === 'before ReLU' ? betas[layer] : deltas[layer].sum(0),
      )
    })
    const values = shifts.map((shift) => shift.dataSync<'float32'>())
    tf.dispose(shifts)
    return values
  }

  /** The biases of a hidden layer as they are now, [unit]. */
  biases(layer: number): Float32Array {
    return this.#adam.values[this.#trained.indexOf(`hidden${layer}.bias`)].dataSync<'float32'>().slice()
  }

  /** All parameters, running statistics included. */
  parameters(): Parameters {
    const { parameters } = this.#adam.state()
    const all = { ...this.#initial }
    this.#trained.forEach((name, i) => {
      all[name] = { ...all[name], data: this.#expand(name, parameters[i].values) }
    })
    for (const [name, tensor] of Object.entries(this.#running))
      all[name] = { ...all[name], data: tensor.dataSync<'float32'>().slice() }
    return all
  }

  /** Everything from which training goes on to the same bits; the last argument of the constructor. */
  state(): { step: number; tensors: Tensors } {
    const { step, parameters } = this.#adam.state()
    const one = (data: Float32Array) => ({ shape: [data.length], data })
    return {
      step,
      tensors: {
        ...Object.fromEntries(
          this.#trained.flatMap((name, i) => [
            [`${name}/value`, one(parameters[i].values)],
            [`${name}/m`, one(parameters[i].m)],
            [`${name}/v`, one(parameters[i].v)],
          ]),
        ),
        ...Object.fromEntries(
          Object.entries(this.#running).map(([name, tensor]) => [
            name,
            one(tensor.dataSync<'float32'>().slice()),
          ]),
        ),
        cost: one(this.#cost.dataSync<'float32'>().slice()),
      },
    }
  }

  dispose(): void {
    this.#adam.dispose()
    this.#engine.tf.dispose([this.#cost, ...Object.values(this.#running)])
  }

  #values() {
    return {
      ...Object.fromEntries(this.#trained.map((name, i) => [name, this.#adam.values[i]])),
      ...this.#running,
    }
  }

  /** min(1, clipNorm / |gradient|), the norm over all trained parameters. */
  #clip(gradients: readonly Tensor[]): Scalar {
    const { tf } = this.#engine
    const norm = this.#engine.squaredNorm(gradients).sqrt()
    return tf.minimum(1, tf.div(this.#protocol.training.clipNorm, norm.add(1e-6)))
  }

  /** In the order of the trained parameters. */
  #gradients({ weightGradient, deltas, gammas, betas }: Pass): Tensor[] {
    return this.#trained.map((name) => {
      const [where, what] = name.split('.')
      const layer = where === 'output' ? hiddenLayers : Number(where.slice('hidden'.length))
      return {
        weight: () => weightGradient(layer, deltas[layer]),
        bias: () => deltas[layer].sum(0),
        gamma: () => gammas[layer],
        beta: () => betas[layer],
      }[what as 'weight' | 'bias' | 'gamma' | 'beta']()
    })
  }

  /** Running statistics after a minibatch, as PyTorch keeps them: exponential averages of its mean and unbiased variance. */
  #nextRunning({ hidden }: Pass, size: number): { [name: string]: Tensor } {
    const { momentum } = this.#protocol.training.batchNorm
    const blend = (name: string, value: Tensor, correction = 1) =>
      this.#running[name].mul(1 - momentum).add(value.mul(momentum * correction))
    return Object.fromEntries(
      hidden.flatMap(({ normalization }, layer) =>
        normalization
          ? Object.entries({
              [`hidden${layer}.mean`]: blend(`hidden${layer}.mean`, normalization.mean),
              [`hidden${layer}.variance`]: blend(
                `hidden${layer}.variance`,
                normalization.variance,
                size / (size - 1),
              ),
            })
          : [],
      ),
    )
  }

  #masks(size: number, purpose: string, name: number): Tensor2D[] | undefined {
    return masks(this.#engine, this.#protocol, this.#condition, size, purpose, name)
  }

  #shape(name: string): readonly number[] {
    const { shape } = this.#initial[name]
    return name === 'hidden0.weight' ? [this.#rows.length, shape[1]] : shape
  }

  #expand(name: string, rows: Float32Array): Float32Array {
    if (name !== 'hidden0.weight') return rows
    const width = this.#initial[name].shape[1]
    const data = this.#initial[name].data.slice()
    this.#rows.forEach((row, place) => {
      data.set(rows.subarray(place * width, (place + 1) * width), row * width)
    })
    return data
  }
}
