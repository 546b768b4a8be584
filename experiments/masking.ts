/**
 * Dropout with many masks at once: one vector of activations under hundreds of masks, each drawn from a
 * random stream of its own.
 */

import { instantiate } from './kernels/instantiate.ts'
import { type StreamName, startingState } from './random.ts'

export interface Masking {
  /** Lets the masks of each stream begin. */
  start(seed: number, names: readonly StreamName[]): void
  /**
   * Draws the next inverted dropout mask of each stream, the very one that `stream(...).keep` decides on, and
   * applies it to the activations [unit], none of which is negative. `open` are the units whose activation is
   * positive, with unit 0 in any case; `masked` [open unit, column] has a column for each stream, and up to
   * three more. It is overwritten by the next call.
   */
  apply(activations: Float32Array): { open: Int32Array; masked: Float32Array; columns: number }
}

/** Streams in a register. */
const lanes = 4
/**
 * Words of each stream drawn at once: what they decide on, two units each, stays in the cache nearest to the
 * processor.
 */
const wordsAtOnce = 16

/** Masks of so many streams for so many units, each unit dropped with probability p < 1. */
export async function masking(streams: number, units: number, p: number): Promise<Masking> {
  const words = Math.ceil(units / 2)
  const registers = Math.ceil(streams / lanes)
  const columns = registers * lanes
  const rowBytes = 4 * columns
  // States of the generators [register, word, lane]; of each unit its kept value and the bytes to the next
  // row; the rows, and one that is written in vain.
  const [states, factors] = [0, registers * 64]
  const rows = factors + words * 16
  const memory = new WebAssembly.Memory({ initial: Math.ceil((rows + (units + 1) * rowBytes) / 65536) })
  const { draw } = await instantiate<Loops>('draw', memory)
  const state = new Int32Array(memory.buffer, states, registers * 16)
  const kept = new Float32Array(memory.buffer, factors, words * 4)
  const advance = new Int32Array(memory.buffer, factors, words * 4)
  const last = Math.round(p * 65536) - 1

  return {
    start(seed, names) {
      names.forEach((name, s) => {
        const lane = Math.floor(s / lanes) * 16 + (s % lanes)
        startingState(seed, ...name).forEach((word, w) => {
          state[lane + w * lanes] = word
        })
      })
    },
    apply(activations) {
      const open = new Int32Array(units)
      let count = 0
      for (let from = 0; from < words; from += wordsAtOnce) {
        const to = Math.min(words, from + wordsAtOnce)
        const first = count
        for (let unit = 2 * from; unit < Math.min(units, 2 * to); unit++) {
          const isOpen = activations[unit] > 0 || unit === 0
          kept[2 * unit] = activations[unit] / (1 - p)
          advance[2 * unit + 1] = isOpen ? rowBytes : 0
          open[count] = unit
          if (isOpen) count++
        }
        draw(states, registers, factors + 16 * from, to - from, rows + first * rowBytes, last)
      }
      return {
        open: open.subarray(0, count),
        masked: new Float32Array(memory.buffer, rows, count * columns),
        columns,
      }
    },
  }
}

interface Loops {
  /**
   * Draws words of all generators, and writes to the rows from `out` on what is kept of the units that they
   * decide on.
   */
  draw(states: number, registers: number, factors: number, words: number, out: number, last: number): void
}
