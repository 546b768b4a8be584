/**
 * Dropout with many masks at once: one vector of activations under hundreds of masks, each drawn from a
 * random stream of its own.
 */

import { assemble } from './assembly.ts'
import { startingState } from './random.ts'

/** A random stream's name, as in `stream`. */
export type StreamName = readonly (string | number)[]

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
  const { draw } = await assemble<Loops>(source, memory)
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

/**
 * What the half of a word that `half` gives leaves of the next unit: a closed unit's row is overwritten by
 * the next one's.
 */
const decide = (half: string, offset: number) => `
  (v128.store (local.get $row) (v128.and
    (i32x4.gt_s ${half} (local.get $threshold))
    (v128.load32_splat offset=${offset} (local.get $factor))))
  (local.set $row (i32.add (local.get $row) (i32.load offset=${offset + 4} (local.get $factor))))`

const rotated = (x: string, by: number) => `(v128.or
  (i32x4.shl ${x} (i32.const ${by})) (i32x4.shr_u ${x} (i32.const ${32 - by})))`

const xor = (a: string, b: string) => `(local.set ${a} (v128.xor (local.get ${a}) (local.get ${b})))`

/** xoshiro128** as in random.ts, four generators at a time. */
const source = `(module
  (import "host" "memory" (memory 0))
  (func (export "draw")
    (param $states i32) (param $registers i32) (param $factors i32) (param $words i32) (param $out i32) (param $last i32)
    (local $threshold v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $t v128) (local $word v128)
    (local $factor i32) (local $end i32) (local $row i32)
    (local.set $threshold (i32x4.splat (local.get $last)))
    (local.set $end (i32.add (local.get $factors) (i32.mul (local.get $words) (i32.const 16))))
    (loop $register
      (local.set $a (v128.load (local.get $states)))
      (local.set $b (v128.load offset=16 (local.get $states)))
      (local.set $c (v128.load offset=32 (local.get $states)))
      (local.set $d (v128.load offset=48 (local.get $states)))
      (local.set $row (local.get $out))
      (local.set $factor (local.get $factors))
      (loop $next
        (local.set $t (i32x4.add (local.get $b) (i32x4.shl (local.get $b) (i32.const 2))))
        (local.set $t ${rotated('(local.get $t)', 7)})
        (local.set $word (i32x4.add (local.get $t) (i32x4.shl (local.get $t) (i32.const 3))))
        (local.set $t (i32x4.shl (local.get $b) (i32.const 9)))
        ${xor('$c', '$a')} ${xor('$d', '$b')} ${xor('$b', '$c')} ${xor('$a', '$d')} ${xor('$c', '$t')}
        (local.set $d ${rotated('(local.get $d)', 11)})
        ${decide('(i32x4.shr_u (local.get $word) (i32.const 16))', 0)}
        ${decide('(v128.and (local.get $word) (v128.const i32x4 0xffff 0xffff 0xffff 0xffff))', 8)}
        (local.set $factor (i32.add (local.get $factor) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $factor) (local.get $end))))
      (v128.store (local.get $states) (local.get $a))
      (v128.store offset=16 (local.get $states) (local.get $b))
      (v128.store offset=32 (local.get $states) (local.get $c))
      (v128.store offset=48 (local.get $states) (local.get $d))
      (local.set $states (i32.add (local.get $states) (i32.const 64)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $registers (i32.sub (local.get $registers) (i32.const 1)))
      (br_if $register (local.get $registers)))))`
