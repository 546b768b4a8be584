/**
 * Gradient descent on a network so small that a browser walks an epoch at once: the same start, the same
 * data, another order. Of a delivery it reads only the number of deliverers d, and it learns y = d / 10, with
 * plain minibatch steps whose gradient is clipped.
 */
import { mean } from 'd3-array'
import { deliveries } from '../../../experiments/deliveries.ts'
import { characters, encode, positions } from '../../../experiments/encoding.ts'
import { type HiddenLayer, layersFrom, type Minibatch } from '../../../experiments/landscape/layers.ts'
import { backward, descend } from '../../../experiments/landscape/one-pass.ts'
import { initialParameters } from '../../../experiments/network.ts'
import type { Encoding, Protocol } from '../../../experiments/protocol.ts'
import { permutation, stream } from '../../../experiments/random.ts'

export const walkExamples = 512
export const walkBatchSize = 16
const hidden = [32, 16, 8] as const
const targetFactor = 0.1
const learningRate = 0.1
const clipNorm = 1

/**
 * What is put into another order: the examples, so that the minibatches are others too, or only the
 * minibatches.
 */
export type Shuffled = 'examples' | 'minibatches'

/** Parameters by name, as the large network's. */
type Parameters = { readonly [name: string]: { readonly data: Float64Array } }

/**
 * A start, and where walks from it end: what the page shows, in deliverers and parts of the network's length.
 */
export interface Walked {
  /** The units whose biases are shown. */
  readonly units: readonly [number, number]
  /** Of each walk: the two biases before the first step and after each, [step][x, y]. */
  readonly paths: readonly (readonly (readonly [number, number])[])[]
  /** Mean absolute error at the start, and at each end. */
  readonly error: number
  readonly errors: readonly number[]
  /** How far an epoch moves the network, and how far two ends are apart, over its length. */
  readonly moved: number
  readonly apart: number
  /** Root mean square difference of two ends' predictions. */
  readonly disagreement: number
}

/** Walks from the network as it is after some epochs; the way there is walked once. */
export class Walker {
  readonly #trained: SmallNetwork[]

  constructor(protocol: Pick<Protocol, 'seed' | 'deliveries' | 'encoding'>) {
    this.#trained = [SmallNetwork.start(protocol)]
  }

  /** Walks an epoch in each of these orders, after so many epochs. */
  walk(epochs: number, orders: readonly number[], shuffled: Shuffled): Walked {
    const trained = this.#trained
    while (trained.length <= epochs)
      trained.push(trained[trained.length - 1].walk(trained.length, 'examples').end)
    const from = trained[epochs]
    const units = from.liveUnits
    // The orders in which the start was trained are not used again.
    const walks = orders.map((order) => from.walk(1000 + order, shuffled))
    const ends = walks.map(({ end }) => end)
    const pairs = ends.flatMap((a, i) => ends.slice(i + 1).map((b) => [a, b] as const))
    return {
      units,
      paths: walks.map(({ path }) => path.map((biases) => [biases[units[0]], biases[units[1]]] as const)),
      error: from.error,
      errors: ends.map(({ error }) => error),
      moved: mean(ends, (end) => from.distance(end)) ?? 0,
      apart: mean(pairs, ([a, b]) => a.distance(b)) ?? 0,
      disagreement: mean(pairs, ([a, b]) => a.disagreement(b)) ?? 0,
    }
  }
}

/** A walk of one epoch. */
export interface Walk {
  /** The biases of hidden layer 1, before the first step and after each. */
  readonly path: readonly Float64Array[]
  readonly end: SmallNetwork
}

/** The small network at some moment, with the data that it learns from. */
export class SmallNetwork {
  readonly #codes: Uint16Array
  readonly #targets: Float64Array
  readonly #parameters: Parameters

  private constructor(codes: Uint16Array, targets: Float64Array, parameters: Parameters) {
    this.#codes = codes
    this.#targets = targets
    this.#parameters = parameters
  }

  /** The network before its first step. */
  static start({
    seed,
    deliveries: described,
    encoding,
  }: Pick<Protocol, 'seed' | 'deliveries' | 'encoding'>): SmallNetwork {
    const read: Encoding = {
      ...encoding,
      fields: encoding.fields.filter(({ name }) => name === 'Total Deliverers'),
    }
    const records = deliveries({ seed, deliveries: { ...described, count: walkExamples } })
    const width = positions(read)
    const codes = new Uint16Array(walkExamples * width)
    records.forEach(({ fields }, n) => {
      codes.set(encode(characters(fields, read), read), n * width)
    })
    const initial = initialParameters({ seed, hidden, encoding: read }, { batchNorm: null })
    const parameters = Object.fromEntries(
      Object.entries(initial).map(([name, { data }]) => [name, { data: Float64Array.from(data) }]),
    )
    return new SmallNetwork(
      codes,
      Float64Array.from(records, ({ deliverers }) => targetFactor * deliverers),
      parameters,
    )
  }

  /** Mean absolute error over all examples, in deliverers. */
  get error(): number {
    return mean(this.#residuals(), Math.abs) ?? Number.NaN
  }

  /** Root mean square difference from another network's predictions, in deliverers. */
  disagreement(other: SmallNetwork): number {
    const [mine, others] = [this.#residuals(), other.#residuals()]
    return Math.sqrt(mine.reduce((sum, residual, n) => sum + (residual - others[n]) ** 2, 0) / mine.length)
  }

  /** Distance to another network in the space of all parameters, over this one's length. */
  distance(other: SmallNetwork): number {
    let [squares, length] = [0, 0]
    for (const [name, { data }] of Object.entries(this.#parameters)) {
      data.forEach((value, i) => {
        squares += (value - other.#parameters[name].data[i]) ** 2
        length += value ** 2
      })
    }
    return Math.sqrt(squares / length)
  }

  /** The first two units of hidden layer 1 whose ReLU is open for some example. */
  get liveUnits(): [number, number] {
    const { layers } = backward(this.#layers(), this.#minibatch(everything))
    const live = layers[1].flatMap(({ active }, unit) => (active ? [unit] : []))
    return [live[0] ?? 0, live[1] ?? 1]
  }

  /** Walks an epoch from here, over all examples in the order of this number; this network stays as it is. */
  walk(order: number, shuffled: Shuffled): Walk {
    const parameters: Parameters = Object.fromEntries(
      Object.entries(this.#parameters).map(([name, { data }]) => [name, { data: data.slice() }]),
    )
    const end = new SmallNetwork(this.#codes, this.#targets, parameters)
    const biases = parameters['hidden1.bias'].data
    const path = [biases.slice()]
    for (const members of minibatches(order, shuffled)) {
      end.#step(members)
      path.push(biases.slice())
    }
    return { path, end }
  }

  /** One step against the clipped gradient of the members' mean absolute error. */
  #step(members: Int32Array): void {
    const layers = this.#layers()
    const minibatch = this.#minibatch(members)
    const pass = backward(layers, minibatch)
    const size = members.length
    const sum = (column: ArrayLike<number>) => Array.from(column).reduce((total, value) => total + value, 0)
    const output = pass.residuals.map((residual: number) => Math.sign(residual) / size)
    /** By dense layer, the gradient with respect to its units' pre-activations, [unit][example]. */
    const deltas = [...pass.layers.map((units) => units.map(({ gradient }) => gradient)), [output]]
    const gradients: { [name: string]: Float64Array } = {}
    const names = ['hidden0', 'hidden1', 'hidden2', 'output']
    names.forEach((name, layer) => {
      gradients[`${name}.bias`] = Float64Array.from(deltas[layer], sum)
      gradients[`${name}.weight`] = new Float64Array(this.#parameters[`${name}.weight`].data.length)
    })
    const width = this.#codes.length / walkExamples
    members.forEach((member, n) => {
      for (const input of this.#codes.subarray(member * width, (member + 1) * width))
        deltas[0].forEach((delta, unit) => {
          gradients['hidden0.weight'][input * hidden[0] + unit] += delta[n]
        })
    })
    descend(layers, minibatch).forEach(({ preactivations }, layer) => {
      const next = deltas[layer + 1]
      const gradient = gradients[`${names[layer + 1]}.weight`]
      for (let unit = 0; unit < hidden[layer]; unit++) {
        next.forEach((delta, k) => {
          for (let n = 0; n < size; n++)
            gradient[unit * next.length + k] += Math.max(0, preactivations[unit * size + n]) * delta[n]
        })
      }
    })
    const norm = Math.sqrt(
      sum(Object.values(gradients).map((values) => sum(values.map((value) => value * value)))),
    )
    const rate = learningRate * Math.min(1, clipNorm / norm)
    for (const [name, gradient] of Object.entries(gradients)) {
      const { data } = this.#parameters[name]
      gradient.forEach((value, i) => {
        data[i] -= rate * value
      })
    }
  }

  #layers(): HiddenLayer[] {
    return layersFrom(this.#parameters, 0, { placement: null, epsilon: 0 })
  }

  /** Members as hidden layer 0 sees them. */
  #minibatch(members: Int32Array): Minibatch {
    const weight = this.#parameters['hidden0.weight'].data
    const bias = this.#parameters['hidden0.bias'].data
    const width = this.#codes.length / walkExamples
    const size = members.length
    const preactivations = new Float64Array(hidden[0] * size)
    members.forEach((member, n) => {
      const ones = this.#codes.subarray(member * width, (member + 1) * width)
      for (let unit = 0; unit < hidden[0]; unit++)
        preactivations[unit * size + n] = ones.reduce(
          (total, input) => total + weight[input * hidden[0] + unit],
          bias[unit],
        )
    })
    return { size, preactivations, targets: Float64Array.from(members, (member) => this.#targets[member]) }
  }

  /** Prediction minus actual number of deliverers, of every example. */
  #residuals(): Float64Array {
    const { residuals } = backward(this.#layers(), this.#minibatch(everything))
    return Float64Array.from(residuals, (residual) => residual / targetFactor)
  }
}

const everything = Int32Array.from({ length: walkExamples }, (_, n) => n)

/** The minibatches of an epoch, one after the other. */
function minibatches(order: number, shuffled: Shuffled): Int32Array[] {
  const count = walkExamples / walkBatchSize
  const examples = permutation(walkExamples, stream(shuffled === 'examples' ? order : 0, 'walk', 'examples'))
  const sequence =
    shuffled === 'examples'
      ? [...Array(count).keys()]
      : permutation(count, stream(order, 'walk', 'minibatches'))
  return Array.from(sequence, (i) => examples.slice(i * walkBatchSize, (i + 1) * walkBatchSize))
}
