/** How fast a machine is at one fixed piece of work, so that budgets of time mean the same on each. */
import { spread } from './measure.ts'

/** Milliseconds of the step on an AMD EPYC (Zen 3) with Node.js 22.23.2, which is pace 1. */
const reference = 75

const [rows, inner, columns, repeats] = [256, 512, 256, 7]

/**
 * A product of two matrices and a pass over memory, in plain JavaScript on one core: the arithmetic and the
 * memory that everything here waits for. Returns what it comes to, so that none of it can be left out.
 */
function step(a: Float32Array, b: Float32Array, memory: Float32Array): number {
  let sum = 0
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let product = 0
      for (let k = 0; k < inner; k++) product += a[i * inner + k] * b[j * inner + k]
      sum += product
    }
  }
  for (let at = 0; at < memory.length; at++) sum += memory[at]
  return sum
}

/**
 * How many times as long as the reference this machine takes for the step, by processor time: 2 is half as
 * fast. Every budget of time is multiplied by it.
 */
export function calibrate(): number {
  const [a, b, memory] = [rows * inner, columns * inner, 2 ** 24].map((size) =>
    Float32Array.from({ length: size }, (_, i) => (i % 7) / 7),
  )
  const times = Array.from({ length: repeats + 1 }, () => {
    const before = process.cpuUsage()
    if (!(step(a, b, memory) > 0)) throw new Error('The calibration step came to nothing.')
    return process.cpuUsage(before).user / 1000
  })
  return spread(times.slice(1)).median / reference
}
