import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { z } from 'zod'
import { type ClassifiedExamples, Classifier } from '../classifier.ts'
import { type DigitsParameters, digits } from '../definitions/digits.ts'
import { openEngine } from '../engine/index.ts'
import { MinibatchGradients } from '../gradients.ts'
import { type CheckpointGradients, type EpochGradients, groupsOf, tensorMeasures } from '../measures.ts'
import { fixedMinibatches, minibatchesOf, split } from '../minibatches.ts'
import { drawParameters, type Parameters, parameterCount } from '../network.ts'

const classes = 10
/** 28 x 28 pixels. */
const width = 784

export default digits.implement(async (given, _, context) => {
  const { seed, hidden, training, minibatches, checkpoints, roundOff, trainFraction } = given
  const { pixels, examples } = readDigits(given.source)
  const count = examples.classes.length
  const { train, test } = split(seed, count, trainFraction)
  const { batchSize, epochs } = training
  const members = fixedMinibatches(seed, train, { minibatches, batchSize })

  const engine = await openEngine(context.engine)
  const initial = drawParameters(seed, [width, ...hidden, classes], { batchNorm: null })
  const classifier = new Classifier(engine, examples, initial, training)
  const records: EpochGradients[] = []
  const testErrors: number[] = []
  const moments: { [epoch: number]: CheckpointGradients } = {}
  const parameters: { [epoch: number]: Parameters } = {}
  const record = (epoch: number, cost: number | null) => {
    const gradients = new MinibatchGradients(engine)
    for (let i = 0; i < minibatches; i++) {
      const minibatch = members.subarray(i * batchSize, (i + 1) * batchSize)
      engine.tf.tidy(() => gradients.add(classifier.differentiate(minibatch)))
    }
    const products = gradients.products()
    const shifts = [gradients.vectors('hidden1.bias'), gradients.vectors('hidden2.bias')] as const
    gradients.dispose()
    const groups = groupsOf(products, shifts, roundOff)
    records.push({ epoch, cost, groups })
    testErrors.push(classifier.error(test))
    if (!checkpoints.includes(epoch)) return
    moments[epoch] = { tensors: tensorMeasures(products, batchSize, train.length, roundOff), groups }
    parameters[epoch] = classifier.parameters()
  }

  record(0, null)
  const steps = Math.floor(train.length / batchSize)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const taken = minibatchesOf('reshuffled', epoch, {
      seed,
      batchSize,
      train,
      targets: Float32Array.from(examples.classes),
    })
    let cost = 0
    for (let at = 0; at < steps; at++) {
      cost += classifier.update(taken[at]) / steps
      context.progress((epoch - 1) * steps + at + 1, epochs * steps, 'steps', `epoch ${epoch}`)
    }
    record(epoch, cost)
  }
  classifier.dispose()
  return {
    measures: {
      parameters: parameterCount(initial),
      records: train.length,
      batchSize,
      epochs: records,
      checkpoints: moments,
      testErrors,
    },
    examples: {
      pixels: { shape: [count, width], data: pixels },
      classes: { shape: [count], data: examples.classes },
      train: { shape: [train.length], data: train },
      test: { shape: [test.length], data: test },
      minibatches: { shape: [minibatches, batchSize], data: members },
    },
    parameters,
  }
})

const digitFile = z.object({ data: z.array(z.number().min(0).max(1)) })

/**
 * The handwritten digits of the npm package, digit by digit. @throws where it is not installed, or holds
 * other digits than `source` says
 */
function readDigits({ package: name, version, sha256 }: DigitsParameters['source']): {
  readonly pixels: Uint16Array
  readonly examples: ClassifiedExamples
} {
  const remedy = `npm install --no-save ${name}@${version}`
  const require = createRequire(import.meta.url)
  const read = (file: string): unknown => {
    try {
      return require(`${name}/${file}`)
    } catch (cause) {
      throw new Error(
        `The handwritten digits are in the npm package ${name}, which is not installed: ${remedy}.`,
        { cause },
      )
    }
  }
  const grey = Array.from(
    { length: classes },
    (_, digit) => digitFile.parse(read(`src/digits/${digit}.json`)).data,
  )
  const pixels = Uint16Array.from(grey.flat(), (value) => Math.round(1000 * value))
  const found = createHash('sha256').update(pixels).digest('hex')
  if (found !== sha256)
    throw new Error(
      `The npm package ${name} holds other digits (${found}) than version ${version} (${sha256}): ${remedy}.`,
    )
  return {
    pixels,
    examples: {
      inputs: Float32Array.from(pixels, (value) => value / 1000),
      width,
      classes: Uint16Array.from(grey.flatMap(({ length }, digit) => Array(length / width).fill(digit))),
    },
  }
}
