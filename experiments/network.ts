/** The network: input -> hidden 0 -> hidden 1 -> hidden 2 -> one output; a ReLU after each hidden layer. */

import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { Tensor as Stored } from '../pipeline/stage.ts'
import { inputCount } from './encoding.ts'
import type { Engine } from './engine/index.ts'
import type { BatchNormPlacement, Condition, Loss, Protocol } from './protocol.ts'
import { dropoutMask, stream } from './random.ts'
import { type MaskName, type PartName, streams } from './streams.ts'

/**
 * Parameters by name: `hidden0.weight` [inputs, units], `hidden0.bias` [units], ..., `output.weight` [units,
 * 1], `output.bias` [1]; under batch normalization also `hidden0.gamma`, `hidden0.beta` [units] and the
 * running statistics `hidden0.mean`, `hidden0.variance` [units], which are not trained.
 */
export type Parameters = { readonly [name: string]: Stored<Float32Array> }

export const hiddenLayers = 3

/** Whether gradient descent changes this parameter: all but the running statistics. */
export const isTrained = (name: string) => !/\.(mean|variance)$/.test(name)

/** The layer of a parameter, the output being the last, and what of it: `weight`, `bias`, `gamma`, `beta`. */
export function placeOf(name: string): { readonly layer: number; readonly what: string } {
  const [where, what] = name.split('.')
  return { layer: where === 'output' ? hiddenLayers : Number(where.slice('hidden'.length)), what }
}

/** The number of trained parameters: 3,507,741 for the published network without batch normalization. */
export function parameterCount(parameters: Parameters): number {
  return Object.entries(parameters).reduce(
    (sum, [name, { data }]) => sum + (isTrained(name) ? data.length : 0),
    0,
  )
}

/**
 * The parameters at the start of training: weights and biases uniform in +-1 / sqrt(fan-in), as PyTorch's
 * Linear draws them; gamma 1, beta 0. Every condition of a seed starts from the same weights and biases.
 */
export function initialParameters(
  { seed, hidden, encoding }: Pick<Protocol, 'seed' | 'hidden' | 'encoding'>,
  condition: Pick<Condition, 'batchNorm'>,
): Parameters {
  return drawParameters(seed, [inputCount(encoding), ...hidden, 1], condition)
}

/** The same of a network of these widths, from the inputs to the outputs. */
export function drawParameters(
  seed: number,
  widths: readonly number[],
  condition: Pick<Condition, 'batchNorm'>,
): Parameters {
  const parameters: { [name: string]: Stored<Float32Array> } = {}
  for (let layer = 0; layer <= hiddenLayers; layer++) {
    const [inputs, units] = [widths[layer], widths[layer + 1]]
    const name = layer < hiddenLayers ? `hidden${layer}` : 'output'
    const from = stream(seed, ...streams.initialParameters(name))
    const bound = 1 / Math.sqrt(inputs)
    const draw = (size: number) => Float32Array.from({ length: size }, () => (2 * from.uniform() - 1) * bound)
    parameters[`${name}.weight`] = {
      shape: [inputs, units],
      data: draw(inputs * units),
      axes: ['input', 'unit'],
    }
    parameters[`${name}.bias`] = { shape: [units], data: draw(units), axes: ['unit'] }
    if (condition.batchNorm && layer < hiddenLayers) {
      const constant = (value: number) => ({
        shape: [units],
        data: new Float32Array(units).fill(value),
        axes: ['unit'],
      })
      parameters[`${name}.gamma`] = constant(1)
      parameters[`${name}.beta`] = constant(0)
      parameters[`${name}.mean`] = constant(0)
      parameters[`${name}.variance`] = constant(1)
    }
  }
  return parameters
}

/**
 * Encoded examples: `codes` are the indices of the ones of each example's one-hot inputs, row-major [example,
 * position].
 */
export interface Examples {
  readonly codes: Uint16Array
  readonly positions: number
  /** Targets, [example]. */
  readonly targets: Float32Array
}

/**
 * The inputs that are one for at least one example, ascending. The weights of the others are never read, and
 * their gradient is exactly zero.
 */
export function activeInputs({ codes }: Examples): Int32Array {
  return Int32Array.from(new Set(codes)).sort()
}

/** How a pass treats what differs between training and evaluation. */
export interface Mode {
  /**
   * Inverted dropout masks of the hidden layers, [example, unit]; absent in evaluation or without dropout.
   */
  readonly masks?: readonly Tensor2D[] | undefined
  /** Statistics that normalize: those of the minibatch (training) or the running ones (evaluation). */
  readonly statistics: 'minibatch' | 'running'
}

/** Batch normalization by a minibatch's own statistics. */
export interface Normalization {
  /** [example, unit] */
  readonly normalized: Tensor2D
  /** The statistics, [unit]; the variance is the biased one. */
  readonly mean: Tensor1D
  readonly variance: Tensor1D
  /**
   * From the gradient with respect to `normalized` to those with respect to the values normalized, gamma and
   * beta.
   */
  back(gradient: Tensor2D): { values: Tensor2D; gamma: Tensor1D; beta: Tensor1D }
}

/** One hidden layer in a forward pass; all [example, unit] unless said otherwise. */
export interface HiddenPass {
  readonly preactivations: Tensor2D
  /** Only under batch normalization with the minibatch's own statistics. */
  readonly normalization?: Normalization | undefined
  /** What the ReLU was applied to. */
  readonly gated: Tensor2D
  readonly activations: Tensor2D
}

/**
 * The inverted dropout mask of a hidden layer that bears this name, [example, unit]; undefined without
 * dropout.
 */
export function mask(
  { seed, hidden }: Pick<Protocol, 'seed' | 'hidden'>,
  { dropout }: Pick<Condition, 'dropout'>,
  size: number,
  layer: number,
  name: MaskName | PartName,
): Float32Array | undefined {
  if (!dropout) return undefined
  return dropoutMask(
    new Float32Array(size * hidden[layer]),
    dropout,
    stream(seed, ...streams.mask(name, layer)),
  )
}

/** The masks of all hidden layers on the engine; see `mask`. */
export function masks(
  { tf }: Engine,
  protocol: Pick<Protocol, 'seed' | 'hidden'>,
  condition: Pick<Condition, 'dropout'>,
  size: number,
  name: MaskName | PartName,
): Tensor2D[] | undefined {
  if (!condition.dropout) return undefined
  return protocol.hidden.map((units, layer) =>
    tf.tensor2d(mask(protocol, condition, size, layer, name)!, [size, units]),
  )
}

/** Forward and backward pass of a minibatch. Its tensors are the caller's to tidy. */
export interface Pass {
  /** The mean of the records' losses. */
  readonly cost: Scalar
  /** Outputs less targets, [example, 1]. */
  readonly residuals: Tensor2D
  readonly hidden: readonly HiddenPass[]
  /** By layer, the output last: gradient of the cost with respect to the pre-activations, [example, unit]. */
  readonly deltas: readonly Tensor2D[]
  /**
   * By hidden layer, what each record adds to the gradient with respect to the shifts of its units (see
   * `shiftOf`), [example, unit].
   */
  readonly shifts: readonly Tensor2D[]
  /** By hidden layer, under batch normalization: gradients with respect to gamma and beta, [unit]. */
  readonly gammas: readonly Tensor1D[]
  readonly betas: readonly Tensor1D[]
  /**
   * The gradient with respect to the weights into a layer (the output is the last), [input, unit], for these
   * gradients with respect to its pre-activations.
   */
  weightGradient(layer: number, delta: Tensor2D): Tensor2D
}

/** What gradients with respect to parameters are made of. */
export type Backward = Pick<Pass, 'deltas' | 'gammas' | 'betas' | 'weightGradient'> & {
  readonly hidden: readonly Pick<HiddenPass, 'activations'>[]
}

/** The ones of one-hot inputs [example, row of `hidden0.weight`]: row and example of each. */
interface Ones {
  readonly rows: Int32Array
  readonly examples: Int32Array
}

/** What of the protocol decides a pass. */
export type NetworkProtocol = Pick<Protocol, 'encoding'> & {
  readonly training: Pick<Protocol['training'], 'batchNorm'>
}

/**
 * Parameters on the engine, by the names of `Parameters`; `hidden0.weight` has only the rows of the inputs in
 * use.
 */
export type EngineParameters = { readonly [name: string]: Tensor }

/** The network on one engine under one condition. Every method allocates tensors: callers tidy. */
export class Network {
  readonly #engine: Engine
  readonly #batchNorm: BatchNormPlacement | null
  readonly #loss: Loss
  readonly #epsilon: number
  /** Input -> its row in `hidden0.weight`, or -1. */
  readonly #row: Int32Array
  readonly #rows: number
  readonly #parameters: () => EngineParameters

  /** `inputs` are the inputs in use, as in `activeInputs`; `parameters` gives the current values. */
  constructor(
    engine: Engine,
    protocol: NetworkProtocol,
    condition: Pick<Condition, 'batchNorm' | 'loss'>,
    inputs: Int32Array,
    parameters: () => EngineParameters,
  ) {
    this.#engine = engine
    this.#batchNorm = condition.batchNorm
    this.#loss = condition.loss ?? 'absolute'
    this.#epsilon = protocol.training.batchNorm.epsilon
    this.#rows = inputs.length
    this.#row = new Int32Array(inputCount(protocol.encoding)).fill(-1)
    inputs.forEach((input, row) => {
      this.#row[input] = row
    })
    this.#parameters = parameters
  }

  /** Outputs, [example, 1], of the members of the examples, with what each hidden layer did. */
  forward(examples: Examples, members: Int32Array, mode: Mode): { outputs: Tensor2D; hidden: HiddenPass[] } {
    return this.#forward(this.#ones(examples, members), members.length, mode)
  }

  /**
   * The gradient of the mean of the members' losses, in training mode, down to hidden layer `lowest`:
   * `deltas`, `gammas` and `betas` have nothing for the layers above it, which are most of the work.
   * `averaged` is what the sum of their losses is divided by, other than their number where they are several
   * minibatches in one pass.
   */
  differentiate(
    examples: Examples,
    members: Int32Array,
    masks?: readonly Tensor2D[],
    lowest = 0,
    averaged = members.length,
  ): Pass {
    const parameters = this.#parameters()
    const ones = this.#ones(examples, members)
    const { outputs, hidden } = this.#forward(ones, members.length, { masks, statistics: 'minibatch' })
    const targets = Float32Array.from(members, (member) => examples.targets[member])
    const residuals = outputs.sub<Tensor2D>(this.#engine.tf.tensor2d(targets, [members.length, 1]))
    const deltas: Tensor2D[] = []
    const shifts: Tensor2D[] = []
    const gammas: Tensor1D[] = []
    const betas: Tensor1D[] = []
    const { cost, slopes } = lossOf(this.#loss, residuals)
    deltas[hiddenLayers] = slopes.div<Tensor2D>(averaged)
    for (let layer = hiddenLayers - 1; layer >= lowest; layer--) {
      const next = layer === hiddenLayers - 1 ? 'output' : `hidden${layer + 1}`
      const { gated, normalization } = hidden[layer]
      let delta = this.#engine.matMul(
        deltas[layer + 1],
        parameters[`${next}.weight`] as Tensor2D,
        false,
        true,
      )
      if (masks) delta = delta.mul(masks[layer])
      if (this.#batchNorm !== 'after ReLU') delta = this.#engine.gate(delta, gated)
      shifts[layer] = delta
      if (normalization) {
        const { gamma, beta, values } = normalization.back(delta)
        gammas[layer] = gamma
        betas[layer] = beta
        delta = values
      }
      if (this.#batchNorm === 'after ReLU') shifts[layer] = delta = this.#engine.gate(delta, gated)
      deltas[layer] = delta
    }
    let onesByRow: Ones | undefined
    const weightGradient = (layer: number, delta: Tensor2D) => {
      if (layer > 0) return this.#engine.matMul(hidden[layer - 1].activations, delta, true, false)
      onesByRow ??= byRow(ones, this.#rows)
      return this.#sum(delta, onesByRow, 'examples', 'rows', this.#rows)
    }
    return { cost, residuals, hidden, deltas, shifts, gammas, betas, weightGradient }
  }

  #forward(ones: Ones, size: number, mode: Mode) {
    const parameters = this.#parameters()
    const weight = (name: string) => parameters[`${name}.weight`] as Tensor2D
    const hidden = [
      this.#hidden(parameters, 0, this.#sum(weight('hidden0'), ones, 'rows', 'examples', size), mode),
    ]
    for (let layer = 1; layer < hiddenLayers; layer++) {
      const products = this.#engine.matMul(hidden[layer - 1].activations, weight(`hidden${layer}`))
      hidden.push(this.#hidden(parameters, layer, products, mode))
    }
    const outputs = this.#engine.matMul(hidden[hiddenLayers - 1].activations, weight('output'))
    return { outputs: outputs.add<Tensor2D>(parameters['output.bias']), hidden }
  }

  /** `products` are inputs times weights. */
  #hidden(parameters: EngineParameters, layer: number, products: Tensor2D, mode: Mode): HiddenPass {
    const of = (parameter: string) => parameters[`hidden${layer}.${parameter}`] as Tensor1D
    const preactivations = products.add<Tensor2D>(of('bias'))
    const mask = mode.masks?.[layer]
    const drop = (values: Tensor2D) => (mask ? values.mul<Tensor2D>(mask) : values)
    if (!this.#batchNorm)
      return { preactivations, gated: preactivations, activations: drop(preactivations.relu()) }
    const before = this.#batchNorm === 'before ReLU'
    const values = before ? preactivations : preactivations.relu<Tensor2D>()
    const normalization =
      mode.statistics === 'minibatch' ? normalize(values, of('gamma'), of('beta'), this.#epsilon) : undefined
    const normalized = normalization?.normalized ?? this.#normalizeByRunning(values, of)
    const gated = before ? normalized : preactivations
    return {
      preactivations,
      normalization,
      gated,
      activations: drop(before ? normalized.relu() : normalized),
    }
  }

  #normalizeByRunning(values: Tensor2D, of: (parameter: string) => Tensor1D): Tensor2D {
    const scale = of('variance').add(this.#epsilon).rsqrt().mul<Tensor1D>(of('gamma'))
    return values.mul(scale).add(of('beta').sub(of('mean').mul(scale)))
  }

  /** Sums of rows of a matrix: a product with the one-hot inputs or their transpose. */
  #sum(matrix: Tensor2D, ones: Ones, rows: keyof Ones, segments: keyof Ones, count: number): Tensor2D {
    const { tf } = this.#engine
    return this.#engine.sumRows(
      matrix,
      tf.tensor1d(ones[rows], 'int32'),
      tf.tensor1d(ones[segments], 'int32'),
      count,
    )
  }

  /** The ones of the members, by example. */
  #ones({ codes, positions }: Examples, members: Int32Array): Ones {
    const rows = new Int32Array(members.length * positions)
    const examples = new Int32Array(rows.length)
    let count = 0
    members.forEach((member, n) => {
      for (let p = 0; p < positions; p++) {
        const row = this.#row[codes[member * positions + p]]
        if (row < 0) continue
        rows[count] = row
        examples[count++] = n
      }
    })
    return { rows: rows.subarray(0, count), examples: examples.subarray(0, count) }
  }
}

/** The mean loss of residuals, and each one's derivative. */
function lossOf(loss: Loss, residuals: Tensor2D): { cost: Scalar; slopes: Tensor2D } {
  if (loss === 'absolute') return { cost: residuals.abs().mean(), slopes: residuals.sign() }
  if (loss === 'squared') return { cost: residuals.square().mean(), slopes: residuals.mul(2) }
  const clipped = residuals.clipByValue(-loss.huber, loss.huber)
  const slopes = clipped.div<Tensor2D>(loss.huber)
  return { cost: residuals.sub(clipped.div(2)).mul(slopes).mean(), slopes }
}

/**
 * Normalizes values [example, unit] to gamma (values - mean) / sqrt(variance + epsilon) + beta. Source: Ioffe
 * and Szegedy (2015), algorithm 1 and the gradients that follow it, with the factors that a unit's examples
 * share multiplied first: what counts is how often all values are passed over.
 */
function normalize(values: Tensor2D, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Normalization {
  const mean = values.mean<Tensor1D>(0)
  const centred = values.sub<Tensor2D>(mean)
  const variance = centred.square().mean<Tensor1D>(0)
  const inverseDeviation = variance.add(epsilon).rsqrt()
  const scale = inverseDeviation.mul<Tensor1D>(gamma)
  return {
    normalized: centred.mul(scale).add(beta),
    mean,
    variance,
    back(gradient) {
      const byBeta = gradient.sum<Tensor1D>(0)
      const byGamma = gradient.mul(centred).sum(0).mul<Tensor1D>(inverseDeviation)
      const share = scale.div(values.shape[0])
      const projection = centred.mul(byGamma.mul(inverseDeviation).mul(share)).add(byBeta.mul(share))
      return { values: gradient.mul(scale).sub(projection), gamma: byGamma, beta: byBeta }
    },
  }
}

/** The same ones, sorted by row, of which there are so many. */
function byRow({ rows, examples }: Ones, count: number): Ones {
  const places = new Int32Array(count + 1)
  for (const row of rows) places[row + 1]++
  for (let row = 0; row < count; row++) places[row + 1] += places[row]
  const sorted = { rows: new Int32Array(rows.length), examples: new Int32Array(rows.length) }
  rows.forEach((row, i) => {
    const place = places[row]++
    sorted.rows[place] = row
    sorted.examples[place] = examples[i]
  })
  return sorted
}

/** These rows of a weight matrix [input, unit], in this order. */
export function selectRows({ shape, data }: Stored<Float32Array>, rows: Int32Array): Stored<Float32Array> {
  const width = shape[1]
  const selected = new Float32Array(rows.length * width)
  rows.forEach((row, at) => {
    selected.set(data.subarray(row * width, (row + 1) * width), at * width)
  })
  return { shape: [rows.length, width], data: selected }
}

/** Puts parameters on the engine for passes without training. `dispose` frees them. */
export function load(
  engine: Engine,
  protocol: NetworkProtocol,
  condition: Pick<Condition, 'batchNorm' | 'loss'>,
  parameters: Parameters,
  examples: Examples,
): { network: Network; values: EngineParameters; dispose(): void } {
  const inputs = activeInputs(examples)
  const values: EngineParameters = Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => {
      const { shape, data } = name === 'hidden0.weight' ? selectRows(tensor, inputs) : tensor
      return [name, engine.tf.tensor(data, [...shape])]
    }),
  )
  return {
    network: new Network(engine, protocol, condition, inputs, () => values),
    values,
    dispose: () => engine.tf.dispose(Object.values(values)),
  }
}
