import { describe, expect, test } from 'vitest'
import { smoke } from '../../../experiments/protocol.ts'
import type { Run } from '../../../pipeline/run.ts'
import { resultsOf } from '../../../src/data/results.ts'

/** A run of the smoke profile whose stages have these files. */
function runOf(stages: { readonly [stage: string]: { readonly [file: string]: unknown } }): Run {
  const stage = (name: string) => ({
    tensors: async (file: string) => stages[name][file],
    json: async (file: string) => stages[name][file],
  })
  return { stages: [{ name: 'article', parameters: smoke }], stage } as unknown as Run
}

describe('agreement by epoch', () => {
  test('is the mean cosine of the minibatches whose gradient is longer than round-off, if at least half of them are', async () => {
    const shifts = (...epochs: number[][][]) => ({
      shape: [epochs.length, epochs[0].length, epochs[0][0].length],
      data: Float32Array.from(epochs.flat(2)),
    })
    const [right, up, left, none] = [
      [0.5, 0],
      [0, 2],
      [-1, 0],
      [1e-7, 1e-7],
    ]
    const layer1 = shifts(
      [right, right, up, up],
      [right, left, right, none],
      [right, left, none, none],
      [up, none, none, none],
    )
    const files = { 'shifts.safetensors': { layer1, layer2: shifts([[1], [1]]) } }
    const { label, layers } = await resultsOf(runOf({ 'training none': files })).agreementByEpoch('none')
    expect(label).toBe('no regularizer')
    expect(layers[0].meanCosine).toEqual([2 / 6, -1 / 3, -1, null])
    expect(layers[1].meanCosine).toEqual([1])
  })
})

describe('agreement by batch size', () => {
  test('is refused where examples have no gradients of their own, with the reason', async () => {
    const stages = Object.fromEntries(
      [0, 10].map((epoch) => [
        `agreement batch-norm-after ${epoch}`,
        { 'agreement.json': { batchSizes: null } },
      ]),
    )
    await expect(resultsOf(runOf(stages)).batchSizes('batch-norm-after')).rejects.toThrow(
      'The condition "batch-norm-after" has batch normalization',
    )
  })
})

describe('walks', () => {
  test('are the paths of the first drawn bias of each layer', async () => {
    const paths = {
      shape: [2, 2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    }
    const stages = {
      'walk none': { 'paths.safetensors': { layer1: paths, layer2: paths }, 'summary.json': { steps: 1 } },
      'landscapes none 12': {
        'summary.json': { layers: { layer1: { units: [1, 2] }, layer2: { units: [2, 0] } } },
      },
    }
    const { biases, summary } = await resultsOf(runOf(stages)).walk('none')
    expect(summary.steps).toBe(1)
    expect(biases.map(({ layer, unit, paths }) => [layer, unit, ...paths.map((path) => [...path])])).toEqual([
      [1, 1, [1, 4], [7, 10]],
      [2, 2, [2, 5], [8, 11]],
    ])
  })
})
