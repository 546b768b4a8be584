import { instantiate } from '../kernels/instantiate.ts'

/**
 * Loops over float32 arrays in a WebAssembly memory; every array is given by its offset in bytes, and may
 * have any length.
 */
export interface Loops {
  /**
   * One Adam step, in place, with the gradient multiplied by `scale`: see `Adam` in engine.ts, whose
   * corrected learning rate is `rate`.
   */
  adam(
    parameter: number,
    m: number,
    v: number,
    gradient: number,
    length: number,
    scale: number,
    rate: number,
    towards1: number,
    towards2: number,
    epsilon: number,
  ): void
  /** The sum of the squares, in float64. */
  sumOfSquares(array: number, length: number): number
}

/** The loops in a memory. WebAssembly's arithmetic is exact to the bit on every processor. */
export const loopsIn = (memory: WebAssembly.Memory) => instantiate<Loops>('loops', memory)
