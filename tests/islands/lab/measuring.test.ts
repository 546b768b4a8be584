import { describe, expect, test } from 'vitest'
import { displacements, landscape } from '../../../experiments/landscape/landscape.ts'
import { layersFrom, transpose } from '../../../experiments/landscape/layers.ts'
import { descend } from '../../../experiments/landscape/one-pass.ts'
import { mask } from '../../../experiments/network.ts'
import { shorten } from '../../../experiments/quantized.ts'
import type { Tensors } from '../../../pipeline/stage.ts'
import { compare } from '../../../src/islands/lab/comparing.ts'
import { Files } from '../../../src/islands/lab/files.ts'
import { Laboratory, type Measurement, overtaken } from '../../../src/islands/lab/measuring.ts'
import { type Composition, initialState, type LabState } from '../../../src/islands/lab/state.ts'
import {
  arrivalsFile,
  charactersFile,
  examplesFile,
  isPlain,
  lowerFile,
  networkFile,
  publishedFile,
} from '../../../src/islands/lab/study.ts'
import { oracle } from '../../experiments/oracle.ts'
import { problem, regularizers } from '../../experiments/problem.ts'
import { checkpointOf, lowerOf, studyOf } from './setting.ts'

const letters = 4

/** A laboratory of a problem's network, whose files are in memory; what was loaded is noted. */
function setting(regularizer: (typeof regularizers)[string] = {}) {
  const asked = problem({ ...regularizer, size: 29 })
  const { examples, protocol, condition, parameters, setting } = asked
  const study = studyOf(asked)
  const count = examples.targets.length
  const network = checkpointOf(asked).file
  const deliverers = Uint16Array.from({ length: count }, (_, place) => (place * 7) % 10)
  const published = [0, 1].map((i) => Uint16Array.from({ length: study.batchSize }, (_, n) => 3 * n + i))
  const targets = Float64Array.from(deliverers, (d) => protocol.targetFactor * d)
  const files = new Map<string, Tensors>([
    [
      examplesFile,
      {
        deliverers: { shape: [count], data: deliverers },
        records: { shape: [count], data: Uint16Array.from({ length: count }, (_, place) => 100 + place) },
        minibatches: {
          shape: [2, study.batchSize],
          data: Uint16Array.from(published.flatMap((members) => [...members])),
        },
      },
    ],
  ])
  files.set(charactersFile, {
    characters: {
      shape: [count, examples.positions],
      data: Uint8Array.from(examples.codes, (code) => code % letters),
    },
  })
  // Every example, as the build passes the training set.
  const everyone = Int32Array.from({ length: count }, (_, place) => place)
  const oneHot = (members: ArrayLike<number>) =>
    Array.from(members, (member) => {
      const ones = examples.codes.subarray(member * examples.positions, (member + 1) * examples.positions)
      return Array.from({ length: 6 * letters }, (_, input) => (ones.includes(input) ? 1 : 0))
    })
  const whole = oracle(parameters, oneHot(everyone), [...targets], {
    ...setting,
    statistics: 'running',
    masks: condition.dropout
      ? [0, 1, 2].map((layer) => mask(protocol, condition, count, layer, ['training set'])!)
      : undefined,
  })
  const byUnit = (layer: number) =>
    shorten(
      transpose(whole.preactivations[layer].flat(), count, protocol.hidden[layer]),
      protocol.hidden[layer],
    )
  const above = Array.from(targets, (target, place) => whole.outputs[place] > target)
  for (const epoch of [0, 10]) {
    files.set(networkFile('some', epoch), network)
    files.set(lowerFile('some', epoch), lowerOf(network, above))
    files.set(arrivalsFile('some', epoch, 1), byUnit(1))
    if (isPlain(condition))
      files.set(arrivalsFile('some', epoch, 2), {
        ...byUnit(2),
        rounding: { shape: [1], data: Float64Array.of(0.004) },
      })
  }
  // As the build makes them: pre-activations in single precision, landscapes in double.
  published.forEach((members, i) => {
    const size = members.length
    const inputs = oneHot(members)
    const masks = condition.dropout
      ? [0, 1, 2].map((layer) => mask(protocol, condition, size, layer, ['landscape', i])!)
      : undefined
    const own = Array.from(members, (member) => targets[member])
    const pass = oracle(parameters, inputs, own, { ...setting, masks })
    const preactivations = Float32Array.from(pass.preactivations[1].flat())
    const layers = layersFrom(parameters, 1, { placement: condition.batchNorm, epsilon: study.epsilon })
    const seen = descend(layers, {
      size,
      preactivations: transpose(preactivations, size, protocol.hidden[1]),
      targets: Float64Array.from(own),
      masks: masks?.slice(1).map((values, l) => transpose(values, size, protocol.hidden[l + 1])),
    })
    for (const epoch of [0, 10]) {
      const file: { [name: string]: Tensors[string] } = {
        preactivations: { shape: [size, protocol.hidden[1]], data: preactivations },
      }
      for (const kind of condition.batchNorm ? (['bias', 'beta'] as const) : (['bias'] as const)) {
        for (const layer of [1, 2]) {
          const [p, q] = study.conditions.some.units[epoch][layer]
          const [x, y] = [displacements(study.grid.x), displacements(study.grid.y)]
          const data = landscape(
            layers.slice(layer - 1),
            seen[layer - 1],
            [
              { kind, unit: p },
              { kind, unit: q },
            ],
            x,
            y,
          )
          file[`layer${layer}.${kind}`] = { shape: [y.length, x.length, 2], data }
        }
      }
      files.set(publishedFile('some', epoch, i + 1), file)
    }
  })
  const loaded: string[] = []
  const shelves = new Files(study, async (file) => {
    loaded.push(file)
    const tensors = files.get(file)
    if (!tensors) throw new Error(`${file} is not there.`)
    return tensors
  })
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve))
  const laboratory = new Laboratory(study, shelves, pause)
  const measure = (state: LabState): Promise<Measurement> =>
    laboratory.measure(
      state,
      () => {},
      () => {},
    )
  const compared = (number: number) =>
    compare(study, shelves, { condition: 'some', epoch: 10, number }, () => {}, pause)
  return { laboratory, measure, compared, study, loaded, files, count, state: initialState(study) }
}

const list = (from: number, to: number): Composition => ({
  from: 'list',
  records: Array.from({ length: to - from }, (_, i) => 100 + from + i),
})

describe('the laboratory', () => {
  for (const [name, regularizer] of Object.entries(regularizers)) {
    test(`computes the published landscapes to the last bit from the published pre-activations: ${name}`, async () => {
      const { compared, study } = setting(regularizer)
      for (const number of [1, 2]) {
        const comparisons = await compared(number)
        expect(comparisons).toHaveLength(regularizer.placement ? 4 : 2)
        for (const { difference, rounding, length, kind } of comparisons) {
          expect(difference).toBe(0)
          const real = kind === 'beta' || regularizer.placement !== 'before ReLU'
          if (real && length > study.roundOff) expect(rounding / length).toBeLessThan(0.5)
        }
      }
    })
  }

  test('shows the published minibatches from the published pre-activations, the reader’s own from 16 bits', async () => {
    const { measure, state, files } = setting()
    const { a, b } = await measure({ ...state, b: list(0, 4) })
    expect(a.exact).toBe(true)
    expect(b.exact).toBe(false)
    expect(a.field).toEqual(files.get(publishedFile('some', 10, 1))!['layer2.bias'].data)
    expect(b.rounding).toBe(0.004)
  })

  test('loads for its own minibatches only what the drawn layer gets of every example', async () => {
    const { measure, state, loaded } = setting()
    const second = await measure({ ...state, a: list(0, 12), b: list(3, 9) })
    expect(loaded.sort()).toEqual([examplesFile, lowerFile('some', 10), arrivalsFile('some', 10, 2)].sort())
    // From the whole network, whose weights are rounded too, it is the same but for the rounding.
    const [x, y] = state.parameters
    const layer1 = { ...state, layer: 1 as const, parameters: [x, y] as const, a: list(0, 12), b: list(3, 9) }
    await measure(layer1)
    expect(loaded).not.toContain(networkFile('some', 10))
    const weight = { kind: 'weight', unit: 0, input: 1 } as const
    await measure({ ...layer1, parameters: [weight, y] })
    expect(loaded).toContain(networkFile('some', 10))
    expect(second.a.records).toHaveLength(12)
  })

  test('has at the dot the gradient of the landscape there, which the examples add up to', async () => {
    const { measure, state } = setting()
    const { a } = await measure({ ...state, moved: [0.02, -0.01], a: list(3, 12) })
    const there = 2 * (1 * 3 + 2)
    expect(a.field[there]).toBeCloseTo(a.gradient[0], 12)
    expect(a.field[there + 1]).toBeCloseTo(a.gradient[1], 12)
    const sum = (axis: number) =>
      a.contributions!.filter((_, at) => at % 2 === axis).reduce((s, part) => s + part, 0)
    expect(sum(0)).toBeCloseTo(a.gradient[0], 12)
    expect(sum(1)).toBeCloseTo(a.gradient[1], 12)
    expect(a.shifts[state.parameters[0].unit]).toBeCloseTo(a.gradient[0], 12)
  })

  test('leaves the landscape as it is when only the dot moves', async () => {
    const { measure, state } = setting()
    const still = await measure({ ...state, a: list(0, 20) })
    const moved = await measure({ ...state, moved: [0.02, 0.01], a: list(0, 20) })
    expect(moved.a.field).toEqual(still.a.field)
  })

  test.each([1, 2] as const)(
    'has as the landscape of all examples in layer %i the mean of those of a partition, by size',
    async (layer) => {
      const { measure, state, count } = setting()
      const measured = await measure({ ...state, layer, a: list(0, 12), b: list(12, count), beside: 'all' })
      const { a, b, all } = measured
      a.field.forEach((value, at) => {
        expect((12 * value + (count - 12) * b.field[at]) / count).toBeCloseTo(all!.field[at], 12)
      })
      a.shifts.forEach((value, at) => {
        expect((12 * value + (count - 12) * b.shifts[at]) / count).toBeCloseTo(all!.shifts[at], 12)
      })
    },
  )

  test('gives examples no gradient of their own under batch normalization, unless it runs on fixed statistics', async () => {
    const { measure, state } = setting({ placement: 'before ReLU' })
    const bias = [0, 1].map((unit) => ({ kind: 'bias' as const, unit })) as [never, never]
    const chosen: LabState = { ...state, parameters: bias, a: list(0, 9) }
    expect((await measure(chosen)).a.contributions).toBeUndefined()
    expect((await measure({ ...chosen, pass: 'evaluation' })).a.contributions).toBeDefined()
  })

  test('with fresh masks shows the landscape as it grows, and the gradient of the middle point', async () => {
    const { laboratory, state } = setting({ dropout: 0.3 })
    const seen: number[] = []
    const { a } = await laboratory.measure(
      { ...state, pass: 'fresh', a: list(0, 9) },
      () => {},
      (side, field) => side === 'a' && seen.push(field.filter((value) => !Number.isNaN(value)).length),
    )
    expect(seen.length).toBeGreaterThan(0)
    expect(seen).toEqual([...seen].sort((p, q) => p - q))
    expect(a.field.some(Number.isNaN)).toBe(false)
    expect([...a.gradient]).toEqual([...a.field.slice(14, 16)])
  })

  test('gives up a measurement for a newer one', async () => {
    const { measure, state } = setting({ dropout: 0.3 })
    const older = measure({ ...state, pass: 'fresh' })
    const newer = measure(state)
    await expect(older).rejects.toMatchObject({ name: overtaken })
    expect((await newer).a.exact).toBe(true)
  })

  test('loads a file once; one that could not be had is asked for again', async () => {
    const { measure, state, loaded, files } = setting()
    await measure(state)
    await measure({ ...state, moved: [0.01, 0] })
    expect(new Set(loaded).size).toBe(loaded.length)
    const file = lowerFile('some', 0)
    const kept = files.get(file)!
    files.delete(file)
    await expect(measure({ ...state, epoch: 0 })).rejects.toThrow('is not there')
    files.set(file, kept)
    expect((await measure({ ...state, epoch: 0 })).a.exact).toBe(true)
  })

  test('says what is wrong with a minibatch without examples', async () => {
    const { measure, state } = setting()
    await expect(measure({ ...state, a: { from: 'list', records: [7] } })).rejects.toThrow(
      'Not among the training examples: 7.',
    )
  })

  test('shows the text of a record', async () => {
    const { laboratory } = setting()
    const [[name, text]] = await laboratory.record(103)
    expect(name).toBe('word')
    expect(text).toMatch(/^[abc]{1,6}$/)
  })
})
