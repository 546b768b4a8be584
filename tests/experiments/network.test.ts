import { beforeEach, describe, expect, test } from 'vitest'
import { openEngine } from '../../experiments/engine/index.ts'
import {
  activeInputs,
  type EngineParameters,
  initialParameters,
  load,
  mask,
  masks,
  Network,
  type Pass,
  parameterCount,
  selectRows,
} from '../../experiments/network.ts'
import { paper } from '../../experiments/protocol.ts'
import type { MaskName } from '../../experiments/streams.ts'
import { autograd } from './autograd.ts'
import { engines, tiny } from './harness.ts'
import { difference, displaced, oracle } from './oracle.ts'
import { losses, type Problem, problem, regularizers } from './problem.ts'

const names = ['hidden0', 'hidden1', 'hidden2', 'output']

describe('the parameters at the start', () => {
  const plain = initialParameters(paper, { batchNorm: null })
  const normalized = initialParameters(paper, { batchNorm: 'before ReLU' })

  test('are 3,507,741 in the published network, as its widths say', () => {
    const widths = [525, 5600, 100, 20, 1]
    const counted = widths.slice(1).reduce((sum, units, layer) => sum + units * widths[layer] + units, 0)
    expect(counted).toBe(3_507_741)
    expect(parameterCount(plain)).toBe(counted)
  })

  test('are a gamma and a beta for each hidden unit more under batch normalization; running statistics are not counted', () => {
    expect(parameterCount(normalized)).toBe(3_507_741 + 2 * (5600 + 100 + 20))
  })

  test('have shapes and axes that fit the layers', () => {
    expect(Object.fromEntries(Object.entries(plain).map(([name, { shape }]) => [name, shape]))).toEqual({
      'hidden0.weight': [525, 5600],
      'hidden0.bias': [5600],
      'hidden1.weight': [5600, 100],
      'hidden1.bias': [100],
      'hidden2.weight': [100, 20],
      'hidden2.bias': [20],
      'output.weight': [20, 1],
      'output.bias': [1],
    })
    for (const { shape, data, axes } of Object.values(normalized)) {
      expect(data).toHaveLength(shape.reduce((product, length) => product * length))
      expect(axes).toHaveLength(shape.length)
    }
  })

  test('are uniform within 1 / sqrt(fan-in) of zero, weights and biases alike', () => {
    const fanIn = [525, 5600, 100, 20]
    names.forEach((name, layer) => {
      const bound = 1 / Math.sqrt(fanIn[layer])
      for (const what of ['weight', 'bias']) {
        const { data } = plain[`${name}.${what}`]
        const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        expect(largest).toBeLessThanOrEqual(Math.fround(bound))
        if (data.length < 2000) continue
        // The largest of n draws falls short by a share of 1/n on average.
        expect(largest).toBeGreaterThan((1 - 20 / data.length) * bound)
        const mean = data.reduce((sum, value) => sum + value, 0) / data.length
        const square = data.reduce((sum, value) => sum + value * value, 0) / data.length
        // The second and fourth moments of the uniform distribution are a third and a fifth of the bound's
        // powers.
        expect(Math.abs(mean)).toBeLessThan((4.5 * bound) / Math.sqrt(3 * data.length))
        expect(Math.abs(square / bound ** 2 - 1 / 3)).toBeLessThan(
          4.5 * Math.sqrt((1 / 5 - 1 / 9) / data.length),
        )
      }
    })
  })

  test('are the same weights and biases under every condition', () => {
    for (const name of Object.keys(plain)) expect(normalized[name]).toEqual(plain[name])
  })

  test('have other weights under another seed, and the weights of one layer do not depend on the widths below it', () => {
    const weight = (protocol: typeof tiny) =>
      initialParameters(protocol, { batchNorm: null })['hidden0.weight'].data
    expect(weight({ ...tiny, seed: 1 })).not.toEqual(weight({ ...tiny, seed: 2 }))
    expect(weight({ ...tiny, hidden: [8, 3, 2] })).toEqual(weight(tiny))
  })

  test('begin batch normalization as the identity: gamma 1, beta 0, running mean 0 and variance 1', () => {
    for (const layer of [0, 1, 2]) {
      const constant = { gamma: 1, beta: 0, mean: 0, variance: 1 }
      for (const [what, value] of Object.entries(constant))
        expect(normalized[`hidden${layer}.${what}`].data.every((entry) => entry === value)).toBe(true)
    }
    expect(Object.keys(plain).filter((name) => /gamma|beta|mean|variance/.test(name))).toEqual([])
  })
})

describe('the inputs in use', () => {
  test('are those that are one for some example, ascending by number', () => {
    const examples = {
      codes: Uint16Array.of(300, 9, 20, 9, 100, 20),
      positions: 2,
      targets: new Float32Array(3),
    }
    expect([...activeInputs(examples)]).toEqual([9, 20, 100, 300])
  })

  test('select their rows of a weight matrix', () => {
    const matrix = { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }
    expect(selectRows(matrix, Int32Array.of(2, 0))).toEqual({
      shape: [2, 2],
      data: Float32Array.of(5, 6, 1, 2),
    })
  })
})

describe('a dropout mask', () => {
  test('is drawn by name and layer, and there is none without dropout', () => {
    const drawn = (name: MaskName) => mask(tiny, { dropout: 0.5 }, 16, 0, name)
    expect(drawn(['probe', 1])).toHaveLength(16 * tiny.hidden[0])
    expect(drawn(['probe', 1])).toEqual(drawn(['probe', 1]))
    expect(drawn(['probe', 1])).not.toEqual(drawn(['probe', 2]))
    expect(mask(tiny, { dropout: 0.5 }, 16, 1, ['training', 1])!.slice(0, 8)).not.toEqual(
      drawn(['training', 1])!.slice(0, 8),
    )
    expect(mask(tiny, { dropout: 0 }, 16, 0, ['training', 1])).toBeUndefined()
  })
})

describe.each(await engines())('the network on the %s engine%s', (engineName, _, here) => {
  beforeEach(async (context) => {
    if (!here) context.skip()
    await openEngine(engineName)
  })

  /** The masks of the problem on the engine. */
  const maskTensors = (
    tf: Awaited<ReturnType<typeof openEngine>>['tf'],
    { setting, protocol, members }: Problem,
  ) =>
    setting.masks?.map((values, layer) =>
      tf.tensor2d(Float32Array.from(values), [members.length, protocol.hidden[layer]]),
    )

  /** The gradient that a pass says, by name of parameter; of the first weights, the rows of inputs in use. */
  const gradientsOf = (pass: Pass): { [name: string]: Float32Array } => {
    const read = (tensor: { dataSync(): unknown }) => tensor.dataSync() as Float32Array
    return Object.fromEntries([
      ...names.flatMap((name, layer) => [
        [`${name}.weight`, read(pass.weightGradient(layer, pass.deltas[layer]))],
        [`${name}.bias`, read(pass.deltas[layer].sum(0))],
      ]),
      ...pass.gammas.map((gamma, layer) => [`hidden${layer}.gamma`, read(gamma)]),
      ...pass.betas.map((beta, layer) => [`hidden${layer}.beta`, read(beta)]),
    ])
  }

  const pass = async (given: Problem) => {
    const engine = await openEngine(engineName)
    const { protocol, condition, parameters, examples, members } = given
    const { network, dispose } = load(engine, protocol, condition, parameters, examples)
    const result = engine.tf.tidy(() => {
      const pass = network.differentiate(examples, members, maskTensors(engine.tf, given))
      return { cost: pass.cost.dataSync()[0], gradients: gradientsOf(pass) }
    })
    dispose()
    return result
  }

  /** Of the oracles' gradient, what `load` keeps: the rows of the first weights that are in use. */
  const inUse = (
    gradients: { readonly [name: string]: ArrayLike<number> },
    { protocol, examples }: Problem,
  ): { [name: string]: ArrayLike<number> } => {
    const rows = activeInputs(examples)
    const tensor = { shape: [24, protocol.hidden[0]], data: Float32Array.from(gradients['hidden0.weight']) }
    return { ...gradients, 'hidden0.weight': selectRows(tensor, rows).data }
  }

  /**
   * The largest gradient of the weights of the layer that a parameter belongs to: what round-off in its
   * gradient is to be compared with.
   */
  const weightScale = (name: string, gradients: { [name: string]: ArrayLike<number> }) =>
    Math.max(...Array.from(gradients[name.replace(/\w+$/, 'weight')], Math.abs))

  describe.each(Object.entries({ ...regularizers, ...losses }))('with %s', (_, regularizer) => {
    test.each(['minibatch', 'running'] as const)(
      'computes what a plain float64 pass computes, %s statistics',
      async (statistics) => {
        const given = problem({ seed: 2, ...regularizer, statistics })
        const { protocol, condition, parameters, examples, members, inputs, targets, setting } = given
        const engine = await openEngine(engineName)
        const { network, dispose } = load(engine, protocol, condition, parameters, examples)
        const { outputs, hidden } = network.forward(examples, members, {
          masks: maskTensors(engine.tf, given),
          statistics,
        })
        const expected = oracle(parameters, inputs, targets, setting)
        expect(difference(outputs.dataSync(), expected.outputs)).toBeLessThan(2e-6)
        hidden.forEach(({ preactivations, normalization }, layer) => {
          expect(difference(preactivations.dataSync(), expected.preactivations[layer].flat())).toBeLessThan(
            2e-6,
          )
          if (!normalization) return
          const { mean, variance } = normalization
          expect(difference(mean.dataSync(), expected.statistics[layer].mean)).toBeLessThan(2e-6)
          expect(difference(variance.dataSync(), expected.statistics[layer].variance)).toBeLessThan(2e-6)
        })
        dispose()
      },
    )

    test('has the cost and the gradient of the same network differentiated number by number in float64', async () => {
      const given = problem({ seed: 3, ...regularizer })
      const { cost, gradients } = await pass(given)
      const expected = oracle(given.parameters, given.inputs, given.targets, given.setting)
      expect(Math.abs(cost / expected.cost - 1)).toBeLessThan(2e-6)
      const rows = inUse(expected.gradients, given)
      const trained = Object.keys(gradients)
      expect(trained.sort()).toEqual(
        Object.keys(rows)
          .filter((name) => !/mean|variance/.test(name))
          .sort(),
      )
      for (const name of trained) {
        expect(difference(gradients[name], rows[name], weightScale(name, rows)), name).toBeLessThan(1e-5)
      }
    })

    test('has the gradient that TensorFlow.js finds by itself', async () => {
      const given = problem({ seed: 4, ...regularizer })
      const engine = await openEngine(engineName)
      const { cost, gradients } = await pass(given)
      const expected = autograd(engine, given.parameters, given.inputs, given.targets, given.setting)
      expect(Math.abs(cost / expected.cost - 1)).toBeLessThan(2e-6)
      const rows = inUse(expected.gradients, given)
      for (const [name, gradient] of Object.entries(gradients)) {
        expect(difference(gradient, rows[name], weightScale(name, rows)), name).toBeLessThan(1e-5)
      }
    })

    test('has the gradient that finite differences of the cost give', async () => {
      const given = problem({ seed: 5, ...regularizer })
      const { parameters, inputs, targets, setting } = given
      const { gradients } = await pass(given)
      const cost = (name: string, at: number, by: number) =>
        oracle(displaced(parameters, name, at, by), inputs, targets, setting).cost
      const step = 1e-6
      const rows = activeInputs(given.examples)
      const width = given.protocol.hidden[0]
      for (const [name, gradient] of Object.entries(gradients)) {
        const samples = Array.from(
          { length: Math.min(6, gradient.length) },
          (_, i) => (5 * i) % gradient.length,
        )
        const place = (at: number) =>
          name === 'hidden0.weight' ? rows[Math.floor(at / width)] * width + (at % width) : at
        const slopes = samples.map(
          (at) => (cost(name, place(at), step) - cost(name, place(at), -step)) / (2 * step),
        )
        expect(
          difference(
            samples.map((at) => gradient[at]),
            slopes,
            1,
          ),
          name,
        ).toBeLessThan(5e-6)
      }
    })

    test('leaves out the inputs that no example has, and nothing changes', async () => {
      const given = problem({ seed: 6, ...regularizer })
      const { protocol, condition, parameters, examples, members } = given
      const engine = await openEngine(engineName)
      const rows = activeInputs(examples)
      const everyInput = Int32Array.from({ length: 24 }, (_, i) => i)
      expect(rows.length).toBeLessThan(24)

      const full: EngineParameters = Object.fromEntries(
        Object.entries(parameters).map(([name, { shape, data }]) => [
          name,
          engine.tf.tensor(data, [...shape]),
        ]),
      )
      const whole = new Network(engine, protocol, condition, everyInput, () => full)
      const expected = gradientsOf(whole.differentiate(examples, members, maskTensors(engine.tf, given)))
      const { gradients } = await pass(given)

      const first = { shape: [24, protocol.hidden[0]], data: expected['hidden0.weight'] }
      const unused = everyInput.filter((input) => !rows.includes(input))
      expect(selectRows(first, unused).data.every((value) => value === 0)).toBe(true)
      for (const [name, gradient] of Object.entries(gradients)) {
        const kept = name === 'hidden0.weight' ? selectRows(first, rows).data : expected[name]
        expect(difference(gradient, kept, 1), name).toBeLessThan(2e-7)
      }
      engine.tf.dispose(full)
    })
  })

  test('has a bias gradient of nothing but round-off under batch norm before the ReLU, and not after it', async () => {
    const largest = async (placement: 'before ReLU' | 'after ReLU') => {
      const { gradients } = await pass(problem({ seed: 7, placement }))
      return Math.max(...[0, 1, 2].flatMap((layer) => Array.from(gradients[`hidden${layer}.bias`], Math.abs)))
    }
    expect(await largest('before ReLU')).toBeLessThan(1e-6)
    expect(await largest('after ReLU')).toBeGreaterThan(1e-2)
  })

  test('keeps no tensor but its parameters, and those only until it is disposed of', async () => {
    const { tf } = await openEngine(engineName)
    const before = tf.memory().numTensors
    await pass(problem({ placement: 'after ReLU', dropout: 0.3 }))
    expect(tf.memory().numTensors).toBe(before)
  })

  test('puts the masks of all hidden layers on the engine as they were drawn', async () => {
    const engine = await openEngine(engineName)
    const condition = { dropout: 0.3 }
    const tensors = masks(engine, tiny, condition, 16, ['training', 3])!
    tensors.forEach((tensor, layer) => {
      expect(tensor.shape).toEqual([16, tiny.hidden[layer]])
      expect(tensor.dataSync()).toEqual(mask(tiny, condition, 16, layer, ['training', 3]))
    })
    engine.tf.dispose(tensors)
    expect(masks(engine, tiny, { dropout: 0 }, 16, ['training', 3])).toBeUndefined()
  })
})
