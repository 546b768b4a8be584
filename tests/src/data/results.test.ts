import { describe, expect, test } from 'vitest'
import { byGroup } from '../../../experiments/definitions/agreement.ts'
import { smoke } from '../../../experiments/protocol.ts'
import type { Run } from '../../../pipeline/run.ts'
import { resultsOf } from '../../../src/data/results.ts'

/** A run of the smoke profile whose stages have these files. */
function runOf(stages: { readonly [stage: string]: { readonly [file: string]: unknown } }): Run {
  const stage = (name: string) => ({
    tensors: async (file: string) => stages[name][file],
    json: async (file: string) => stages[name][file],
  })
  return { stages: [], protocol: smoke, stage } as unknown as Run
}

const nothing = {
  minibatches: 8,
  zero: 8,
  meanCosine: null,
  opposed: null,
  meanCosineInterval: null,
  opposedInterval: null,
  meanLength: 0,
}
const still = { neighbourAngle: null, length: 0, zero: 1 }
const layer = (units: readonly [number, number]) => ({
  units,
  active: [],
  variants: { bias: still, float32: still },
})

describe('what comes off the disk', () => {
  test('is refused where it is not what its stage leaves, with stage, file and place', async () => {
    const history = { parameterCount: 5, stepsPerEpoch: 1, epochs: [{ epoch: '0' }] }
    await expect(
      resultsOf(runOf({ 'training none': { 'history.json': history } })).training('none'),
    ).rejects.toThrow(/^history.json of stage "training none" does not hold .*: epochs.0.epoch: /)
    const turned = { shape: [1, 2], data: new Float32Array(2), axes: ['unit', 'order'] }
    await expect(
      resultsOf(runOf({ 'walk none': { 'paths.safetensors': { layer1: turned, layer2: turned } } })).walk(
        'none',
      ),
    ).rejects.toThrow('tensor "layer1" has the axes [unit, order], not [order, step, unit]')
    const wide = { shape: [1, 1, 2], data: new Float64Array(2) }
    await expect(
      resultsOf(runOf({ 'walk none': { 'paths.safetensors': { layer1: wide, layer2: wide } } })).walk('none'),
    ).rejects.toThrow('tensor "layer1" holds Float64Array, not Float32Array')
  })
})

describe('results that are watched', () => {
  test('tell which stages were read through them, and nothing of what others read', async () => {
    const history = { parameterCount: 5, stepsPerEpoch: 1, epochs: [] }
    const summary = {
      cost: [],
      positiveResiduals: [],
      layers: { layer1: layer([0, 1]), layer2: layer([2, 3]) },
    }
    const results = resultsOf(
      runOf({
        'training none': { 'history.json': history },
        'landscapes none 0': { 'summary.json': summary },
      }),
    )
    const { results: watched, opened } = results.watched()
    expect(opened()).toEqual([])
    await results.training('none')
    await expect(watched.drawnBiases('none', 1, 0)).rejects.toThrow()
    expect(opened()).toEqual(['landscapes none 0', 'training none'])
  })
})

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
        { 'agreement.json': { groups: byGroup(() => nothing), batchSizes: null } },
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
    const walked = {
      distanceFromStart: [],
      distances: [],
      predictionDifferences: [],
      startMae: 1,
      endMae: [],
    }
    const stages = {
      'walk none': {
        'paths.safetensors': { layer1: paths, layer2: paths },
        'summary.json': { ...walked, steps: 1 },
      },
      'landscapes none 12': {
        'summary.json': {
          cost: [],
          positiveResiduals: [],
          layers: { layer1: layer([1, 2]), layer2: layer([2, 0]) },
        },
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
