/**
 * Training by minibatch stochastic gradient descent, as a condition says: its loss, gradient clipping, its
 * optimizer.
 */

import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import type { Tensors } from '../pipeline/stage.ts'
import { gradientDescent, type Optimizer } from './engine/descent.ts'
import type { Engine } from './engine/index.ts'
import { MinibatchGradients } from './gradients.ts'
import {
  activeInputs,
  type Examples,
  hiddenLayers,
  isTrained,
  masks,
  Network,
  type Parameters,
  type Pass,
  placeOf,
  selectRows,
} from './network.ts'
import { shiftOf } from './parameters.ts'
import type { Condition, Protocol } from './protocol.ts'
import { type MaskName, maskNames } from './streams.ts'

/** A condition without its name, which decides no number. */
export type TrainedCondition = Omit<Condition, 'label'>

/** What of the protocol decides a training run. */
export type TrainingProtocol = Pick<Protocol, 'seed' | 'hidden' | 'encoding' | 'training'>

/** What keeps the division by a gradient's norm finite, as PyTorch's clip_grad_norm_ has it. */
export const clipEpsilon = 1e-6

/** Minibatches that go through the network at once where nothing but the cost of the work depends on it. */
const minibatchesAtOnce = 8

/** What `Trainer.probe` says. */
export interface Probe {
  /**
   * Of each of the layers, each minibatch's gradient with respect to the shift of each unit: its bias or,
   * where batch normalization before the ReLU makes the bias irrelevant, its beta.
   */
  readonly shifts: readonly (readonly Float32Array[])[]
  /** Outputs less targets, minibatch after minibatch. */
  readonly residuals: Float32Array
  /** Inner products [minibatch, minibatch] of the first minibatches' gradients, by name of parameter. */
  readonly products: { readonly [parameter: string]: Float64Array }
}

/**
 * A network being trained. Of the first layer it holds only the rows of inputs that occur (all of them under
 * weight decay, which moves the others too): the result is the same, the work is less.
 */
export class Trainer {
  readonly #engine: Engine
  readonly #protocol: TrainingProtocol
  readonly #condition: TrainedCondition
  readonly #network: Network
  readonly #initial: Parameters
  readonly #trained: readonly string[]
  readonly #rows: Int32Array
  readonly #optimizer: Optimizer
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
    const float32 = (name: string) => saved?.tensors[name]?.data as Float32Array | undefined
    const parameters = this.#trained.map((name) => ({
      shape: this.#shape(name),
      values:
        float32(`${name}/value`) ??
        (name === 'hidden0.weight' ? selectRows(initial[name], this.#rows) : initial[name]).data,
      m: float32(`${name}/m`),
      v: float32(`${name}/v`),
    }))
    const { learningRate } = condition
    this.#optimizer =
      condition.optimizer === 'gradient descent'
        ? gradientDescent(engine, parameters, learningRate, saved?.step)
        : engine.adam(parameters, { learningRate, ...protocol.training.adam }, saved?.step)
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
    return this.#optimizer.step
  }

  /** One step of gradient descent on these examples. */
  update(examples: Examples, members: Int32Array): void {
    const { tf } = this.#engine
    const { cost, running } = tf.tidy(() => {
      const masks = this.#masks(members.length, maskNames.training(this.step))
      const pass = this.#network.differentiate(examples, members, masks)
      const gradients = this.#gradients(pass)
      const scale = clipScale(this.#engine, gradients, this.#protocol.training.clipNorm)
      const { weightDecay } = this.#condition
      if (weightDecay) {
        const decay = this.#optimizer.values.map((value) => value.mul(weightDecay))
        this.#optimizer.update(gradients.map((gradient, i) => gradient.mul(scale).add(decay[i])))
      } else this.#optimizer.update(gradients, scale)
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
   * What minibatches of one size say at the present parameters: in training mode, without changing anything.
   * The dropout masks of minibatch i bear the name `probe`, i. Of the first `whole` all parameters' gradients
   * are compared, of the others the work ends at the lowest of `layers`; those go through the network several
   * at once where batch normalization does not make each its own.
   */
  probe(examples: Examples, minibatches: readonly Int32Array[], layers: readonly number[], whole = 0): Probe {
    const { tf } = this.#engine
    const size = minibatches[0].length
    const gradients = new MinibatchGradients(this.#engine)
    const shifts = layers.map((): Float32Array[] => [])
    const residuals: Float32Array[] = []
    for (let from = 0, to: number; from < minibatches.length; from = to) {
      const alone = from < whole || this.#condition.batchNorm
      to = Math.min(minibatches.length, from + (alone ? 1 : minibatchesAtOnce))
      const together = minibatches.slice(from, to)
      tf.tidy(() => {
        const masks = this.#probeMasks(size, from, to)
        const lowest = from < whole ? 0 : Math.min(...layers)
        const pass = this.#network.differentiate(examples, joined(together), masks, lowest, size)
        if (from < whole) gradients.add(pass)
        residuals.push(pass.residuals.dataSync<'float32'>().slice())
        layers.forEach((layer, l) => {
          together.forEach((_, i) => {
            const shift =
              shiftOf(this.#condition) === 'beta'
                ? pass.betas[layer]
                : pass.deltas[layer].slice([i * size, 0], [size, -1]).sum(0)
            shifts[l].push(shift.dataSync<'float32'>().slice())
          })
        })
      })
    }
    const products = whole > 0 ? gradients.products() : {}
    gradients.dispose()
    return { shifts, residuals: joined(residuals), products }
  }

  /** The biases of a hidden layer as they are now, [unit]. */
  biases(layer: number): Float32Array {
    return this.#optimizer.values[this.#trained.indexOf(`hidden${layer}.bias`)].dataSync<'float32'>().slice()
  }

  /** All parameters, running statistics included. */
  parameters(): Parameters {
    const { parameters } = this.#optimizer.state()
    const all = { ...this.#initial }
    this.#trained.forEach((name, i) => {
      all[name] = { ...all[name], data: this.#expand(name, parameters[i].values) }
    })
    for (const [name, tensor] of Object.entries(this.#running))
      all[name] = { ...all[name], data: tensor.dataSync<'float32'>().slice() }
    return all
  }

  /** Everything from which training goes on to the same bits; the last argument of the constructor. */
  state(): { step: number; tensors: Parameters } {
    const { step, parameters } = this.#optimizer.state()
    const one = (data: Float32Array) => ({ shape: [data.length], data })
    return {
      step,
      tensors: {
        ...Object.fromEntries(
          this.#trained.flatMap((name, i) => {
            const { values, m, v } = parameters[i]
            return Object.entries({ value: values, m, v }).flatMap(([what, data]) =>
              data ? [[`${name}/${what}`, one(data)]] : [],
            )
          }),
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
    this.#optimizer.dispose()
    this.#engine.tf.dispose([this.#cost, ...Object.values(this.#running)])
  }

  #values() {
    return {
      ...Object.fromEntries(this.#trained.map((name, i) => [name, this.#optimizer.values[i]])),
      ...this.#running,
    }
  }

  /** In the order of the trained parameters. */
  #gradients({ weightGradient, deltas, gammas, betas }: Pass): Tensor[] {
    return this.#trained.map((name) => {
      const { layer, what } = placeOf(name)
      return {
        weight: () => weightGradient(layer, deltas[layer]),
        bias: () =>
          this.#condition.frozenBiases && layer < hiddenLayers
            ? this.#engine.tf.zeros(this.#initial[name].shape as [number])
            : deltas[layer].sum(0),
        gamma: () => gammas[layer],
        beta: () => betas[layer],
      }[what as 'weight' | 'bias' | 'gamma' | 'beta']()
    })
  }

  /**
   * Running statistics after a minibatch, as PyTorch keeps them: exponential averages of its mean and
   * unbiased variance.
   */
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

  /** The masks of the minibatches `from` to `to`, one below the other. */
  #probeMasks(size: number, from: number, to: number): Tensor2D[] | undefined {
    const each = Array.from({ length: to - from }, (_, i) => this.#masks(size, maskNames.probe(from + i)))
    return each[0]?.map((_, layer) => this.#engine.tf.concat(each.map((masks) => masks![layer])))
  }

  #masks(size: number, name: MaskName): Tensor2D[] | undefined {
    return masks(this.#engine, this.#protocol, this.#condition, size, name)
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

/** min(1, clipNorm / |gradient|), the norm over all gradients. */
export function clipScale(engine: Engine, gradients: readonly Tensor[], clipNorm: number): Scalar {
  const norm = engine.squaredNorm(gradients).sqrt()
  return engine.tf.minimum(1, engine.tf.div(clipNorm, norm.add(clipEpsilon)))
}

/** Arrays of one kind, one after the other. */
function joined<A extends Int32Array | Float32Array>(parts: readonly A[]): A {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const all = new (parts[0].constructor as new (length: number) => A)(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
