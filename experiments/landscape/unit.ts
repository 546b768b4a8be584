import type { Floats, HiddenLayer, Precision } from './layers.ts'

export const arrays = { float64: Float64Array, float32: Float32Array } as const
export type ArrayOf = (typeof arrays)[Precision]

export const columnOf = (matrix: Floats, unit: number, size: number) =>
  matrix.subarray(unit * size, (unit + 1) * size)

/** One hidden unit over the examples of a minibatch: pre-activations to activations, and gradients back. */
export class Unit {
  /** Which unit of the layer it is; may be changed, to use the same memory for one unit after another. */
  index: number
  /** Pre-activations; activations; gradient with respect to the pre-activations. All [example]. */
  readonly z: Floats
  readonly out: Floats
  readonly gradient: Floats
  gammaShift = 0
  betaShift = 0
  gammaGradient = 0
  betaGradient = 0
  readonly #layer: HiddenLayer
  /** Of all units of the layer, [unit, example]. */
  readonly #masks: Floats | undefined
  readonly #normalized: Floats
  #inverseDeviation = 0

  constructor(layer: HiddenLayer, index: number, size: number, masks: Floats | undefined, array: ArrayOf) {
    this.index = index
    this.#layer = layer
    this.#masks = masks
    this.z = new array(size)
    this.out = new array(size)
    this.gradient = new array(size)
    this.#normalized = new array(layer.batchNorm ? size : 0)
  }

  forward() {
    const { z, out } = this
    const placement = this.#layer.batchNorm?.placement
    if (placement === 'before ReLU') this.#normalize(z, out, true)
    else {
      rectify(z, out)
      if (placement) this.#normalize(out, out, false)
    }
    this.#drop(out)
  }

  /** Puts into `next` what `sums` has and this unit adds: pre-activations [next unit][example]. */
  addTo(next: readonly Floats[], sums: readonly Floats[] = next) {
    const { out } = this
    const { weight: weights } = this.#layer
    for (let k = 0; k < next.length; k++) {
      const weight = weights[this.index * next.length + k]
      const [column, sum] = [next[k], sums[k]]
      for (let n = 0; n < out.length; n++) column[n] = sum[n] + weight * out[n]
    }
  }

  /**
   * From the gradient of the next pre-activations, [next unit][example], to that of this unit's, in
   * `gradient`.
   */
  pullBack(next: readonly Floats[]) {
    const { z, out, gradient } = this
    const { weight: weights } = this.#layer
    const [first, ...others] = next
    const offset = this.index * next.length
    const weight = weights[offset]
    for (let n = 0; n < gradient.length; n++) gradient[n] = weight * first[n]
    for (let k = 0; k < others.length; k++) {
      const weight = weights[offset + 1 + k]
      const column = others[k]
      for (let n = 0; n < gradient.length; n++) gradient[n] += weight * column[n]
    }
    this.#drop(gradient)
    const placement = this.#layer.batchNorm?.placement
    if (placement === 'before ReLU') {
      // With dropout `out` is 0 also where the mask is, but there the gradient is 0 already.
      gate(gradient, out)
      this.#normalizeBack(gradient)
    } else {
      if (placement) this.#normalizeBack(gradient)
      gate(gradient, z)
    }
  }

  /** Whether the ReLU lets at least one example through. */
  get open(): boolean {
    const gated = this.#layer.batchNorm?.placement === 'before ReLU' ? this.out : this.z
    return gated.some((value: number) => value > 0)
  }

  #drop(column: Floats) {
    const masks = this.#masks
    const offset = this.index * column.length
    if (masks) for (let n = 0; n < column.length; n++) column[n] *= masks[offset + n]
  }

  #normalize(from: Floats, to: Floats, rectified: boolean) {
    const { gamma, beta, epsilon, running } = this.#layer.batchNorm!
    const normalized = this.#normalized
    const size = from.length
    const mean = running ? running.mean[this.index] : this.total(from) / size
    for (let n = 0; n < size; n++) normalized[n] = from[n] - mean
    const variance = running ? running.variance[this.index] : this.total(normalized, normalized) / size
    const inverseDeviation = 1 / Math.sqrt(variance + epsilon)
    this.#inverseDeviation = inverseDeviation
    const scale = gamma[this.index] + this.gammaShift
    const shift = beta[this.index] + this.betaShift
    for (let n = 0; n < size; n++) {
      normalized[n] *= inverseDeviation
      const value = scale * normalized[n] + shift
      to[n] = rectified && !(value > 0) ? 0 : value
    }
  }

  #normalizeBack(gradient: Floats) {
    const { gamma, running } = this.#layer.batchNorm!
    const normalized = this.#normalized
    const size = gradient.length
    const single = gradient instanceof Float32Array
    let [byGamma, byBeta] = [0, 0]
    for (let n = 0; n < size; n++) {
      byGamma += gradient[n] * normalized[n]
      byBeta += gradient[n]
      if (single) {
        byGamma = Math.fround(byGamma)
        byBeta = Math.fround(byBeta)
      }
    }
    this.gammaGradient = byGamma
    this.betaGradient = byBeta
    const scale = (gamma[this.index] + this.gammaShift) * this.#inverseDeviation
    const mean = running ? 0 : this.betaGradient / size
    const projection = running ? 0 : this.gammaGradient / size
    for (let n = 0; n < size; n++) gradient[n] = scale * (gradient[n] - mean - normalized[n] * projection)
  }

  /** The sum of a column, or of the products of two, with the precision of the computation. */
  total(column: Floats, other?: Floats): number {
    let total = 0
    if (this.z instanceof Float32Array) {
      for (let n = 0; n < column.length; n++)
        total = Math.fround(total + (other ? column[n] * other[n] : column[n]))
    } else if (other) for (let n = 0; n < column.length; n++) total += column[n] * other[n]
    else for (let n = 0; n < column.length; n++) total += column[n]
    return total
  }
}

function rectify(from: Floats, to: Floats) {
  for (let n = 0; n < from.length; n++) to[n] = from[n] > 0 ? from[n] : 0
}

/** Keeps the gradient where the rectified value is positive. */
function gate(gradient: Floats, rectified: Floats) {
  for (let n = 0; n < gradient.length; n++) if (!(rectified[n] > 0)) gradient[n] = 0
}
