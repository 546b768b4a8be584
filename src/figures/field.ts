/** The gradient of the cost over two parameters, for several minibatches, on a grid whose centre is the model's true parameters. */
export interface Field {
  /** Offsets of the two parameters from their true values. */
  readonly x: Float64Array
  readonly y: Float64Array
  readonly minibatches: number
  /** [minibatch, y, x, 2]: cost per parameter unit. */
  readonly gradient: Float64Array
}

/** A gradient with respect to the two parameters, cost per parameter unit. */
export type Gradient = readonly [x: number, y: number]

/** The gradient of one minibatch at one grid point. */
export function gradientAt(field: Field, minibatch: number, row: number, column: number): Gradient {
  const at = 2 * ((minibatch * field.y.length + row) * field.x.length + column)
  return [field.gradient[at], field.gradient[at + 1]]
}

/** The mean gradient over all minibatches at one grid point. */
export function meanGradientAt(field: Field, row: number, column: number): Gradient {
  let [x, y] = [0, 0]
  for (let minibatch = 0; minibatch < field.minibatches; minibatch++) {
    const gradient = gradientAt(field, minibatch, row, column)
    x += gradient[0]
    y += gradient[1]
  }
  return [x / field.minibatches, y / field.minibatches]
}

/** The gradient of each minibatch at the grid's centre, where the parameters have their true values. */
export function centreGradients(field: Field): Gradient[] {
  const [row, column] = [(field.y.length - 1) / 2, (field.x.length - 1) / 2]
  return Array.from({ length: field.minibatches }, (_, minibatch) => gradientAt(field, minibatch, row, column))
}

/** Euclidean length of the longest gradient of the field. */
export function longest(field: Field): number {
  let most = 0
  for (let at = 0; at < field.gradient.length; at += 2)
    most = Math.max(most, Math.hypot(field.gradient[at], field.gradient[at + 1]))
  return most
}

/** Whether two gradients make an angle of more than 90 degrees. */
export const opposes = (a: Gradient, b: Gradient): boolean => a[0] * b[0] + a[1] * b[1] < 0

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
