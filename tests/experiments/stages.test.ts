import { beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, agreement, gram, noiseScale } from '../../experiments/agreement.ts'
import type { CheckpointAgreement, GroupName } from '../../experiments/definitions/agreement.ts'
import type { FreshSummary } from '../../experiments/definitions/fresh.ts'
import type { LandscapesSummary } from '../../experiments/definitions/landscapes.ts'
import type { TrainingHistory } from '../../experiments/definitions/training.ts'
import type { WalkSummary } from '../../experiments/definitions/walk.ts'
import { openEngine } from '../../experiments/engine/index.ts'
import { drawnLayers, layerName } from '../../experiments/layers.ts'
import { initialParameters, mask, type Parameters } from '../../experiments/network.ts'
import type { Protocol } from '../../experiments/protocol.ts'
import { permutation, stream } from '../../experiments/random.ts'
import type { MaskName } from '../../experiments/streams.ts'
import { Trainer } from '../../experiments/training.ts'
import type { Results } from '../../pipeline/memory.ts'
import type { Artifacts, Tensors } from '../../pipeline/stage.ts'
import { digest, engines, run, tiny } from './harness.ts'
import { difference, displaced, oracle, type Setting } from './oracle.ts'
import { asRead } from './problem.ts'

const conditions = Object.keys(tiny.conditions)
/** The checkpoint that these tests look at. */
const epoch = 2
const inputCount = 525

const tensors = (results: Results, stage: string, file: string) => results[stage][file] as Tensors
const json = <T>(results: Results, stage: string, file: string) => results[stage][file] as T

let trained: Results
let results: Results
beforeAll(async () => {
  trained = await run(tiny, 'wasm', (stage) => /^(dataset|training)/.test(stage))
  results = await run(tiny, 'wasm', undefined, { done: trained })
})

/** The examples as the oracles read them, and parameters and setting of the checkpoint of a condition. */
function given(condition: string) {
  const { codes, targets, train, test, minibatches } = tensors(results, 'dataset', 'examples.safetensors')
  const [count, size] = minibatches.shape
  const examples = {
    codes: codes.data as Uint16Array,
    positions: 35,
    targets: targets.data as Float32Array,
  }
  const { dropout, batchNorm } = tiny.conditions[condition]
  return {
    train: train.data as Int32Array,
    test: test.data as Int32Array,
    minibatches: Array.from({ length: count }, (_, i) =>
      (minibatches.data as Int32Array).subarray(i * size, (i + 1) * size),
    ),
    parameters: tensors(results, `training ${condition}`, `parameters-${epoch}.safetensors`) as Parameters,
    read: (members: Int32Array) => asRead(examples, members, inputCount),
    /** Training mode, with the dropout masks of this name; or evaluation mode. */
    setting: (name?: MaskName): Setting => ({
      placement: batchNorm,
      epsilon: tiny.training.batchNorm.epsilon,
      statistics: name ? 'minibatch' : 'running',
      masks:
        dropout && name
          ? tiny.hidden.map((_, layer) => mask(tiny, { dropout }, size, layer, name)!)
          : undefined,
    }),
  }
}

describe('the dataset', () => {
  const dataset = () => tensors(results, 'dataset', 'examples.safetensors')

  test('splits all records into training and test examples', () => {
    const { train, test } = dataset()
    expect([train.shape, test.shape]).toEqual([[128], [32]])
    const members = [...train.data, ...test.data].sort((a, b) => a - b)
    expect(members).toEqual(Array.from({ length: 160 }, (_, n) => n))
  })

  test('draws minibatches of training examples, none of them twice', () => {
    const { minibatches, train } = dataset()
    expect(minibatches.shape).toEqual([3, 16])
    expect(new Set(minibatches.data).size).toBe(48)
    const among = new Set(train.data)
    expect([...minibatches.data].every((member) => among.has(member))).toBe(true)
  })

  test('has targets that the characters of Total Deliverers alone decide', () => {
    const { codes, targets, deliverers } = dataset()
    const { alphabet } = tiny.encoding
    // The field stands behind the 4 + 1 + 8 + 5 characters of the four fields before it.
    for (let n = 0; n < 160; n++) {
      const text = [...codes.data.subarray(n * 35 + 18, n * 35 + 21)]
        .map((code) => alphabet[code % 15])
        .join('')
      const d = Number(text.replaceAll('_', ''))
      expect(deliverers.data[n]).toBe(d)
      expect(targets.data[n]).toBe(Math.fround(tiny.targetFactor * d))
    }
  })

  test('shows the first records as text', () => {
    const records = json<{ fields: object; characters: string; target: number }[]>(
      results,
      'dataset',
      'records.json',
    )
    expect(records).toHaveLength(20)
    records.forEach(({ characters, target }, n) => {
      expect(characters).toHaveLength(35)
      expect(Math.fround(target)).toBe(dataset().targets.data[n])
    })
  })

  test('refuses more minibatches than the training examples fill', async () => {
    const landscapes = { ...tiny.landscapes, minibatches: 9 }
    await expect(run({ ...tiny, landscapes }, 'wasm', (stage) => stage === 'dataset')).rejects.toThrow(
      '9 landscapes of 16 examples need 144 training examples; there are 128.',
    )
  })
})

describe.each(conditions)('the training %s', (condition) => {
  const history = () => json<TrainingHistory>(results, `training ${condition}`, 'history.json')

  test('keeps the parameters of each checkpoint, from the initial ones on', () => {
    const kept = Object.keys(results[`training ${condition}`]).filter((file) =>
      file.startsWith('parameters-'),
    )
    expect(kept.sort()).toEqual(['parameters-0.safetensors', 'parameters-2.safetensors'])
    const start = tensors(results, `training ${condition}`, 'parameters-0.safetensors')
    const initial = initialParameters(tiny, tiny.conditions[condition])
    expect(Object.keys(start)).toEqual(Object.keys(initial))
    for (const [name, { data }] of Object.entries(initial)) expect(start[name].data).toEqual(data)
    expect(digest(start)).not.toBe(digest(given(condition).parameters))
  })

  test('records each epoch: its cost, and mean absolute error and R2 of the test set in evaluation mode', () => {
    const { epochs, stepsPerEpoch } = history()
    expect(stepsPerEpoch).toBe(8)
    expect(epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3])
    expect(epochs.map(({ cost }) => cost === null)).toEqual([true, false, false, false])
    const { parameters, test, read, setting } = given(condition)
    const { inputs, targets } = read(test)
    const { outputs, cost } = oracle(parameters, inputs, targets, setting())
    const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length
    const squares = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0)
    const r2 =
      1 - squares(outputs.map((o, n) => o - targets[n])) / squares(targets.map((target) => target - mean))
    expect(epochs[epoch].testMae / cost).toBeCloseTo(1, 5)
    expect(epochs[epoch].testR2).toBeCloseTo(r2, 4)
  })

  test('films the predictions of the first test examples', () => {
    const { actual, predicted } = tensors(results, `training ${condition}`, 'film.safetensors')
    expect([actual.shape, predicted.shape]).toEqual([[5], [4, 5]])
    const { parameters, test, read, setting } = given(condition)
    const { inputs, targets } = read(test.slice(0, 5))
    expect([...actual.data]).toEqual(targets)
    const { outputs } = oracle(parameters, inputs, targets, setting())
    expect(difference(predicted.data.subarray(epoch * 5, epoch * 5 + 5), outputs)).toBeLessThan(1e-5)
  })

  test('keeps the gradients of the units’ shifts under the drawn minibatches, epoch by epoch', () => {
    const shifts = tensors(results, `training ${condition}`, 'shifts.safetensors')
    const { parameters, minibatches, read, setting } = given(condition)
    const what = setting().placement === 'before ReLU' ? 'beta' : 'bias'
    for (const layer of drawnLayers) {
      const { shape, data } = shifts[layerName(layer)]
      const units = tiny.hidden[layer]
      expect(shape).toEqual([4, 3, units])
      minibatches.forEach((members, i) => {
        const { inputs, targets } = read(members)
        const { gradients } = oracle(parameters, inputs, targets, setting(['probe', i]))
        const at = (epoch * 3 + i) * units
        expect(
          difference(data.subarray(at, at + units), gradients[`hidden${layer}.${what}`], 1),
        ).toBeLessThan(1e-5)
      })
    }
  })
})

describe.each(conditions)('the activations of %s', (condition) => {
  const stage = `activations ${condition} ${epoch}`

  test('are the pre-activations of hidden layer 1 in training mode, minibatch by minibatch', () => {
    const { minibatches: drawn, minibatchTargets } = tensors(results, stage, 'activations.safetensors')
    expect(drawn.shape).toEqual([3, 16, 6])
    const { parameters, minibatches, read, setting } = given(condition)
    minibatches.forEach((members, i) => {
      const { inputs, targets } = read(members)
      const { preactivations } = oracle(parameters, inputs, targets, setting(['landscape', i]))
      expect(difference(drawn.data.subarray(i * 96, (i + 1) * 96), preactivations[1].flat())).toBeLessThan(
        1e-5,
      )
      expect([...minibatchTargets.data.subarray(i * 16, (i + 1) * 16)]).toEqual(targets)
    })
  })

  test('come with the inner products of the minibatches’ weight gradients, layer by layer', () => {
    const products = tensors(results, stage, 'gradients.safetensors')
    const { parameters, minibatches, read, setting } = given(condition)
    const passes = minibatches.map((members, i) => {
      const { inputs, targets } = read(members)
      return oracle(parameters, inputs, targets, setting(['landscape', i])).gradients
    })
    expect(Object.keys(products)).toEqual(['hidden0', 'hidden1', 'hidden2', 'output'])
    for (const [layer, { data }] of Object.entries(products)) {
      const expected = passes.flatMap((a) =>
        passes.map((b) =>
          a[`${layer}.weight`].reduce((sum, value, k) => sum + value * b[`${layer}.weight`][k], 0),
        ),
      )
      expect(difference(data, expected, Math.max(...expected.map(Math.abs), 1e-3)), layer).toBeLessThan(1e-4)
    }
  })
})

describe('the activations of more units and examples than are held at once', () => {
  const wide: Protocol = {
    ...tiny,
    deliveries: { ...tiny.deliveries, count: 600 },
    encoding: { ...tiny.encoding, fields: [{ name: 'Total Deliverers', characters: 3 }] },
    hidden: [750, 6, 4],
    conditions: { none: { ...tiny.conditions.none, epochs: 0, checkpoints: [0] } },
  }

  test('are those of the whole network, over every seam', async () => {
    const made = await run(wide, 'wasm', (stage) => /^(dataset|training|activations)/.test(stage))
    const { codes, targets, train, minibatches } = tensors(made, 'dataset', 'examples.safetensors')
    const examples = { codes: codes.data as Uint16Array, positions: 3, targets: targets.data as Float32Array }
    const parameters = initialParameters(wide, wide.conditions.none)
    const pass = (members: Int32Array) => {
      const { inputs, targets } = asRead(examples, members, 45)
      return oracle(parameters, inputs, targets, { placement: null, epsilon: 0, statistics: 'running' })
    }
    const { train: all } = tensors(made, 'activations none 0', 'activations.safetensors')
    expect(all.shape).toEqual([480, 6])
    for (const from of [0, 390, 464]) {
      const { preactivations } = pass((train.data as Int32Array).slice(from, from + 16))
      const rows = all.data.subarray(from * 6, (from + 16) * 6)
      expect(difference(rows, preactivations[1].flat())).toBeLessThan(1e-5)
    }
    const products = tensors(made, 'activations none 0', 'gradients.safetensors')
    const gradients = [0, 1, 2].map(
      (i) => pass((minibatches.data as Int32Array).slice(16 * i, 16 * i + 16)).gradients,
    )
    const expected = gradients.flatMap((a) =>
      gradients.map((b) =>
        a['hidden0.weight'].reduce((sum, value, k) => sum + value * b['hidden0.weight'][k], 0),
      ),
    )
    expect(difference(products.hidden0.data, expected)).toBeLessThan(1e-5)
  })
})

describe.each(conditions)('the landscapes of %s', (condition) => {
  const stage = `landscapes ${condition} ${epoch}`
  const summary = () => json<LandscapesSummary>(results, stage, 'summary.json')
  const batchNorm = tiny.conditions[condition].batchNorm !== null

  test('are [minibatch, y, x, component] over symmetric displacements, finite', () => {
    const variants = ['bias', 'float32', ...(batchNorm ? ['beta'] : [])]
    const files = Object.keys(results[stage]).filter((file) => file.startsWith('landscape-'))
    expect(files.sort()).toEqual(variants.map((variant) => `landscape-${variant}.safetensors`).sort())
    for (const file of files) {
      const { layer1, layer2, x, y } = tensors(results, stage, file)
      for (const field of [layer1, layer2]) {
        expect(field).toMatchObject({ shape: [3, 7, 5, 2], axes: ['minibatch', 'y', 'x', 'component'] })
        expect(field.data.every(Number.isFinite)).toBe(true)
      }
      expect([...x.data].map((value) => Number(value.toFixed(9)))).toEqual([-0.1, -0.05, 0, 0.05, 0.1])
      expect([...y.data].map((value) => Number(value.toFixed(9)))).toEqual([
        -0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12,
      ])
    }
  })

  test('are the gradients of the whole network, from the records on, with the two parameters really displaced', () => {
    const { parameters, minibatches, read, setting } = given(condition)
    for (const kind of batchNorm ? ['bias', 'beta'] : ['bias']) {
      const field = tensors(results, stage, `landscape-${kind}.safetensors`)
      for (const layer of drawnLayers) {
        const name = `hidden${layer}.${kind}`
        const [first, second] = summary().layers[layerName(layer)].units
        minibatches.forEach((members, i) => {
          const { inputs, targets } = read(members)
          for (const [row, column] of [
            [3, 2],
            [0, 4],
            [5, 0],
          ]) {
            const moved = displaced(
              displaced(parameters, name, first, field.x.data[column]),
              name,
              second,
              field.y.data[row],
            )
            const gradient = oracle(moved, inputs, targets, setting(['landscape', i])).gradients[name]
            const at = 2 * ((i * 7 + row) * 5 + column)
            const arrow = field[layerName(layer)].data.subarray(at, at + 2)
            expect(
              difference(arrow, [gradient[first], gradient[second]], 1),
              `${name} of minibatch ${i}`,
            ).toBeLessThan(1e-5)
          }
        })
      }
    }
  })

  test('have the finer landscape of the first minibatch about the same centre', () => {
    const single = tensors(results, stage, 'single.safetensors')
    const kind = tiny.conditions[condition].batchNorm === 'before ReLU' ? 'beta' : 'bias'
    const field = tensors(results, stage, `landscape-${kind}.safetensors`)
    for (const layer of ['layer1', 'layer2']) {
      expect(single[layer].shape).toEqual([5, 3, 2])
      const centre = 2 * (3 * 5 + 2)
      const arrow = field[layer].data.subarray(centre, centre + 2)
      expect(difference(single[layer].data.subarray(14, 16), arrow, 1)).toBeLessThan(1e-14)
    }
  })

  test('are drawn over the first two of the units that are active in the most minibatches', () => {
    for (const { units, active } of Object.values(summary().layers)) {
      const ranked = active.map((count, unit) => ({ count, unit }))
      const most = ranked.sort((a, b) => b.count - a.count || a.unit - b.unit).slice(0, 2)
      expect(units).toEqual(most.map(({ unit }) => unit).sort((a, b) => a - b))
      expect(active.every((count) => count >= 0 && count <= 3)).toBe(true)
    }
  })

  test('have at their centres the gradients of all units’ shifts, and the cost and the signs of the residuals beside them', () => {
    const centres = tensors(results, stage, 'centres.safetensors')
    const { parameters, minibatches, read, setting } = given(condition)
    minibatches.forEach((members, i) => {
      const { inputs, targets } = read(members)
      const { gradients, cost, outputs } = oracle(parameters, inputs, targets, setting(['landscape', i]))
      for (const layer of [1, 2])
        for (const kind of batchNorm ? ['bias', 'beta'] : ['bias']) {
          const units = tiny.hidden[layer]
          const row = centres[`${kind}${layer}`].data.subarray(i * units, (i + 1) * units)
          expect(difference(row, gradients[`hidden${layer}.${kind}`], 1)).toBeLessThan(1e-5)
        }
      expect(summary().cost[i] / cost).toBeCloseTo(1, 5)
      const positive = outputs.filter((output, n) => output > targets[n]).length / outputs.length
      expect(summary().positiveResiduals[i]).toBe(positive)
    })
  })
})

describe('landscapes with fresh dropout masks', () => {
  const stage = `fresh dropout ${epoch}`

  test('are at each grid point the gradient under masks of that point’s own', () => {
    const fields = tensors(results, stage, 'landscape-fresh.safetensors')
    const { layers } = json<LandscapesSummary>(results, `landscapes dropout ${epoch}`, 'summary.json')
    const { parameters, minibatches, read, setting } = given('dropout')
    for (const layer of drawnLayers) {
      const name = `hidden${layer}.bias`
      const [first, second] = layers[layerName(layer)].units
      expect(fields[layerName(layer)].shape).toEqual([3, 7, 5, 2])
      minibatches.forEach((members, i) => {
        const { inputs, targets } = read(members)
        for (const point of [0, 17, 34]) {
          const [row, column] = [Math.floor(point / 5), point % 5]
          const moved = displaced(
            displaced(parameters, name, first, fields.x.data[column]),
            name,
            second,
            fields.y.data[row],
          )
          const gradient = oracle(moved, inputs, targets, setting(['fresh', i, point])).gradients[name]
          const at = 2 * (i * 35 + point)
          const arrow = fields[layerName(layer)].data.subarray(at, at + 2)
          expect(difference(arrow, [gradient[first], gradient[second]], 1)).toBeLessThan(1e-5)
        }
      })
    }
  })

  test('are the landscapes with fixed masks when nothing is dropped', async () => {
    const nothing: Protocol = {
      ...tiny,
      conditions: { none: tiny.conditions.none, dropout: { ...tiny.conditions.dropout, dropout: 1e-9 } },
    }
    const same = await run(nothing, 'wasm', (stage) => /dataset|( dropout)/.test(stage))
    const fixed = tensors(same, `landscapes dropout ${epoch}`, 'landscape-bias.safetensors')
    const fresh = tensors(same, stage, 'landscape-fresh.safetensors')
    for (const name of ['layer1', 'layer2', 'x', 'y'])
      expect(difference(fresh[name].data, fixed[name].data)).toBeLessThan(1e-5)
  })

  test('are summarized with the agreement of their centres', () => {
    const fields = tensors(results, stage, 'landscape-fresh.safetensors')
    const summary = json<{ [layer: string]: FreshSummary }>(results, stage, 'summary.json')
    for (const layer of ['layer1', 'layer2']) {
      const centres = [0, 1, 2].flatMap((i) => [
        ...fields[layer].data.subarray(2 * (35 * i + 17), 2 * (35 * i + 18)),
      ])
      const products = gram({ count: 3, parameters: 2, data: Float64Array.from(centres) })
      const { meanCosine, opposed } = agreement(products, 3, 0, 0, stream(1, 'unused'))
      expect(summary[layer].pair).toMatchObject({ minibatches: 3, meanCosine, opposed })
      const squares = Array.from(fields[layer].data).reduce((sum, value) => sum + value * value, 0)
      expect(summary[layer].length).toBeCloseTo(Math.sqrt(squares / 105), 10)
    }
  })
})

describe.each(conditions)('the agreement of %s', (condition) => {
  const stage = `agreement ${condition} ${epoch}`
  const measured = () => json<CheckpointAgreement>(results, stage, 'agreement.json')

  test('is that of the gradients at the centres: of the drawn pair, the first two units, the layer; and of all weights', () => {
    const { layers } = json<LandscapesSummary>(results, `landscapes ${condition} ${epoch}`, 'summary.json')
    const centres = tensors(results, `landscapes ${condition} ${epoch}`, 'centres.safetensors')
    const kind = tiny.conditions[condition].batchNorm === 'before ReLU' ? 'beta' : 'bias'
    const weights = Object.values(
      tensors(results, `activations ${condition} ${epoch}`, 'gradients.safetensors'),
    )
    const sums = Float64Array.from({ length: 9 }, (_, at) =>
      weights.reduce((sum, { data }) => sum + data[at], 0),
    )
    const expected: { [group: string]: Float64Array } = { weights: sums }
    for (const layer of drawnLayers) {
      const { shape, data } = centres[`${kind}${layer}`]
      const of = (units: readonly number[]) =>
        gram({
          count: 3,
          parameters: units.length,
          data: Float64Array.from([0, 1, 2].flatMap((i) => units.map((unit) => data[i * shape[1] + unit]))),
        })
      expected[`pair${layer}`] = of(layers[layerName(layer)].units)
      expected[`first${layer}`] = of([0, 1])
      expected[layerName(layer)] = of(Array.from({ length: shape[1] }, (_, unit) => unit))
    }
    const { groups } = measured()
    expect(Object.keys(groups).sort()).toEqual(Object.keys(expected).sort())
    for (const [group, products] of Object.entries(expected)) {
      const { roundOff } = tiny.landscapes
      const { minibatches, zero, meanCosine, opposed, meanLength } = agreement(
        products,
        3,
        roundOff,
        0,
        stream(1, ''),
      )
      expect(groups[group as GroupName]).toMatchObject({
        minibatches,
        zero,
        meanCosine,
        opposed,
        meanLength,
      } satisfies Partial<Agreement>)
      expect(tensors(results, stage, 'cosines.safetensors')[group].shape).toEqual([3, 3])
    }
  })

  test('is measured by batch size where an example has a gradient of its own', () => {
    const { batchSizes } = measured()
    if (tiny.conditions[condition].batchNorm) return expect(batchSizes).toBeNull()
    expect(Object.keys(batchSizes!)).toEqual(['layer1', 'layer2'])
    for (const { sizes, noiseScale } of Object.values(batchSizes!)) {
      expect(Number.isFinite(noiseScale)).toBe(true)
      expect(sizes.map(({ batchSize }) => batchSize)).toEqual([1, 8, 64])
      for (const { meanCosine, opposed, pairs } of sizes) {
        expect(Math.abs(meanCosine)).toBeLessThanOrEqual(1)
        expect(opposed >= 0 && opposed <= 1).toBe(true)
        expect(pairs).toBeLessThanOrEqual(20)
      }
    }
  })
})

describe('the noise scale of a checkpoint', () => {
  test('is that of the gradients of every training example, taken one by one', () => {
    const { parameters, train, read, setting } = given('none')
    const passes = [...train].map((member) => {
      const { inputs, targets } = read(Int32Array.of(member))
      return oracle(parameters, inputs, targets, setting()).gradients
    })
    const { batchSizes } = json<CheckpointAgreement>(results, `agreement none ${epoch}`, 'agreement.json')
    for (const layer of drawnLayers) {
      const rows = passes.map((gradients) => [...gradients[`hidden${layer}.bias`]])
      const expected = noiseScale({
        count: rows.length,
        parameters: tiny.hidden[layer],
        data: Float64Array.from(rows.flat()),
      })
      expect(batchSizes![layerName(layer)].noiseScale / expected.noiseScale).toBeCloseTo(1, 4)
    }
  })
})

describe('the walks', () => {
  const { from, epochs, orders } = tiny.walks
  const steps = epochs * 8
  const paths = () => tensors(results, 'walk none', 'paths.safetensors')
  const summary = () => json<WalkSummary>(results, 'walk none', 'summary.json')

  test('start at the biases of the checkpoint, and go apart', () => {
    for (const layer of drawnLayers) {
      const { shape, data } = paths()[layerName(layer)]
      const units = tiny.hidden[layer]
      expect(shape).toEqual([orders, steps + 1, units])
      const start = tensors(results, 'training none', `parameters-${from}.safetensors`)[`hidden${layer}.bias`]
        .data
      const at = (order: number, step: number) =>
        data.subarray((order * (steps + 1) + step) * units, (order * (steps + 1) + step + 1) * units)
      for (let order = 0; order < orders; order++) expect(at(order, 0)).toEqual(start)
      expect(new Set(Array.from({ length: orders }, (_, order) => at(order, steps).join())).size).toBe(orders)
    }
  })

  test('are what a trainer does with those orders, and are apart at their ends as their parameters and predictions are', async () => {
    const engine = await openEngine('wasm')
    const { train, test, parameters: start } = given('none')
    const { codes, targets } = tensors(results, 'dataset', 'examples.safetensors')
    const examples = {
      codes: codes.data as Uint16Array,
      positions: 35,
      targets: targets.data as Float32Array,
    }
    const ends = Array.from({ length: orders }, (_, order) => {
      const trainer = new Trainer(engine, tiny, tiny.conditions.none, start, examples)
      for (let step = 0; step < steps; step++) {
        const shuffled = permutation(
          train.length,
          stream(tiny.seed, 'walk order', order, Math.floor(step / 8) + 1),
        )
        const members = Array.from(shuffled.slice((step % 8) * 16, (step % 8) * 16 + 16), (i) => train[i])
        trainer.update(examples, Int32Array.from(members))
      }
      const end = { parameters: trainer.parameters(), predictions: trainer.predict(examples, test) }
      trainer.dispose()
      return end
    })
    const last = (order: number) => {
      const at = (order * (steps + 1) + steps) * tiny.hidden[1]
      return paths().layer1.data.subarray(at, at + tiny.hidden[1])
    }
    ends.forEach(({ parameters }, order) => {
      expect(last(order)).toEqual(parameters['hidden1.bias'].data)
    })
    const all = (parameters: Parameters) => Object.values(parameters).flatMap(({ data }) => [...data])
    const apart = (a: readonly number[], b: readonly number[]) =>
      Math.hypot(...a.map((value, i) => value - b[i]))
    const length = Math.hypot(...all(start))
    const { distances, distanceFromStart, predictionDifferences, endMae, ...rest } = summary()
    expect(rest.steps).toBe(steps)
    expect(distances).toHaveLength((orders * (orders - 1)) / 2)
    expect(distances[0]).toBeCloseTo(apart(all(ends[0].parameters), all(ends[1].parameters)) / length, 10)
    expect(distanceFromStart[2]).toBeCloseTo(apart(all(ends[2].parameters), all(start)) / length, 10)
    const predictions = ends.map(({ predictions }) => [...predictions])
    expect(predictionDifferences[1]).toBeCloseTo(
      apart(predictions[0], predictions[2]) / Math.sqrt(test.length),
      10,
    )
    const errors = predictions[1].map((value, i) => Math.abs(value - examples.targets[test[i]]))
    expect(endMae[1]).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / test.length, 10)
  })
})

describe('the stages', () => {
  test('have small results that survive JSON', () => {
    for (const [stage, artifacts] of Object.entries(results))
      for (const [file, content] of Object.entries(artifacts))
        if (file.endsWith('.json'))
          expect(JSON.parse(JSON.stringify(content)), `${stage} ${file}`).toEqual(content)
  })

  test('give the same bits when they run again', async () => {
    const again = await run(tiny, 'wasm')
    for (const [stage, artifacts] of Object.entries(results))
      expect(digest(again[stage]), stage).toBe(digest(artifacts))
  })

  test('change nothing of what they read: drawing landscapes leaves the trained parameters as they are', async () => {
    const before = digest(trained)
    await run(tiny, 'wasm', undefined, { done: trained })
    expect(digest(trained)).toBe(before)
  })

  test('name the axes of their tensors, and fill them', () => {
    for (const [stage, artifacts] of Object.entries(results))
      for (const [file, content] of Object.entries(artifacts)) {
        if (!file.endsWith('.safetensors')) continue
        for (const [name, { shape, data, axes }] of Object.entries(content as Tensors)) {
          expect(data, `${stage} ${file} ${name}`).toHaveLength(
            shape.reduce((product, length) => product * length, 1),
          )
          if (axes) expect(axes, `${stage} ${file} ${name}`).toHaveLength(shape.length)
        }
      }
  })
})

/** Thrown in place of a kill, just after a checkpoint was saved. */
class Interruption extends Error {}

describe.each(conditions)('the interrupted training %s', (condition) => {
  const only = (stage: string) => stage === `training ${condition}`

  test('ends in the same bits wherever it was interrupted, in mid-epoch, between epochs, or twice', async () => {
    const expected = digest(results[`training ${condition}`])
    // Eight times an epoch a training asks whether to save: after each step but the last, and after the
    // epoch's record.
    for (const moments of [[1], [3], [8], [12], [16], [19], [5, 9]]) {
      let saved: Artifacts | undefined
      let training: Results | undefined
      for (const moment of [...moments, Number.POSITIVE_INFINITY]) {
        let asked = 0
        const checkpoint = {
          load: async () => structuredClone(saved),
          due: () => ++asked === moment,
          save: async (state: Artifacts) => {
            saved = structuredClone(state)
            throw new Interruption()
          },
        }
        training = await run(tiny, 'wasm', only, { done: { dataset: results.dataset }, checkpoint }).catch(
          (error) => {
            if (error instanceof Interruption) return undefined
            throw error
          },
        )
        expect(training === undefined).toBe(Number.isFinite(moment))
      }
      expect(digest(training![`training ${condition}`]), `interrupted at ${moments}`).toBe(expected)
    }
  })
})

const [, [, remark, nativeHere]] = await engines()

describe(`the native engine${remark}`, () => {
  const trainings = (stage: string) => /^(dataset|training)/.test(stage)
  const history = (from: Results, condition: string) =>
    json<TrainingHistory>(from, `training ${condition}`, 'history.json').epochs
  const predicted = (from: Results, condition: string) =>
    tensors(from, `training ${condition}`, 'film.safetensors').predicted.data

  test.skipIf(!nativeHere)(
    'trains to the same numbers as the wasm engine, but for float32 round-off',
    async () => {
      const other = await run(tiny, 'native', trainings)
      for (const condition of conditions.filter((name) => !tiny.conditions[name].batchNorm)) {
        history(other, condition).forEach(({ cost }, at) => {
          if (cost !== null) expect(cost / history(results, condition)[at].cost!, condition).toBeCloseTo(1, 5)
        })
        expect(
          difference(predicted(other, condition), predicted(results, condition)),
          condition,
        ).toBeLessThan(1e-5)
        for (const [name, { data }] of Object.entries(given(condition).parameters)) {
          const parameters = tensors(other, `training ${condition}`, `parameters-${epoch}.safetensors`)
          expect(difference(parameters[name].data, data, 1), `${condition} ${name}`).toBeLessThan(1e-4)
        }
      }
    },
  )

  test.skipIf(!nativeHere)(
    'agrees under batch norm too, once Adam does not magnify round-off in gradients that are exactly zero',
    async () => {
      const { training } = tiny
      const damped: Protocol = {
        ...tiny,
        training: { ...training, adam: { ...training.adam, epsilon: 1e-4 } },
      }
      const [one, other] = [await run(damped, 'wasm', trainings), await run(damped, 'native', trainings)]
      for (const condition of conditions)
        expect(difference(predicted(other, condition), predicted(one, condition)), condition).toBeLessThan(
          1e-3,
        )
    },
  )
})
