import { beforeEach, describe, expect, test } from 'vitest'
import { type Engine, openEngine } from '../../experiments/engine/index.ts'
import { activeInputs, isTrained, mask, selectRows } from '../../experiments/network.ts'
import { type TrainedCondition, Trainer, type TrainingProtocol } from '../../experiments/training.ts'
import { autograd } from './autograd.ts'
import { digest, engines } from './harness.ts'
import { difference, oracle } from './oracle.ts'
import { asRead, losses, type Problem, problem, regularizers } from './problem.ts'

/** Number of inputs of the problems' networks. */
const inputCount = 24
const batchSize = 8

/** How training differs from the problem's own condition. */
interface Variant {
  readonly clipNorm?: number
  readonly weightDecay?: number
  readonly optimizer?: 'gradient descent'
  readonly frozenBiases?: boolean
}

/**
 * Adam's epsilon is larger than in the study, where a parameter whose exact gradient is zero, such as a bias
 * under batch norm before the ReLU, moves by round-off over round-off: no two implementations have that in
 * common.
 */
function training(
  { protocol, condition }: Problem,
  { clipNorm = 0.3, weightDecay = 0, ...factors }: Variant,
) {
  return {
    protocol: {
      ...protocol,
      training: { ...protocol.training, clipNorm, adam: { ...protocol.training.adam, epsilon: 1e-4 } },
    } satisfies TrainingProtocol,
    condition: { ...condition, ...factors, weightDecay, learningRate: 0.01 } satisfies TrainedCondition,
  }
}

/** Members of the minibatch of a step: other ones at each. */
const minibatch = ({ members }: Problem, step: number) =>
  Int32Array.from({ length: batchSize }, (_, i) => members[(7 * step + 5 * i) % members.length])

/** Numbers by name of parameter, all rows of the first weights among them. */
type State = { readonly [name: string]: { values: Float64Array; m: Float64Array; v: Float64Array } }

/** What a trainer holds. */
function stateOf(trainer: Trainer, { examples }: Problem): State {
  const { tensors } = trainer.state()
  const moment = (name: string, size: number) => {
    const stored = tensors[name]?.data ?? []
    const full = new Float64Array(size)
    // Of the first weights a trainer holds the rows of the inputs in use.
    if (stored.length === size) full.set(stored)
    else {
      const rows = activeInputs(examples)
      const width = stored.length / rows.length
      stored.forEach((value, at) => {
        full[rows[Math.floor(at / width)] * width + (at % width)] = value
      })
    }
    return full
  }
  return Object.fromEntries(
    Object.entries(trainer.parameters()).map(([name, { data }]) => [
      name,
      {
        values: Float64Array.from(data),
        m: moment(`${name}/m`, data.length),
        v: moment(`${name}/v`, data.length),
      },
    ]),
  )
}

/**
 * One step of training as the textbooks have it: gradients by TensorFlow.js's automatic differentiation; the
 * clipping of the global norm, weight decay after it and running statistics as PyTorch has them; Adam (Kingma
 * and Ba, 2015, the order of computation at the end of section 2). All but the gradients in float64. `t`
 * counts from 1. Returns the next state, the cost and the gradient's norm.
 */
function textbookStep(
  engine: Engine,
  given: Problem,
  variant: Variant,
  state: State,
  members: Int32Array,
  t: number,
) {
  const { protocol, condition } = training(given, variant)
  const { adam, clipNorm, batchNorm } = protocol.training
  const { dropout, learningRate, weightDecay } = condition
  const masks = dropout
    ? protocol.hidden.map(
        (_, layer) => mask(protocol, condition, members.length, layer, ['training', t - 1])!,
      )
    : undefined
  const setting = { ...given.setting, masks }
  const { inputs, targets } = asRead(given.examples, members, inputCount)
  const parameters = Object.fromEntries(
    Object.entries(state).map(([name, { values }]) => [
      name,
      { shape: given.parameters[name].shape, data: values },
    ]),
  )
  const { cost, gradients } = autograd(engine, parameters, inputs, targets, setting)
  if (variant.frozenBiases) for (const layer of [0, 1, 2]) gradients[`hidden${layer}.bias`].fill(0)
  const statistics = setting.placement ? oracle(parameters, inputs, targets, setting).statistics : []

  const norm = Math.hypot(...Object.values(gradients).flatMap((gradient) => [...gradient]))
  const clip = Math.min(1, clipNorm / (norm + 1e-6))
  const { beta1, beta2, epsilon } = adam
  const rate = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
  const next = structuredClone(state)
  for (const [name, gradient] of Object.entries(gradients)) {
    const { values, m, v } = next[name]
    gradient.forEach((raw, i) => {
      const g = clip * raw + weightDecay * values[i]
      if (variant.optimizer === 'gradient descent') {
        values[i] -= learningRate * g
        return
      }
      m[i] = beta1 * m[i] + (1 - beta1) * g
      v[i] = beta2 * v[i] + (1 - beta2) * g * g
      values[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + epsilon)
    })
  }
  statistics.forEach(({ mean, variance }, layer) => {
    const unbiased = variance.map((value) => (value * members.length) / (members.length - 1))
    for (const [what, latest] of Object.entries({ mean, variance: unbiased })) {
      const running = next[`hidden${layer}.${what}`].values
      latest.forEach((value, unit) => {
        running[unit] = (1 - batchNorm.momentum) * running[unit] + batchNorm.momentum * value
      })
    }
  })
  return { state: next, cost, norm }
}

const cases: [string, Parameters<typeof problem>[0], Variant][] = [
  ...Object.entries(regularizers).map(
    ([name, regularizer]): [string, Parameters<typeof problem>[0], Variant] => [name, regularizer, {}],
  ),
  ['weight decay', {}, { weightDecay: 0.1 }],
  ['weight decay and batch norm', { placement: 'before ReLU' }, { weightDecay: 0.1 }],
  ...Object.entries(losses).map(([name, loss]): [string, Parameters<typeof problem>[0], Variant] => [
    name,
    loss,
    {},
  ]),
  ['plain gradient descent', {}, { optimizer: 'gradient descent' }],
  ['frozen biases and batch norm', { placement: 'before ReLU' }, { frozenBiases: true }],
]

describe.each(await engines())('a training on the %s engine%s', (engineName, _, here) => {
  beforeEach(async (context) => {
    if (!here) context.skip()
    await openEngine(engineName)
  })

  const start = async (given: Problem, variant: Variant = {}, saved?: ReturnType<Trainer['state']>) => {
    const engine = await openEngine(engineName)
    const { protocol, condition } = training(given, variant)
    return new Trainer(engine, protocol, condition, given.parameters, given.examples, saved)
  }

  describe.each(cases)('with %s', (_, regularizer, variant) => {
    test.each([
      ['clipped gradients', 0.3],
      ['gradients too short to be clipped', 1000],
    ])('takes each of 20 steps as the textbook does, %s', async (_, clipNorm) => {
      const given = problem({ seed: 23, ...regularizer })
      const engine = await openEngine(engineName)
      const trainer = await start(given, { ...variant, clipNorm })
      for (let step = 0; step < 20; step++) {
        expect(trainer.step).toBe(step)
        const members = minibatch(given, step)
        const before = stateOf(trainer, given)
        const expected = textbookStep(engine, given, { ...variant, clipNorm }, before, members, step + 1)
        trainer.update(given.examples, members)
        expect(expected.norm > clipNorm).toBe(clipNorm < 1)
        expect(Math.abs(trainer.takeCost(1) / expected.cost - 1)).toBeLessThan(2e-6)
        const after = stateOf(trainer, given)
        for (const [name, { values, m, v }] of Object.entries(expected.state)) {
          expect(difference(after[name].values, values, 1), `step ${step}: ${name}`).toBeLessThan(2e-6)
          if (!isTrained(name)) continue
          // Round-off in a layer's gradients is relative to the largest of them.
          const weight = expected.state[name.replace(/\w+$/, 'weight')]
          const largest = (...moments: Float64Array[]) =>
            Math.max(...moments.flatMap((of) => Array.from(of, Math.abs)))
          expect(
            difference(after[name].m, m, largest(m, weight.m)),
            `step ${step}: m of ${name}`,
          ).toBeLessThan(5e-5)
          // TensorFlow's 1 - beta2 is rounded to float32, and so 1.3e-5 smaller.
          expect(
            difference(after[name].v, v, largest(v, weight.v)),
            `step ${step}: v of ${name}`,
          ).toBeLessThan(1e-4)
        }
      }
      trainer.dispose()
    })

    test('goes on from its saved state to the very same bits', async () => {
      const given = problem({ seed: 12, ...regularizer })
      const whole = await start(given, variant)
      const steps = (trainer: Trainer, from: number, to: number) => {
        for (let step = from; step < to; step++) trainer.update(given.examples, minibatch(given, step))
      }
      steps(whole, 0, 7)
      const saved = whole.state()
      const before = digest(saved)
      steps(whole, 7, 13)
      expect(digest(saved)).toBe(before)

      const resumed = await start(given, variant, structuredClone(saved))
      expect(digest(resumed.state())).toBe(before)
      steps(resumed, 7, 13)
      expect(resumed.step).toBe(13)
      expect(digest(resumed.state())).toBe(digest(whole.state()))
      expect(digest(resumed.parameters())).toBe(digest(whole.parameters()))
      expect(resumed.takeCost(13)).toBe(whole.takeCost(13))
      whole.dispose()
      resumed.dispose()
    })

    test('says the gradients of minibatches, residuals and inner products, without changing anything', async () => {
      const given = problem({ seed: 13, ...regularizer })
      const { protocol, condition } = training(given, variant)
      const trainer = await start(given, variant)
      const before = digest(trainer.state())
      const layers = [0, 1, 2]
      const minibatches = Array.from({ length: 11 }, (_, i) => minibatch(given, i))
      const { shifts, residuals, products } = trainer.probe(given.examples, minibatches, layers, 2)
      expect(digest(trainer.state())).toBe(before)
      const what = given.setting.placement === 'before ReLU' ? 'beta' : 'bias'
      const passes = minibatches.map((members, i) => {
        const masks = condition.dropout
          ? protocol.hidden.map((_, layer) => mask(protocol, condition, batchSize, layer, ['probe', i])!)
          : undefined
        const { inputs, targets } = asRead(given.examples, members, inputCount)
        return { targets, ...oracle(given.parameters, inputs, targets, { ...given.setting, masks }) }
      })
      passes.forEach(({ outputs, targets, gradients }, i) => {
        const read = residuals.subarray(i * batchSize, (i + 1) * batchSize)
        expect(
          difference(
            read,
            outputs.map((output, n) => output - targets[n]),
          ),
        ).toBeLessThan(1e-5)
        layers.forEach((layer) => {
          expect(difference(shifts[layer][i], gradients[`hidden${layer}.${what}`], 1)).toBeLessThan(1e-5)
        })
      })
      expect(Object.keys(products).sort()).toEqual(Object.keys(given.parameters).filter(isTrained).sort())
      for (const [name, values] of Object.entries(products)) {
        const [a, b] = passes.map(({ gradients }) => gradients[name])
        const expected = [a, a, b, b].map((left, at) =>
          left.reduce((sum, value, k) => sum + value * (at % 2 ? b : a)[k], 0),
        )
        expect(difference(values, expected, Math.max(...expected, 1e-3)), name).toBeLessThan(1e-4)
      }
      expect(trainer.probe(given.examples, minibatches, [2]).shifts[0]).toHaveLength(11)
      trainer.dispose()
    })

    test('predicts in evaluation mode: no dropout, running statistics', async () => {
      const given = problem({ seed: 14, ...regularizer })
      const { examples, members } = given
      const trainer = await start(given, variant)
      for (let step = 0; step < 3; step++) trainer.update(examples, minibatch(given, step))
      const { inputs, targets } = asRead(examples, members, inputCount)
      const evaluation = { ...given.setting, statistics: 'running', masks: undefined } as const
      const { outputs } = oracle(trainer.parameters(), inputs, targets, evaluation)
      expect(difference(trainer.predict(examples, members), outputs)).toBeLessThan(1e-5)
      expect(difference(trainer.predict(examples, members, 5), outputs)).toBeLessThan(1e-5)
      trainer.dispose()
    })

    test('keeps as many tensors after twenty steps as after two, and none when it is disposed of', async () => {
      const given = problem({ seed: 15, ...regularizer })
      const { tf } = await openEngine(engineName)
      const before = tf.memory().numTensors
      const trainer = await start(given, variant)
      const work = (step: number) => {
        trainer.update(given.examples, minibatch(given, step))
        trainer.predict(given.examples, given.members)
        trainer.probe(given.examples, [given.members, given.members], [1, 2], 1)
        trainer.takeCost(1)
        trainer.state()
        trainer.parameters()
        return tf.memory().numTensors
      }
      const counts = Array.from({ length: 20 }, (_, step) => work(step))
      expect(new Set(counts.slice(1)).size).toBe(1)
      trainer.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })
  })

  test('reports the mean cost of the steps since it was last asked', async () => {
    const given = problem({ seed: 16 })
    const engine = await openEngine(engineName)
    const trainer = await start(given)
    const costs = Array.from({ length: 5 }, (_, step) => {
      const members = minibatch(given, step)
      const { cost } = textbookStep(engine, given, {}, stateOf(trainer, given), members, step + 1)
      trainer.update(given.examples, members)
      return step === 2 ? [cost, trainer.takeCost(3)] : [cost]
    })
    const [[first], [second], [third, asked], [fourth], [fifth]] = costs
    expect(asked).toBeCloseTo((first + second + third) / 3, 5)
    expect(trainer.takeCost(2)).toBeCloseTo((fourth + fifth) / 2, 5)
    trainer.dispose()
  })

  test('never touches the weights of inputs that no example has, except by weight decay', async () => {
    const given = problem({ seed: 17 })
    const rows = activeInputs(given.examples)
    const unused = Int32Array.from({ length: inputCount }, (_, i) => i).filter(
      (input) => !rows.includes(input),
    )
    const weights = async (variant: Variant) => {
      const trainer = await start(given, variant)
      for (let step = 0; step < 4; step++) trainer.update(given.examples, minibatch(given, step))
      const first = trainer.parameters()['hidden0.weight']
      trainer.dispose()
      return { unused: selectRows(first, unused).data, used: selectRows(first, rows).data }
    }
    const initial = given.parameters['hidden0.weight']
    const plain = await weights({})
    expect(plain.unused).toEqual(selectRows(initial, unused).data)
    expect(plain.used).not.toEqual(selectRows(initial, rows).data)
    const decayed = await weights({ weightDecay: 0.1 })
    const shrank = decayed.unused.filter(
      (value, i) => Math.abs(value) < Math.abs(selectRows(initial, unused).data[i]),
    )
    expect(shrank.length).toBeGreaterThan(0.9 * decayed.unused.length)
  })

  test('lowers the cost', async () => {
    const given = problem({ seed: 18 })
    const trainer = await start(given)
    const epoch = () => {
      for (let step = 0; step < 10; step++) trainer.update(given.examples, minibatch(given, step))
      return trainer.takeCost(10)
    }
    const first = epoch()
    for (let i = 0; i < 10; i++) epoch()
    expect(epoch()).toBeLessThan(first / 2)
    trainer.dispose()
  })
})
