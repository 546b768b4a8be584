/**
 * Named streams of one seed: the same name always gives the same numbers, whatever was drawn before, on every
 * engine and machine.
 */

import { randomNormal } from 'd3-random'

/**
 * A pseudo-random number generator: xoshiro128** (Blackman and Vigna, 2021), its state hashed from the seed
 * and the stream's name.
 */
export interface Stream {
  /** A whole number, uniform in 0..2^32 - 1. */
  bits(): number
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform among the whole numbers least..most, both included. */
  integer(least: number, most: number): number
  normal(mean: number, deviation: number): number
  /**
   * Draws for each flag 0 with probability p, otherwise 1. One 16-bit half of a word decides a flag, so p is
   * met to 2^-17.
   */
  keep(flags: Uint8Array, p: number): Uint8Array
}

/** A random stream's name, such as `['minibatch order', 3]`. */
export type StreamName = readonly (string | number)[]

/** The stream of `seed` that bears this name. */
export function stream(seed: number, ...name: StreamName): Stream {
  const state = startingState(seed, ...name)
  // Words in stock: drawn many at a time, because the state then stays in registers.
  const words = new Uint32Array(256)
  let next = words.length
  const restock = () => {
    generate(state, words)
    next = 0
  }
  const bits = () => {
    if (next === words.length) restock()
    return words[next++]
  }
  const uniform = () => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000
  const normal = randomNormal.source(uniform)()
  const keep = (flags: Uint8Array, p: number) => {
    const last = Math.round(p * 65536) - 1
    for (let i = 0; i < flags.length; ) {
      if (next === words.length) restock()
      const end = Math.min(words.length, next + Math.ceil((flags.length - i) / 2))
      for (let w = next; w < end; w++, i += 2) {
        const word = words[w]
        // Not a branch, which the processor would predict wrongly at random, at several times the cost of the
        // drawing.
        flags[i] = (last - (word >>> 16)) >>> 31
        flags[i + 1] = (last - (word & 0xffff)) >>> 31
      }
      next = end
    }
    return flags
  }
  return {
    bits,
    uniform,
    integer: (least, most) => least + Math.floor(uniform() * (most - least + 1)),
    normal: (mean, deviation) => mean + deviation * normal(),
    keep,
  }
}

/** The four words from which the generator of the stream that bears this name starts. */
export const startingState = (seed: number, ...name: StreamName) =>
  Int32Array.from(hash(`${seed}/${name.join('/')}`))

/** The numbers 0..count - 1 in random order (Fisher and Yates). */
export function permutation(count: number, from: Stream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = from.integer(0, i)
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  return order
}

/**
 * Makes an array an inverted dropout mask: each entry is 0 with probability p and 1 / (1 - p) otherwise
 * (Srivastava et al., 2014).
 */
export function dropoutMask<A extends Float32Array | Float64Array>(mask: A, p: number, from: Stream): A {
  const kept = p < 1 ? 1 / (1 - p) : 0
  const flags = from.keep(new Uint8Array(mask.length), p)
  for (let i = 0; i < mask.length; i++) mask[i] = flags[i] * kept
  return mask
}

/** Fills `words` with the next ones of xoshiro128** and advances its state. */
function generate(state: Int32Array, words: Uint32Array): void {
  let [a, b, c, d] = state
  for (let i = 0; i < words.length; i++) {
    const product = Math.imul(b, 5)
    words[i] = Math.imul((product << 7) | (product >>> 25), 9)
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
  }
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}

/** Four well mixed words of a text: 32-bit FNV-1a from four offsets, each finished as in MurmurHash3. */
function hash(text: string): [number, number, number, number] {
  const word = (offset: number) => {
    let h = 0x811c9dc5 ^ offset
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return h ^ (h >>> 16)
  }
  return [word(0x9e3779b9), word(0x3c6ef372), word(0xdaa66d2b), word(0x78dde6e4 | 1)]
}
