/**
 * The gradient of the cost over two parameters, for several minibatches, on a grid whose centre is the
 * model's true parameters.
 */
export interface Field {
  /** Offsets of the two parameters from their true values. */
  readonly x: Float64Array
  readonly y: Float64Array
  readonly minibatches: number
  /** [minibatch, y, x, 2]: cost per parameter unit. */
  readonly gradient: Float64Array
  /** A gradient up to this length is round-off of an exact zero. */
  readonly roundOff: number
}

/** A gradient with respect to the two parameters, cost per parameter unit. */
export type Gradient = readonly [x: number, y: number]

/** The gradient of one minibatch at one grid point; exactly zero where it is round-off. */
export function gradientAt(field: Field, minibatch: number, row: number, column: number): Gradient {
  const at = 2 * ((minibatch * field.y.length + row) * field.x.length + column)
  const [x, y] = [field.gradient[at], field.gradient[at + 1]]
  return Math.hypot(x, y) <= field.roundOff ? [0, 0] : [x, y]
}

/** The mean of gradients. */
export function mean(gradients: readonly Gradient[]): Gradient {
  let [x, y] = [0, 0]
  for (const gradient of gradients) {
    x += gradient[0] / gradients.length
    y += gradient[1] / gradients.length
  }
  return [x, y]
}

/**
 * The gradient of every minibatch at one grid point; at the centre, where the parameters have their true
 * values, unless another is named.
 */
export function gradientsAt(
  field: Field,
  row = (field.y.length - 1) / 2,
  column = (field.x.length - 1) / 2,
): Gradient[] {
  return Array.from({ length: field.minibatches }, (_, minibatch) =>
    gradientAt(field, minibatch, row, column),
  )
}

/** Length of the longest gradient of the field; 0 when all are round-off. */
export function longest(field: Field): number {
  let most = 0
  for (let at = 0; at < field.gradient.length; at += 2)
    most = Math.max(most, Math.hypot(field.gradient[at], field.gradient[at + 1]))
  return most <= field.roundOff ? 0 : most
}

/** Cosine of the angle between two gradients; NaN if either is zero. */
export const cosine = (a: Gradient, b: Gradient): number =>
  (a[0] * b[0] + a[1] * b[1]) / (Math.hypot(...a) * Math.hypot(...b))

/** Whether two gradients make an angle of more than 90 degrees. */
export const opposes = (a: Gradient, b: Gradient): boolean => a[0] * b[0] + a[1] * b[1] < 0

/** Cosines of all pairs of gradients that are not zero. */
export function pairCosines(gradients: readonly Gradient[]): number[] {
  return gradients
    .flatMap((a, i) => gradients.slice(i + 1).map((b) => cosine(a, b)))
    .filter((value) => !Number.isNaN(value))
}

/**
 * At most `count` indices of an axis, evenly spread about its centre, the centre among them.
 *
 * @param length points of the axis; odd
 * @param count how many to keep; odd
 */
export function thin(length: number, count: number): number[] {
  const half = (length - 1) / 2
  const keep = Math.min(half, (count - 1) / 2)
  const step = keep === 0 ? 0 : Math.floor(half / keep)
  return Array.from({ length: 2 * keep + 1 }, (_, index) => half + (index - keep) * step)
}
