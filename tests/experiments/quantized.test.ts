import { describe, expect, test } from 'vitest'
import { inputCount } from '../../experiments/encoding.ts'
import { backward } from '../../experiments/landscape/one-pass.ts'
import { activeInputs } from '../../experiments/network.ts'
import { QuantizedNetwork, quantize } from '../../experiments/quantized.ts'
import { oracle } from './oracle.ts'
import { problem, regularizers } from './problem.ts'
import { finished, restored } from './restored.ts'

describe('a quantized network', () => {
  test('has each weight of the inputs in use to half a step of its unit', () => {
    const asked = problem({ hidden: [9, 6, 4] })
    const weights = restored(asked, quantize(asked.parameters, activeInputs(asked.examples)))
    const { data, shape } = asked.parameters['hidden0.weight']
    const inUse = new Set(activeInputs(asked.examples))
    const largest = Array.from({ length: shape[1] }, (_, unit) =>
      Math.max(...[...inUse].map((input) => Math.abs(data[input * shape[1] + unit]))),
    )
    data.forEach((weight, at) => {
      const [input, unit] = [Math.floor(at / shape[1]), at % shape[1]]
      const error = inUse.has(input) ? Math.abs(weights['hidden0.weight'].data[at] - weight) : 0
      expect(error).toBeLessThanOrEqual(largest[unit] / 254 + 1e-7)
    })
  })

  for (const [name, regularizer] of Object.entries(regularizers)) {
    for (const statistics of ['minibatch', 'running'] as const) {
      test(`computes what a network with its weights computes: ${name}, ${statistics} statistics`, () => {
        const asked = problem({ ...regularizer, statistics, hidden: [130, 6, 4], size: 20 })
        const { parameters, examples, members, setting, condition, protocol } = asked
        const quantized = quantize(parameters, activeInputs(examples))
        const network = new QuantizedNetwork(quantized, inputCount(protocol.encoding), {
          placement: condition.batchNorm,
          epsilon: setting.epsilon,
        })
        const codes = Array.from(members, (member) => [
          ...examples.codes.subarray(member * examples.positions, (member + 1) * examples.positions),
        ])
        const ones = Uint16Array.from(codes.flat(), (input) => network.rowOf[input])
        const transposed = (mask: Float32Array, units: number) =>
          Float32Array.from(
            mask,
            (_, at) => mask[(at % members.length) * units + Math.floor(at / members.length)],
          )
        const { result, steps } = finished(
          network.second(ones, members.length, statistics, setting.masks?.[0] as Float32Array | undefined),
        )
        const pass = backward(network.layers(1, statistics), {
          size: members.length,
          preactivations: result,
          targets: Float64Array.from(asked.targets),
          masks:
            setting.masks &&
            [1, 2].map((layer) => transposed(setting.masks![layer] as Float32Array, protocol.hidden[layer])),
        })
        const expected = oracle(restored(asked, quantized), asked.inputs, asked.targets, setting)
        expected.outputs.forEach((output, n) => {
          expect(pass.residuals[n] + asked.targets[n]).toBeCloseTo(output, 5)
        })
        expect(steps.at(-1)).toBe(1)
      })
    }
  }
})
