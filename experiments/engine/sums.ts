import { instantiate } from '../kernels/instantiate.ts'

/** Sums of rows of a float32 matrix in a WebAssembly memory. */
export interface Sums {
  /**
   * Row s of `out` [count, columns] is the sum, in their order, of the rows `rows[i]` of `matrix` for which
   * `segments[i]` is s, or 0 if there is none. Arrays are given by their offsets in bytes; `rows` and
   * `segments` are int32, have `ones` elements, and `segments` ascends.
   */
  sumRows(
    matrix: number,
    columns: number,
    rows: number,
    segments: number,
    ones: number,
    out: number,
    count: number,
  ): void
}

export const sumsIn = (memory: WebAssembly.Memory) => instantiate<Sums>('sums', memory)
