import { block, tileBytes } from '../kernels/blocks.ts'
import { instantiate } from '../kernels/instantiate.ts'

/** Products of float32 matrices in a WebAssembly memory. */
export interface Products {
  /**
   * C = A B for A [m, k], B [k, n], C [m, n], each given by its offset and by the distances, in bytes, from
   * row to row and from column to column. Every element is the sum of its k products in their order, each
   * rounded, as a plain loop would have it. Either C's columns or its rows are contiguous; if its rows are, k
   * is at most `block`. `packed` has room for `packedBytes(k, n)`.
   */
  multiply(
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    c: number,
    cRow: number,
    cColumn: number,
    m: number,
    n: number,
    k: number,
    packed: number,
  ): void
}

/** Bytes of scratch memory for a right factor [k, n]. */
export const packedBytes = (k: number, n: number) => tileBytes + Math.min(k, block) * Math.ceil(n / 8) * 8 * 4

export const productsIn = (memory: WebAssembly.Memory) => instantiate<Products>('products', memory)
