/**
 * The network once more, as an oracle: float64, one scalar at a time, differentiated by a tape that knows
 * nothing but the derivatives of its few operations. Slow and plain, and without a line in common with the
 * code under test.
 */

import type { BatchNormPlacement, Loss } from '../../experiments/protocol.ts'

/** A number that remembers what it was computed from, and the derivatives with respect to that. */
class Scalar {
  gradient = 0
  readonly value: number
  readonly #parents: readonly Scalar[]
  readonly #derivatives: readonly number[]

  constructor(value: number, parents: readonly Scalar[] = [], derivatives: readonly number[] = []) {
    this.value = value
    this.#parents = parents
    this.#derivatives = derivatives
  }

  /** Passes the gradient on to what this was computed from. */
  pullBack() {
    this.#parents.forEach((parent, i) => {
      parent.gradient += this.gradient * this.#derivatives[i]
    })
  }
}

/** Scalars in the order of their computation. */
class Tape {
  readonly #scalars: Scalar[] = []

  #record(value: number, parents: readonly Scalar[], derivatives: readonly number[]): Scalar {
    const scalar = new Scalar(value, parents, derivatives)
    this.#scalars.push(scalar)
    return scalar
  }

  constant = (value: number) => new Scalar(value)
  add = (a: Scalar, b: Scalar) => this.#record(a.value + b.value, [a, b], [1, 1])
  subtract = (a: Scalar, b: Scalar) => this.#record(a.value - b.value, [a, b], [1, -1])
  multiply = (a: Scalar, b: Scalar) => this.#record(a.value * b.value, [a, b], [b.value, a.value])
  scale = (a: Scalar, factor: number) => this.#record(a.value * factor, [a], [factor])
  relu = (a: Scalar) => this.#record(Math.max(a.value, 0), [a], [a.value > 0 ? 1 : 0])
  absolute = (a: Scalar) => this.#record(Math.abs(a.value), [a], [Math.sign(a.value)])
  /** Huber's loss, as its definition has it: r^2 / (2 t) up to t, |r| - t / 2 beyond. */
  huber = (a: Scalar, t: number) =>
    Math.abs(a.value) <= t
      ? this.#record(a.value ** 2 / (2 * t), [a], [a.value / t])
      : this.#record(Math.abs(a.value) - t / 2, [a], [Math.sign(a.value)])
  /** 1 / sqrt(a). */
  inverseRoot = (a: Scalar) => this.#record(a.value ** -0.5, [a], [-0.5 * a.value ** -1.5])
  mean = (terms: readonly Scalar[]) => {
    const sum = terms.reduce((total, { value }) => total + value, 0)
    const share = terms.map(() => 1 / terms.length)
    return this.#record(sum / terms.length, terms, share)
  }
  /** The inner product of two vectors, plus a constant term. */
  affine = (a: readonly Scalar[], b: readonly Scalar[], constant: Scalar) => {
    const sum = a.reduce((total, { value }, i) => total + value * b[i].value, constant.value)
    const derivatives = [...b.map(({ value }) => value), ...a.map(({ value }) => value), 1]
    return this.#record(sum, [...a, ...b, constant], derivatives)
  }

  /** Fills in the gradients of `result` with respect to all that it was computed from. */
  differentiate(result: Scalar) {
    result.gradient = 1
    for (let i = this.#scalars.length - 1; i >= 0; i--) this.#scalars[i].pullBack()
  }
}

/** Parameters by name, as in `experiments/network.ts`, row-major. */
export type Numbers = {
  readonly [name: string]: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
}

export interface Setting {
  readonly placement: BatchNormPlacement | null
  readonly epsilon: number
  readonly statistics: 'minibatch' | 'running'
  /** Dropout masks by hidden layer, [example, unit]. */
  readonly masks?: readonly ArrayLike<number>[] | undefined
  /** The absolute error unless said otherwise. */
  readonly loss?: Loss
}

export interface OraclePass {
  readonly cost: number
  /** [example]. */
  readonly outputs: readonly number[]
  /** By hidden layer, [example][unit]. */
  readonly preactivations: readonly (readonly (readonly number[])[])[]
  /** By hidden layer, [example][unit], after the dropout mask. */
  readonly activations: readonly (readonly (readonly number[])[])[]
  /** By hidden layer, under batch normalization, what normalized each unit. */
  readonly statistics: readonly { readonly mean: number[]; readonly variance: number[] }[]
  /** Gradient of the cost, the records' mean loss, by name of parameter, row-major. */
  readonly gradients: { readonly [name: string]: Float64Array }
}

/** One pass over the examples: `inputs` [example][input], `targets` [example]. */
export function oracle(
  parameters: Numbers,
  inputs: readonly (readonly number[])[],
  targets: ArrayLike<number>,
  setting: Setting,
): OraclePass {
  const tape = new Tape()
  const scalars = Object.fromEntries(
    Object.entries(parameters).map(([name, { data }]) => [name, Array.from(data, tape.constant)]),
  )
  const hiddenLayers = Object.keys(parameters).filter((name) => /^hidden\d+\.bias$/.test(name)).length

  /** Of a dense layer, [example][unit]. */
  const dense = (layer: string, values: readonly (readonly Scalar[])[]) => {
    const weight = scalars[`${layer}.weight`]
    const bias = scalars[`${layer}.bias`]
    const columns = bias.map((_, unit) => weight.filter((_, at) => at % bias.length === unit))
    return values.map((row) => columns.map((column, unit) => tape.affine(row, column, bias[unit])))
  }

  const statistics: { mean: number[]; variance: number[] }[] = []
  const normalize = (layer: string, values: readonly (readonly Scalar[])[]) => {
    const used = { mean: [] as number[], variance: [] as number[] }
    const columns = scalars[`${layer}.gamma`].map((gamma, unit) => {
      const column = values.map((row) => row[unit])
      const running = setting.statistics === 'running'
      const mean = running ? scalars[`${layer}.mean`][unit] : tape.mean(column)
      const centred = column.map((value) => tape.subtract(value, mean))
      const variance = running
        ? scalars[`${layer}.variance`][unit]
        : tape.mean(centred.map((value) => tape.multiply(value, value)))
      const factor = tape.multiply(
        gamma,
        tape.inverseRoot(tape.add(variance, tape.constant(setting.epsilon))),
      )
      used.mean.push(mean.value)
      used.variance.push(variance.value)
      return centred.map((value) => tape.add(tape.multiply(value, factor), scalars[`${layer}.beta`][unit]))
    })
    statistics.push(used)
    return values.map((_, n) => columns.map((column) => column[n]))
  }

  const preactivations: Scalar[][][] = []
  const activations: Scalar[][][] = []
  let values: Scalar[][] = inputs.map((row) => row.map(tape.constant))
  for (let layer = 0; layer < hiddenLayers; layer++) {
    const name = `hidden${layer}`
    const rectify = (rows: readonly (readonly Scalar[])[]) => rows.map((row) => row.map(tape.relu))
    const z = dense(name, values)
    preactivations.push(z)
    if (setting.placement === 'before ReLU') values = rectify(normalize(name, z))
    else if (setting.placement === 'after ReLU') values = normalize(name, rectify(z))
    else values = rectify(z)
    const mask = setting.masks?.[layer]
    if (mask)
      values = values.map((row, n) =>
        row.map((value, unit) => tape.scale(value, mask[n * row.length + unit])),
      )
    activations.push(values)
  }
  const numbers = (row: readonly Scalar[]) => row.map(({ value }) => value)
  const outputs = dense('output', values).map(([output]) => output)
  const { loss = 'absolute' } = setting
  const errors = outputs.map((output, n) => {
    const residual = tape.subtract(output, tape.constant(targets[n]))
    if (loss === 'absolute') return tape.absolute(residual)
    return loss === 'squared' ? tape.multiply(residual, residual) : tape.huber(residual, loss.huber)
  })
  const cost = tape.mean(errors)
  tape.differentiate(cost)
  return {
    cost: cost.value,
    outputs: numbers(outputs),
    preactivations: preactivations.map((rows) => rows.map(numbers)),
    activations: activations.map((rows) => rows.map(numbers)),
    statistics,
    gradients: Object.fromEntries(
      Object.entries(scalars).map(([name, list]) => [
        name,
        Float64Array.from(list, ({ gradient }) => gradient),
      ]),
    ),
  }
}

/** The parameters with one number of them displaced. */
export function displaced(parameters: Numbers, name: string, at: number, by: number): Numbers {
  const data = Float64Array.from(parameters[name].data)
  data[at] += by
  return { ...parameters, [name]: { shape: parameters[name].shape, data } }
}

/**
 * The largest difference of two arrays, relative to the largest number of the second, or to `scale` if that
 * is given.
 */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>, scale?: number): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let [worst, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i])
    if (!(distance <= worst)) worst = distance
    largest = Math.max(largest, Math.abs(expected[i]))
  }
  const relativeTo = scale ?? largest
  return worst === 0 ? 0 : worst / relativeTo
}
