import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { gram } from '../../experiments/agreement.ts'
import {
  type GroupMeasures,
  groupMeasures,
  type Intervention,
  type NetworkMeasures,
  outputMeasures,
  overshootShare,
  populationMeasures,
  sidesOf,
  tensorMeasures,
  votesMeasures,
} from '../../experiments/measures.ts'
import { isTrained, mask, type Parameters } from '../../experiments/network.ts'
import type { Condition } from '../../experiments/protocol.ts'
import { stream } from '../../experiments/random.ts'
import { members } from '../../experiments/sweeps.ts'
import { opposedByVote } from '../../experiments/vote.ts'
import { quiet, runInMemory } from '../../pipeline/memory.ts'
import type { Tensors } from '../../pipeline/stage.ts'
import { digest, tiny } from './harness.ts'
import { oracle } from './oracle.ts'
import { asRead } from './problem.ts'

/** Minibatches enough for a jackknife, and training records in none of them. */
const protocol = {
  ...tiny,
  hidden: [16, 10, 8] as const,
  landscapes: { ...tiny.landscapes, minibatches: 6 },
  training: { ...tiny.training, whole: 4 },
  measures: { pairs: 300, minibatches: 4, walks: 2, huber: 0.3 },
}

/** The stages of one network, run one after the other. */
async function made(condition: Condition, interventions: Intervention[] = []) {
  const [member] = members({ network: { protocol, condition, replicates: 1, interventions } })
  const results = await runInMemory(member.stages, quiet('wasm'))
  const kind = (name: string) => results[`${name} ${member.id}`]
  return {
    seed: member.seed,
    dataset: kind('dataset'),
    training: kind('training'),
    measures: kind('measures'),
  }
}

const conditions: { [name: string]: Condition } = {
  'no regularizer': { ...tiny.conditions.none, optimizerAt: 2 },
  dropout: tiny.conditions.dropout,
  'batch norm before the ReLU': tiny.conditions['batch-norm-before'],
}

/** Cosine of two vectors, in float64. */
function cosine(a: Float64Array, b: Float64Array): number {
  const product = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b))
}

function pairsOf<T>(values: readonly T[]): [T, T][] {
  return values.flatMap((a, i) => values.slice(0, i).map((b): [T, T] => [a, b]))
}

/** Mean cosine and opposed share of vectors, pair by pair. */
function compared(vectors: readonly Float64Array[]) {
  const cosines = pairsOf(vectors).map(([a, b]) => cosine(a, b))
  return {
    meanCosine: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    opposed: cosines.filter((value) => value < 0).length / cosines.length,
    /** Those that are at a right angle but for round-off, whose side it decides. */
    undecided: cosines.filter((value) => Math.abs(value) < 1e-4).length / cosines.length,
  }
}

/** A minibatch whose records' gradients cancel has none but round-off: it is counted, and left out. */
function expectAgreement(found: GroupMeasures, vectors: readonly Float64Array[], name: string) {
  const directed = vectors.filter((vector) => Math.hypot(...vector) > tiny.landscapes.roundOffSingle)
  expect(found.minibatches, name).toBe(vectors.length)
  expect(found.zero, name).toBe(vectors.length - directed.length)
  if (directed.length < 2) return
  const expected = compared(directed)
  expect(Math.abs(found.meanCosine! - expected.meanCosine), name).toBeLessThan(1e-4)
  expect(Math.abs(found.opposed! - expected.opposed), name).toBeLessThanOrEqual(expected.undecided + 1e-9)
}

describe.each(Object.entries(conditions))('what is measured of a network with %s', (_, condition) => {
  let given: Awaited<ReturnType<typeof made>>
  let measures: NetworkMeasures
  beforeAll(async () => {
    given = await made(condition, condition.optimizerAt ? ['signs', 'losses', 'steps', 'order'] : [])
    measures = given.measures['measures.json'] as unknown as NetworkMeasures
  })

  /** The gradients of the fixed minibatches at epoch 2, differentiated number by number in float64. */
  const passes = () => {
    const { codes, targets, train, minibatches } = given.dataset['examples.safetensors'] as Tensors
    const examples = {
      codes: codes.data as Uint16Array,
      positions: 35,
      targets: targets.data as Float32Array,
    }
    const parameters = given.training['parameters-2.safetensors'] as Parameters
    const setting = { placement: condition.batchNorm, epsilon: tiny.training.batchNorm.epsilon } as const
    const pass = (members: Int32Array, i: number) => {
      const { inputs, targets } = asRead(examples, members, 525)
      const masks = condition.dropout
        ? protocol.hidden.map(
            (_, layer) =>
              mask({ ...protocol, seed: given.seed }, condition, members.length, layer, ['probe', i])!,
          )
        : undefined
      const pass = oracle(parameters, inputs, targets, { ...setting, statistics: 'minibatch', masks })
      return { ...pass, residuals: pass.outputs.map((output, n) => output - targets[n]) }
    }
    const all = asRead(examples, train.data as Int32Array, 525)
    const { outputs } = oracle(parameters, all.inputs, all.targets, { ...setting, statistics: 'running' })
    return {
      fixed: Array.from({ length: 6 }, (_, i) =>
        pass((minibatches.data as Int32Array).slice(16 * i, 16 * i + 16), i),
      ),
      residuals: outputs.map((output, n) => output - all.targets[n]),
    }
  }
  const trained = () =>
    Object.keys(given.training['parameters-2.safetensors'] as Parameters).filter(isTrained)
  const shift = condition.batchNorm === 'before ReLU' ? 'beta' : 'bias'
  const whole = (gradients: { readonly [name: string]: Float64Array }) =>
    Float64Array.from(trained().flatMap((name) => [...gradients[name]]))

  test('is there for every epoch and checkpoint', () => {
    expect(measures.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3])
    expect(Object.keys(measures.checkpoints)).toEqual(['0', '2'])
    expect(measures).toMatchObject({ records: 128, batchSize: 16 })
  })

  test('counts the records predicted too high, in evaluation mode over all, in training mode over the fixed ones', () => {
    const { fixed, residuals } = passes()
    const { overshoot, overshootTraining, sides } = measures.epochs[2]
    const high = residuals.filter((residual) => residual > 0).length
    expect(sides).toEqual({ high, low: 128 - high, exact: 0 })
    expect(overshoot).toBeCloseTo(high / 128, 12)
    const inTraining = fixed.flatMap(({ residuals }) => residuals.map((residual) => residual > 0))
    const modesDiffer = condition.dropout > 0 || condition.batchNorm !== null
    if (modesDiffer) expect(overshootTraining).toBeCloseTo(inTraining.filter((is) => is).length / 96, 12)
    else expect(overshootTraining).toBeUndefined()
  })

  test('says after each epoch how far gradients agree, of shifts on all fixed minibatches, of the whole on the first', () => {
    const { fixed } = passes()
    const { groups } = measures.epochs[2]
    expectAgreement(
      groups.whole!,
      fixed.slice(0, 4).map(({ gradients }) => whole(gradients)),
      'whole',
    )
    for (const layer of [1, 2] as const)
      expectAgreement(
        groups[`bias${layer}`]!,
        fixed.map(({ gradients }) => gradients[`hidden${layer}.${shift}`]),
        `bias${layer}`,
      )
  })

  test('says at a checkpoint the same of each parameter, its share of the gradient and its noise scale', () => {
    const { fixed } = passes()
    const { tensors } = measures.checkpoints[2]
    expect(Object.keys(tensors).sort()).toEqual([...trained(), 'whole'].sort())
    const parts = (vectors: readonly Float64Array[]) => {
      const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0)
      const crossed = pairsOf(vectors).map(([a, b]) => product(a, b))
      const squaredLength = crossed.reduce((sum, value) => sum + value, 0) / crossed.length
      const squares = vectors.reduce((sum, vector) => sum + product(vector, vector), 0) / vectors.length
      return { squaredLength, variance: 16 * (squares - squaredLength) }
    }
    const all = parts(fixed.map(({ gradients }) => whole(gradients)))
    for (const name of trained()) {
      // Under batch norm before the ReLU a bias has a gradient of nothing but round-off.
      if (condition.batchNorm && /hidden\d\.bias/.test(name)) {
        expect(tensors[name].zero, name).toBe(6)
        continue
      }
      const vectors = fixed.map(({ gradients }) => gradients[name])
      expectAgreement(tensors[name], vectors, name)
      const { squaredLength, variance } = parts(vectors)
      const scale = tensors[name].noiseScale
      expect(Math.abs(scale.squaredLength - squaredLength) / all.variance, name).toBeLessThan(1e-4)
      expect(Math.abs(scale.variance - variance) / all.variance, name).toBeLessThan(1e-4)
      if (all.squaredLength > 0)
        expect(tensors[name].share, name).toBeCloseTo(squaredLength / all.squaredLength, 4)
      else expect(tensors[name].share, name).toBeNull()
    }
    const { value } = tensors.whole.noiseScale
    const expected = all.variance / all.squaredLength
    if (expected > 0 && expected < 128) expect(value! / expected).toBeCloseTo(1, 3)
    else expect(value).toBeNull()
  })

  test('counts the minibatches’ votes beside what the binomial law expects', () => {
    const { fixed, residuals } = passes()
    const { vote } = measures.checkpoints[2]
    const votes = fixed.map(({ residuals }) =>
      Math.sign(residuals.reduce((sum, residual) => sum + Math.sign(residual), 0)),
    )
    expect(vote.majorities).toEqual({
      high: votes.filter((side) => side > 0).length,
      low: votes.filter((side) => side < 0).length,
      tie: votes.filter((side) => side === 0).length,
    })
    const share = residuals.filter((residual) => residual > 0).length / 128
    expect(vote.expected).toBeCloseTo(opposedByVote(share, 16), 10)
    const told = pairsOf(fixed.map((pass, i) => ({ pass, side: votes[i] }))).filter(
      ([a, b]) => a.side * b.side !== 0,
    )
    const followed = told.filter(([a, b]) => {
      const similarity = cosine(whole(a.pass.gradients), whole(b.pass.gradients))
      return similarity < 0 === a.side * b.side < 0
    })
    if (told.length > 0) expect(vote.followed.whole).toBeCloseTo(followed.length / told.length, 10)
    else expect(vote.followed.whole).toBeNull()
  })

  test('takes population values where a record has a gradient of its own', () => {
    const { population } = measures.checkpoints[2]
    if (condition.batchNorm) expect(population).toBeUndefined()
    else
      for (const group of ['pair1', 'pair2', 'bias1', 'bias2'] as const)
        expect(population![group].pairs).toBe(300)
  })

  if (condition.optimizerAt)
    test('is the same whenever it is made', async () => {
      const again = await made(condition, ['signs', 'losses', 'steps', 'order'])
      expect(digest(again.measures)).toBe(digest(given.measures))
    })
})

describe('what comes of an intervention', () => {
  let measures: NetworkMeasures
  beforeAll(async () => {
    const { measures: artifacts } = await made(conditions['no regularizer'], [
      'losses',
      'steps',
      'order',
      'output',
    ])
    measures = artifacts['measures.json'] as unknown as NetworkMeasures
  })

  test('is told only of those asked for', () => {
    expect(Object.keys(measures.interventions!).sort()).toEqual([
      'epoch',
      'losses',
      'order',
      'output',
      'steps',
    ])
    expect(measures.interventions!.epoch).toBe(2)
  })

  test('compares each loss with the absolute error, which agrees with itself', () => {
    const { absolute, squared, huber } = measures.interventions!.losses!
    for (const value of Object.values(absolute.cosine)) expect(value).toBeCloseTo(1, 6)
    for (const loss of [squared, huber])
      for (const value of Object.values(loss.cosine)) expect(Math.abs(value!)).toBeLessThanOrEqual(1 + 1e-6)
    // Of the same minibatches as the epoch's records.
    expect(absolute.groups.whole.meanCosine).toBeCloseTo(measures.epochs[2].groups.whole!.meanCosine!, 5)
  })

  test('leaves a step along the gradient in its direction, and lets Adam’s past pull all steps one way', () => {
    const { groups } = measures.interventions!.steps!
    expect(groups.gradient.whole.meanCosine).toBeCloseTo(measures.epochs[2].groups.whole!.meanCosine!, 5)
    expect(groups.adam.whole.meanCosine!).toBeGreaterThan(groups['adam afresh'].whole.meanCosine!)
  })

  test('ends where it ended before when an epoch is repeated, and elsewhere in another order', () => {
    const { kinds, length } = measures.interventions!.order!
    expect(length).toBeGreaterThan(0)
    expect(kinds.repeated).toMatchObject({ distance: 0, predictions: 0 })
    expect(kinds.permuted.distance).toBeGreaterThan(0)
    expect(kinds.reshuffled.distance).toBeGreaterThan(0)
  })

  test('measures the output of the same minibatches as the checkpoint', () => {
    const { output } = measures.interventions!
    const { tensors, vote } = measures.checkpoints[2]
    // Its length is that of its two parameters together.
    const { length } = output!.group
    expect(length).toBeCloseTo(Math.hypot(tensors['output.weight'].length, tensors['output.bias'].length), 8)
    if (vote.majorities.high + vote.majorities.low < 2) expect(output!.majority).toBeNull()
    else expect(output!.majority).toBeGreaterThanOrEqual(0)
  })

  test('refuses to go on from an optimizer that was not kept', async () => {
    await expect(made(tiny.conditions.none, ['steps'])).rejects.toThrow(
      'Interventions (steps) need the condition',
    )
  })
})

describe('measures of gradients', () => {
  /** Gradients of the constant predictor under an absolute error: 1 or -1 for each record. */
  const signs = (share: number, count: number) =>
    Float64Array.from({ length: count }, (_, n) => (n < share * count ? 1 : -1))

  test('leave out those that are round-off, and count them', () => {
    const data = Float64Array.of(1, 0, -2, 0, 1e-9, 1e-9, 3, 0)
    const measured = groupMeasures(gram({ count: 4, parameters: 2, data }), 4, 1e-6)
    expect(measured).toMatchObject({ minibatches: 4, zero: 1, meanAbsoluteCosine: 1, lineShare: 1 })
    expect(measured.opposed).toBeCloseTo(2 / 3, 12)
    expect(measured.meanCosine).toBeCloseTo(-1 / 3, 12)
    const none = groupMeasures(new Float64Array(9), 3, 0)
    expect(none).toMatchObject({ zero: 3, meanCosine: null, opposed: null, lineShare: null })
  })

  test('find the line along which most of the squared length lies', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.49, noNaN: true }), (part) => {
        // Orthogonal coordinates with equal sums of squares within each.
        const [a, b] = [Math.sqrt(1 - part), Math.sqrt(part)]
        const data = Float64Array.of(a, b, a, -b, -a, b, -a, -b)
        const { lineShare } = groupMeasures(gram({ count: 4, parameters: 2, data }), 4, 0)
        expect(lineShare).toBeCloseTo(1 - part, 6)
      }),
    )
  })

  test('estimate a noise scale without bias', () => {
    // Gradients of records are 1 plus noise of variance 4: the scale is 4.
    const from = stream(1, 'noise scale')
    const [minibatches, repeats, batchSize] = [10, 4000, 8]
    let [squaredLength, variance, spread, error] = [0, 0, 0, 0]
    for (let repeat = 0; repeat < repeats; repeat++) {
      const data = Float64Array.from({ length: minibatches }, () => {
        let sum = 0
        for (let n = 0; n < batchSize; n++) sum += from.normal(1, 2) / batchSize
        return sum
      })
      const products = { bias: gram({ count: minibatches, parameters: 1, data }) }
      const { noiseScale, share } = tensorMeasures(products, batchSize, 1000, 0).bias
      squaredLength += noiseScale.squaredLength / repeats
      variance += noiseScale.variance / repeats
      spread += (noiseScale.squaredLength - 1) ** 2 / repeats
      error += noiseScale.squaredLengthError ** 2 / repeats
      if (share !== null) expect(share).toBe(1)
    }
    expect(squaredLength).toBeCloseTo(1, 1)
    expect(Math.abs(variance - 4)).toBeLessThan(0.15)
    expect(error / spread).toBeGreaterThan(0.8)
    expect(error / spread).toBeLessThan(1.3)
  })

  test('give no noise scale that the data cannot tell', () => {
    const scaleOf = (data: Float64Array, records: number) =>
      tensorMeasures({ bias: gram({ count: data.length, parameters: 1, data }) }, 4, records, 0).bias
        .noiseScale
    expect(scaleOf(Float64Array.of(1, -1, 1, -1), 1000)).toMatchObject({
      value: null,
      reason: 'the mean gradient is not told from zero',
    })
    expect(scaleOf(Float64Array.of(1, 1.5, -1, 0.5, 1), 10)).toMatchObject({
      value: null,
      reason: 'beyond the number of training records',
    })
    expect(scaleOf(Float64Array.of(1, 1.1, 0.9), 10).value).toBeGreaterThan(0)
  })

  test('of a constant predictor’s population are those of the binomial vote', () => {
    for (const share of [0.3, 0.45, 0.5]) {
      const data = signs(share, 1000)
      const pairs = 4000
      const { opposed, zero, noiseScale } = populationMeasures(
        { count: 1000, parameters: 1, data },
        16,
        pairs,
        1e-12,
        stream(2, 'constant predictor', share),
      )
      expect(Math.abs(opposed! - opposedByVote(share, 16))).toBeLessThan(4 * Math.sqrt(0.25 / (pairs - zero)))
      expect(zero).toBeGreaterThan(0)
      const mean = 2 * share - 1
      const variance = ((1 - mean ** 2) * 1000) / 999
      if (mean !== 0) expect(noiseScale.value).toBeCloseTo(variance / (mean ** 2 - variance / 1000), 6)
      else expect(noiseScale.value).toBeNull()
    }
  })

  test('count sides, and leave exact predictions out of the share', () => {
    const sides = sidesOf([1, -2, 0, 3, -1, -1])
    expect(sides).toEqual({ high: 2, low: 3, exact: 1 })
    expect(overshootShare(sides)).toBeCloseTo(0.4, 12)
    expect(overshootShare(sidesOf([0, 0]))).toBeNull()
  })
})

describe('what decides the whole gradient', () => {
  const size = 5
  /** Minibatches of five records with three inputs to the output, their signs, and any rest. */
  const minibatch = fc.record({
    signs: fc.array(fc.constantFrom(-1, 1), { minLength: size, maxLength: size }),
    inputs: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3 * size, maxLength: 3 * size }),
    rest: fc.integer({ min: -9, max: 9 }),
  })
  const measured = (minibatches: readonly { signs: number[]; inputs: number[]; rest: number }[]) => {
    const count = minibatches.length
    const of = (gradient: (i: number) => number[]) => {
      const vectors = minibatches.map((_, i) => gradient(i))
      return gram({ count, parameters: vectors[0].length, data: Float64Array.from(vectors.flat()) })
    }
    const weight = (i: number) =>
      [0, 1, 2].map((k) =>
        minibatches[i].signs.reduce((sum, sign, n) => sum + sign * minibatches[i].inputs[3 * n + k], 0),
      )
    const bias = (i: number) => [minibatches[i].signs.reduce((sum, sign) => sum + sign, 0)]
    const products = {
      'output.weight': of(weight),
      'output.bias': of(bias),
      rest: of((i) => [minibatches[i].rest]),
    }
    const output = (i: number) => [...weight(i), ...bias(i)]
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k], 0)
    const found = outputMeasures(
      products,
      minibatches.map(({ signs }) => signs),
      minibatches.map(({ inputs }) => Float32Array.from(inputs)),
      0.5,
    )
    return { found, output, dot }
  }
  const share = (of: readonly boolean[]) => (of.length > 0 ? of.filter((is) => is).length / of.length : null)

  test('is counted over pairs, as differentiated by hand', () => {
    fc.assert(
      fc.property(fc.array(minibatch, { minLength: 2, maxLength: 6 }), (minibatches) => {
        const { found, output, dot } = measured(minibatches)
        const places = minibatches.map((_, i) => i).filter((i) => Math.hypot(...output(i)) > 0.5)
        const opposed = (i: number, j: number) => dot(output(i), output(j)) < 0
        const decides = pairsOf(places).map(
          ([i, j]) =>
            opposed(i, j) ===
            dot([...output(i), minibatches[i].rest], [...output(j), minibatches[j].rest]) < 0,
        )
        expect(found.decides).toEqual(share(decides))
        const told = pairsOf(places.filter((i) => output(i)[3] !== 0))
        expect(found.majority).toEqual(
          share(told.map(([i, j]) => opposed(i, j) === output(i)[3] * output(j)[3] < 0)),
        )
      }),
    )
  })

  test('follows weighted votes wherever the inputs lie along one line, the one of the bias included', () => {
    fc.assert(
      fc.property(
        fc.array(minibatch, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (any, to) => {
          const minibatches = any.map((one) => ({ ...one, inputs: one.inputs.map(() => to) }))
          const { weighted } = measured(minibatches).found
          expect(weighted === null || weighted === 1).toBe(true)
        },
      ),
    )
  })
})

describe('what decides the gradient of shifts', () => {
  test.each([
    ...Object.entries(conditions),
    ['batch norm after the ReLU', tiny.conditions['batch-norm-after']] as const,
  ])('is taken from all that records add to it, with %s', async (_, condition) => {
    const { measures: artifacts } = await made({ ...condition, optimizerAt: 2 }, ['records'])
    const measures = artifacts['measures.json'] as unknown as NetworkMeasures
    const { training, withoutMasks } = measures.interventions!.records!
    const { groups, vote } = measures.checkpoints[2]
    for (const group of ['bias1', 'bias2'] as const) {
      expect(training[group].group.zero).toBe(groups[group].zero)
      expect(training[group].group.length / groups[group].length).toBeCloseTo(1, 4)
      expect(training[group].group.opposed).toBe(groups[group].opposed)
      expect(training[group].majority).toBe(vote.followed[group])
    }
    expect(withoutMasks !== undefined).toBe(condition.dropout > 0)
    if (withoutMasks) expect(withoutMasks.bias2.group.length).not.toBe(training.bias2.group.length)
  })

  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 })
  const signs = fc.array(fc.constantFrom(-1, 1), { minLength: 4, maxLength: 4 })
  const minibatches = fc.array(fc.record({ weights, signs }), { minLength: 2, maxLength: 6 })
  const line = [1, -2, 3]
  /** Each record adds so many times the line, in the direction of its sign. */
  const parts = (all: readonly { weights: number[]; signs: number[] }[]) =>
    all.map(({ weights, signs }) =>
      Float64Array.from(weights.flatMap((weight, n) => line.map((along) => signs[n] * weight * along))),
    )

  test('is told by the sum of weights on each side, where records differ in weight alone', () => {
    fc.assert(
      fc.property(minibatches, (all) => {
        const { weighted, majority } = votesMeasures(
          parts(all),
          all.map(({ signs }) => signs),
          0.5,
        )
        const sides = all.map(({ weights, signs }) => weights.reduce((sum, w, n) => sum + w * signs[n], 0))
        const counts = all.map(({ signs }) => signs.reduce((sum, sign) => sum + sign, 0))
        const told = pairsOf(sides.map((_, i) => i).filter((i) => sides[i] !== 0))
        expect(weighted).toBe(told.length > 0 ? 1 : null)
        const counted = told.filter(([i, j]) => counts[i] !== 0 && counts[j] !== 0)
        const follow = counted.filter(([i, j]) => sides[i] * sides[j] < 0 === counts[i] * counts[j] < 0)
        expect(majority).toBe(counted.length > 0 ? follow.length / counted.length : null)
      }),
    )
  })

  test('is not told by any vote where what a record adds has nothing to do with its sign', () => {
    const from = stream(1, 'directions')
    const [count, size, width] = [60, 16, 12]
    const random = Array.from({ length: count }, () => ({
      rows: Float64Array.from({ length: size * width }, () => from.uniform() - 0.5),
      signs: Array.from({ length: size }, () => (from.uniform() < 0.5 ? -1 : 1)),
    }))
    const { weighted, majority } = votesMeasures(
      random.map(({ rows }) => rows),
      random.map(({ signs }) => signs),
      0,
    )
    // 1,770 pairs of 60 independent minibatches.
    for (const share of [weighted!, majority!]) expect(Math.abs(share - 0.5)).toBeLessThan(0.12)
  })
})
