import { activeInputs, type Parameters } from '../../experiments/network.ts'
import type { Tensors } from '../../pipeline/stage.ts'
import type { Problem } from './problem.ts'

/**
 * The parameters that a quantized network stands for, in the shape of those it was made from; weights of
 * inputs that never occur are 0.
 */
export function restored(
  { parameters, examples }: Pick<Problem, 'parameters' | 'examples'>,
  quantized: Tensors,
): Parameters {
  const inputs = activeInputs(examples)
  const [first, second] = [parameters['hidden0.weight'], parameters['hidden1.weight']]
  const units = first.shape[1]
  const weight0 = new Float32Array(first.data.length)
  const scaled = (name: string, row: number, column: number) => {
    const { shape, data } = quantized[name]
    return quantized[`${name}.scale`].data[row] * data[row * shape[1] + column]
  }
  inputs.forEach((input, row) => {
    for (let unit = 0; unit < units; unit++)
      weight0[input * units + unit] = scaled('hidden0.weight', unit, row)
  })
  const width = second.shape[1]
  return {
    ...parameters,
    'hidden0.weight': { ...first, data: weight0 },
    'hidden1.weight': {
      ...second,
      data: second.data.map((_, at) => scaled('hidden1.weight', Math.floor(at / width), at % width)),
    },
  }
}

/** Runs a generator to its end. */
export function finished<Step, Result>(steps: Generator<Step, Result>): { result: Result; steps: Step[] } {
  const seen: Step[] = []
  for (;;) {
    const { done, value } = steps.next()
    if (done) return { result: value as Result, steps: seen }
    seen.push(value as Step)
  }
}
