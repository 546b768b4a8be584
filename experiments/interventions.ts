/**
 * What comes of changing one thing at one network: the signs in a minibatch, the loss, what a gradient
 * becomes, the order of an epoch; and which votes decide the gradients.
 */

import { mean } from 'd3-array'
import type { Tensors } from '../pipeline/stage.ts'
import { type Gradients, gram } from './agreement.ts'
import { correctedRate, type Engine } from './engine/engine.ts'
import { layerNames, MinibatchGradients, productsOf, spans, stacked } from './gradients.ts'
import {
  byGroup,
  type GroupsMeasures,
  groupMeasures,
  groupProducts,
  groupsOf,
  type Intervention,
  type Interventions,
  type OrderMeasures,
  type OutputMeasures,
  outputMeasures,
  type RecordsMeasures,
  sumOf,
  votesMeasures,
} from './measures.ts'
import { minibatchesOf } from './minibatches.ts'
import { activeInputs, type Examples, isTrained, load, masks, type Parameters } from './network.ts'
import { shiftOf } from './parameters.ts'
import type { Loss, Protocol } from './protocol.ts'
import { permutation, type Stream, stream } from './random.ts'
import { maskNames, streams } from './streams.ts'
import { clipEpsilon, type TrainedCondition, Trainer, type TrainingProtocol } from './training.ts'

/** The network at which something is changed, its data, and what is to be changed. */
export interface Setting {
  readonly protocol: TrainingProtocol
  readonly condition: TrainedCondition
  readonly measures: Protocol['measures']
  readonly examples: Examples
  readonly train: Int32Array
  readonly test: Int32Array
  readonly minibatches: readonly Int32Array[]
  readonly epoch: number
  readonly start: Parameters
  /** The state from which training goes on. */
  readonly state: { readonly step: number; readonly tensors: Tensors }
  readonly kinds: readonly Intervention[]
  readonly roundOff: number
  readonly tell: (done: number, kind: Intervention) => void
}

export function intervene(engine: Engine, setting: Setting): Interventions {
  const of = <Made>(kind: Intervention, make: (engine: Engine, setting: Setting) => Made) => {
    const place = setting.kinds.indexOf(kind)
    if (place < 0) return {}
    setting.tell(place, kind)
    return { [kind]: make(engine, setting) } as { [made in Intervention]?: Made }
  }
  return {
    epoch: setting.epoch,
    ...of('signs', bySigns),
    ...of('losses', byLoss),
    ...of('steps', bySteps),
    ...of('order', byOrder),
    ...of('output', byOutput),
    ...of('records', byRecords),
  } as Interventions
}

/** The gradients of minibatches at the setting's parameters, under its own loss or others. */
function gradientsAt(
  engine: Engine,
  { protocol, condition, start, examples }: Setting,
  minibatches: readonly Int32Array[],
  losses: readonly (Loss | undefined)[] = [condition.loss],
): MinibatchGradients {
  const gradients = new MinibatchGradients(engine)
  for (const loss of losses) {
    const { network, dispose } = load(engine, protocol, { ...condition, loss }, start, examples)
    minibatches.forEach((members, i) => {
      engine.tf.tidy(() => {
        const mask = masks(engine, protocol, condition, members.length, maskNames.probe(i))
        gradients.add(network.differentiate(examples, members, mask))
      })
    })
    dispose()
  }
  return gradients
}

/** The shifts of hidden layers 1 and 2 of some of the minibatches. */
function shiftsOf(
  gradients: MinibatchGradients,
  { condition }: Setting,
  from = 0,
  to = gradients.count,
): readonly [Gradients, Gradients] {
  const shift = shiftOf(condition)
  const of = (layer: number) => {
    const { parameters, data } = gradients.vectors(`hidden${layer}.${shift}`)
    return { count: to - from, parameters, data: data.subarray(from * parameters, to * parameters) }
  }
  return [of(1), of(2)]
}

/**
 * Minibatches whose records' residuals have signs as they come, in the population's proportion, and all the
 * same.
 */
function bySigns(engine: Engine, setting: Setting): Interventions['signs'] {
  const { protocol, measures, examples, train, epoch, roundOff } = setting
  const { batchSize } = protocol.training
  const trainer = resumed(engine, setting)
  const outputs = trainer.predict(examples, train)
  trainer.dispose()
  const sign = outputs.map((output, i) => Math.sign(output - examples.targets[train[i]]))
  const [high, low] = [1, -1].map((side) => train.filter((_, i) => sign[i] === side))
  const draws = {
    natural: naturally(train, batchSize),
    population: inProportion(high, low, batchSize),
    'one-signed': oneSigned(high, low, batchSize),
  }
  if (Math.min(high.length, low.length) < batchSize) return null
  const measure = (kind: keyof typeof draws): GroupsMeasures => {
    const from = stream(protocol.seed, ...streams.signs(epoch, kind))
    const drawn = Array.from({ length: measures.minibatches }, (_, i) => draws[kind](i, from))
    const gradients = gradientsAt(engine, setting, drawn)
    const groups = groupsOf(gradients.products(), shiftsOf(gradients, setting), roundOff)
    gradients.dispose()
    return groups
  }
  return {
    natural: measure('natural'),
    population: measure('population'),
    'one-signed': measure('one-signed'),
  }
}

/** Draws minibatch i. */
type Draw = (i: number, from: Stream) => Int32Array

/** Some of the records, none twice, in random order. */
function sample(records: Int32Array, count: number, from: Stream): Int32Array {
  return permutation(records.length, from)
    .subarray(0, count)
    .map((i) => records[i])
}

/** Any records. */
export const naturally =
  (records: Int32Array, batchSize: number): Draw =>
  (_, from) =>
    sample(records, batchSize, from)

/**
 * As many of each side as the population has of them, within one record; over all minibatches the share is
 * met to one record.
 */
export function inProportion(high: Int32Array, low: Int32Array, batchSize: number): Draw {
  const each = (batchSize * high.length) / (high.length + low.length)
  return (i, from) => {
    const tooHigh = Math.floor((i + 1) * each) - Math.floor(i * each)
    return Int32Array.from([...sample(high, tooHigh, from), ...sample(low, batchSize - tooHigh, from)])
  }
}

/** Records of one side, the sides taking turns. */
export const oneSigned =
  (high: Int32Array, low: Int32Array, batchSize: number): Draw =>
  (i, from) =>
    sample(i % 2 === 0 ? high : low, batchSize, from)

/** The same minibatches under each loss, over the same units. */
function byLoss(engine: Engine, setting: Setting): Interventions['losses'] {
  const { measures, minibatches, roundOff } = setting
  const taken = minibatches.slice(0, measures.minibatches)
  const count = taken.length
  const gradients = gradientsAt(engine, setting, taken, ['absolute', 'squared', { huber: measures.huber }])
  const shifts = shiftsOf(gradients, setting)
  // Row and column loss x count + minibatch.
  const all = groupProducts(gradients.products(), shifts, shiftsOf(gradients, setting, 0, count))
  gradients.dispose()
  const measure = (loss: number) => ({
    groups: byGroup(all, ({ products }) => groupMeasures(block(products, loss, count), count, roundOff)),
    cosine: byGroup(all, ({ products }) => cosineToFirst(products, loss, count, roundOff)),
  })
  return { absolute: measure(0), squared: measure(1), huber: measure(2) }
}

/** The inner products of block `index` of the diagonal, each block having `count` rows. */
function block(products: Float64Array, index: number, count: number): Float64Array {
  const width = Math.sqrt(products.length)
  return Float64Array.from({ length: count * count }, (_, at) => {
    const [i, j] = [Math.floor(at / count), at % count]
    return products[(index * count + i) * width + index * count + j]
  })
}

/**
 * The mean cosine of each vector of block 0 and the one of the same place in block `index`; null if none has
 * a direction.
 */
function cosineToFirst(
  products: Float64Array,
  index: number,
  count: number,
  roundOff: number,
): number | null {
  const width = Math.sqrt(products.length)
  let [sum, directed] = [0, 0]
  for (let a = 0; a < count; a++) {
    const b = index * count + a
    const squares = [products[a * width + a], products[b * width + b]]
    if (Math.min(...squares) <= roundOff * roundOff) continue
    sum += products[a * width + b] / Math.sqrt(squares[0] * squares[1])
    directed++
  }
  return directed > 0 ? sum / directed : null
}

/** What the same gradients become: plain gradient descent, Adam with its moments, Adam at its first step. */
function bySteps(engine: Engine, setting: Setting): Interventions['steps'] {
  const { protocol, condition, measures, minibatches, examples, start, state, roundOff } = setting
  const { clipNorm, adam } = protocol.training
  const gradients = gradientsAt(engine, setting, minibatches.slice(0, measures.minibatches))
  const { count } = gradients
  const own = gradients.products()
  const squares = sumOf(Object.values(own))
  const scales = Array.from({ length: count }, (_, i) =>
    Math.min(1, clipNorm / (Math.sqrt(squares[i * count + i]) + clipEpsilon)),
  )
  const { beta1, beta2, epsilon } = adam
  const { learningRate } = condition
  const [towards1, towards2] = [1 - beta1, 1 - beta2]
  /** The steps that take the place of gradients; `m` and `v` have the moments of the same elements. */
  const steps = (
    raw: readonly Float32Array[],
    m: Float32Array,
    v: Float32Array,
    step: number,
  ): Float32Array[] => {
    const rate = correctedRate({ learningRate, ...adam }, step)
    return raw.map((gradient, i) => {
      const made = new Float32Array(gradient.length)
      for (let at = 0; at < made.length; at++) {
        const g = gradient[at] * scales[i]
        const first = m[at] + towards1 * (g - m[at])
        const second = v[at] + towards2 * (g * g - v[at])
        made[at] = (rate * first) / (Math.sqrt(second) + epsilon)
      }
      return made
    })
  }
  const inUse = activeInputs(examples).length
  const measure = (afresh: boolean): GroupsMeasures => {
    const step = afresh ? 1 : state.step + 1
    const moments = (name: string) =>
      ['m', 'v'].map((moment) => {
        const { data } = state.tensors[`${name}/${moment}`]
        return afresh ? new Float32Array(data.length) : (data as Float32Array)
      })
    const vectors = Object.fromEntries(
      gradients.vectorNames.map((name) => {
        const { parameters, data } = gradients.vectors(name)
        const rows = Array.from({ length: count }, (_, i) => data.slice(i * parameters, (i + 1) * parameters))
        const [m, v] = moments(name)
        return [name, stacked(steps(rows, m, v, step))]
      }),
    )
    const products = Object.fromEntries([
      ...Object.entries(vectors).map(([name, steps]) => [name, gram(steps)]),
      ...layerNames.map((layer, l) => {
        const name = `${layer}.weight`
        const [m, v] = moments(name)
        const width = start[name].shape[1]
        if (l === 0 && m.length !== inUse * width)
          throw new RangeError('Steps are compared where training holds the weights of inputs in use alone.')
        const parts = spans(width).map(([from, to]) =>
          productsOf(
            engine,
            steps(
              gradients.columns(l, from, to),
              columnsOf(m, width, from, to),
              columnsOf(v, width, from, to),
              step,
            ),
          ),
        )
        return [name, sumOf(parts)]
      }),
    ])
    const shift = shiftOf(condition)
    return groupsOf(products, [vectors[`hidden1.${shift}`], vectors[`hidden2.${shift}`]], 0)
  }
  const groups = {
    gradient: groupsOf(own, shiftsOf(gradients, setting), roundOff),
    adam: measure(false),
    'adam afresh': measure(true),
  }
  gradients.dispose()
  return { clipped: scales.filter((scale) => scale < 1).length / count, groups }
}

/** What decides the whole gradient of the fixed minibatches; nothing is changed. */
function byOutput(engine: Engine, setting: Setting): OutputMeasures {
  const { protocol, condition, start, examples, minibatches, roundOff } = setting
  const { network, dispose } = load(engine, protocol, condition, start, examples)
  const gradients = new MinibatchGradients(engine)
  const [signs, inputs]: [number[][], Float32Array[]] = [[], []]
  minibatches.forEach((members, i) => {
    engine.tf.tidy(() => {
      const mask = masks(engine, protocol, condition, members.length, maskNames.probe(i))
      const pass = network.differentiate(examples, members, mask)
      signs.push(Array.from(pass.residuals.dataSync<'float32'>(), Math.sign))
      inputs.push(pass.hidden[pass.hidden.length - 1].activations.dataSync<'float32'>().slice())
      gradients.add(pass)
    })
  })
  const measured = outputMeasures(gradients.products(), signs, inputs, roundOff)
  gradients.dispose()
  dispose()
  return measured
}

/**
 * The votes of the fixed minibatches' records over the shifts of hidden layers 1 and 2; under dropout also
 * with the masks taken off.
 */
function byRecords(engine: Engine, setting: Setting): RecordsMeasures {
  const { protocol, condition, start, examples, minibatches, roundOff } = setting
  const { network, dispose } = load(engine, protocol, condition, start, examples)
  const measure = (masked: boolean): RecordsMeasures['training'] => {
    const signs: number[][] = []
    const parts: { readonly [layer in 1 | 2]: Float32Array[] } = { 1: [], 2: [] }
    minibatches.forEach((members, i) => {
      engine.tf.tidy(() => {
        const mask = masked
          ? masks(engine, protocol, condition, members.length, maskNames.probe(i))
          : undefined
        const { residuals, shifts } = network.differentiate(examples, members, mask, 1)
        signs.push(Array.from(residuals.dataSync<'float32'>(), Math.sign))
        for (const layer of [1, 2] as const) parts[layer].push(shifts[layer].dataSync<'float32'>().slice())
      })
    })
    return {
      bias1: votesMeasures(parts[1], signs, roundOff),
      bias2: votesMeasures(parts[2], signs, roundOff),
    }
  }
  const measured = { training: measure(true), ...(condition.dropout > 0 && { withoutMasks: measure(false) }) }
  dispose()
  return measured
}

/** Some columns of a matrix of this width, row-major. */
function columnsOf(matrix: Float32Array, width: number, from: number, to: number): Float32Array {
  const rows = matrix.length / width
  const columns = new Float32Array(rows * (to - from))
  for (let row = 0; row < rows; row++)
    columns.set(matrix.subarray(row * width + from, row * width + to), row * (to - from))
  return columns
}

/** Epochs from the same state that differ in the order of their minibatches, or in the minibatches. */
function byOrder(engine: Engine, setting: Setting): OrderMeasures {
  const { protocol, measures, examples, train, test, epoch, start } = setting
  const cut = (walk: number) =>
    minibatchesOf('reshuffled', walk, {
      seed: protocol.seed,
      batchSize: protocol.training.batchSize,
      train,
      targets: examples.targets,
    })
  const next = cut(epoch + 1)
  const permuted = (walk: number) =>
    Array.from(
      permutation(next.length, stream(protocol.seed, ...streams.permutedEpoch(epoch, walk))),
      (i) => next[i],
    )
  const names = Object.keys(start).filter(isTrained)
  const walk = (minibatches: readonly Int32Array[]) => {
    const trainer = resumed(engine, setting)
    for (const members of minibatches) trainer.update(examples, members)
    const end = { parameters: trainer.parameters(), predictions: trainer.predict(examples, test) }
    trainer.dispose()
    return end
  }
  const distance = (a: Parameters, b: Parameters) =>
    Math.sqrt(names.reduce((sum, name) => sum + squaredDistance(a[name].data, b[name].data), 0))
  const walks = Array.from({ length: measures.walks }, (_, i) => i)
  const ends = {
    repeated: [walk(next), walk(next)],
    permuted: walks.map((i) => walk(permuted(i))),
    reshuffled: walks.map((i) => walk(cut(epoch + 1 + i))),
  }
  const targets = Float32Array.from(test, (member) => examples.targets[member])
  const everyEnd = Object.values(ends).flat()
  const length = mean(everyEnd, ({ parameters }) => distance(parameters, start)) ?? Number.NaN
  const measure = (kind: keyof typeof ends) => {
    const pairs = ends[kind].flatMap((a, i) => ends[kind].slice(0, i).map((b) => [a, b] as const))
    return {
      distance: (mean(pairs, ([a, b]) => distance(a.parameters, b.parameters)) ?? Number.NaN) / length,
      predictions:
        mean(pairs, ([a, b]) => Math.sqrt(squaredDistance(a.predictions, b.predictions) / test.length)) ??
        Number.NaN,
      testMae: ends[kind].map(({ predictions }) => meanAbsoluteDifference(predictions, targets)),
    }
  }
  return {
    length,
    kinds: {
      repeated: measure('repeated'),
      permuted: measure('permuted'),
      reshuffled: measure('reshuffled'),
    },
  }
}

/** The training that goes on from the setting's state. */
const resumed = (engine: Engine, { protocol, condition, start, examples, state }: Setting) =>
  new Trainer(engine, protocol, condition, start, examples, state)

/** The mean of |a - b|. */
const meanAbsoluteDifference = (a: Float32Array, b: Float32Array) =>
  mean(a, (value, i) => Math.abs(value - b[i])) ?? Number.NaN

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2
  return sum
}
