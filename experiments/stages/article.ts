import { mean } from 'd3-array'
import type { StageFunction } from '../../pipeline/stage.ts'
import type { Agreement } from '../agreement.ts'
import { open, type Source, written } from '../definition.ts'
import { agreement } from '../definitions/agreement.ts'
import { article, type Statistic } from '../definitions/article.ts'
import { dataset } from '../definitions/dataset.ts'
import { fresh } from '../definitions/fresh.ts'
import { landscapes } from '../definitions/landscapes.ts'
import { training } from '../definitions/training.ts'
import { walk } from '../definitions/walk.ts'
import { inputCount, positions } from '../encoding.ts'
import { byLayer, drawnLayers, layerName } from '../layers.ts'
import type { Protocol } from '../protocol.ts'
import {
  constantVotes,
  expectedOnLine,
  meanAbsoluteCosine,
  resolvedNoiseScale,
  voteFollowed,
} from '../statistics.ts'
import { readDataset } from './inputs.ts'

const integer = { format: 'integer' } as const
const percent = { format: 'percent', digits: 0 } as const
const scientific = { format: 'scientific', digits: 1 } as const

/** Statistics by name, as yet without the stages that they come from. */
type Unsourced = { [name: string]: Omit<Statistic, 'from'> }

/** Makes statistics of what it opens. */
type Maker = (run: Source) => Unsourced | Promise<Unsourced>

/**
 * Every number and verdict that the pages quote, by name. Names read `<condition>.epoch<epoch>.layer<hidden
 * layer>.<what>`; a verdict's rule stands beside it. Each lists the stages that were opened to make it; none
 * for a number of the protocol.
 */
const quote: StageFunction<Protocol> = async (protocol, inputs) => {
  const made = makers(protocol).map(async (make) => {
    const opened = new Set<string>()
    const statistics = await make({
      stage(name) {
        opened.add(name)
        return inputs[name]
      },
    })
    return Object.entries(statistics).map(([name, statistic]) => [name, { ...statistic, from: [...opened] }])
  })
  return written(article.files, { stats: Object.fromEntries((await Promise.all(made)).flat()) })
}

export default quote

function makers(protocol: Protocol): Maker[] {
  const { conditions, walks } = protocol
  return [
    () => settings(protocol),
    (run) => records(protocol, run),
    smallest,
    ...Object.entries(conditions).flatMap(([condition, { checkpoints, dropout }]) => [
      () => conditionSettings(protocol, condition),
      (run: Source) => learning(protocol, condition, run),
      ...checkpoints.flatMap((epoch) => [
        (run: Source) => drawing(condition, epoch, run),
        (run: Source) => agreeing(protocol, condition, epoch, run),
        (run: Source) => voting(condition, epoch, run),
        ...(dropout > 0 ? [(run: Source) => redrawing(protocol, condition, epoch, run)] : []),
      ]),
    ]),
    ...walks.conditions.map((condition) => (run: Source) => walking(condition, run)),
  ]
}

/** What the protocol says. */
function settings(protocol: Protocol): Unsourced {
  const { grid, single, minibatches } = protocol.landscapes
  const points = (axes: typeof grid) => (2 * axes.x.steps + 1) * (2 * axes.y.steps + 1)
  const whole: { [name: string]: number } = {
    examples: protocol.deliveries.count,
    characters: positions(protocol.encoding),
    alphabet: protocol.encoding.alphabet.length,
    inputs: inputCount(protocol.encoding),
    hidden0: protocol.hidden[0],
    hidden1: protocol.hidden[1],
    hidden2: protocol.hidden[2],
    batchSize: protocol.training.batchSize,
    minibatches,
    pairs: (minibatches * (minibatches - 1)) / 2,
    gridPoints: points(grid),
    singlePoints: points(single),
    bootstrap: protocol.agreement.bootstrap,
    drawnPairs: protocol.agreement.pairs,
  }
  const fixed = (value: number, digits: number) => ({ value, format: 'fixed', digits }) as const
  return {
    ...prefixed(
      'study',
      mapped(whole, (value) => ({ value, ...integer })),
    ),
    'study.seed': { value: protocol.seed, digits: 0 },
    'study.clipNorm': fixed(protocol.training.clipNorm, 1),
    'study.gridReachX': fixed(grid.x.steps * grid.x.step, 2),
    'study.gridReachY': fixed(grid.y.steps * grid.y.step, 2),
    'study.gridStepX': fixed(grid.x.step, 2),
    'study.gridStepY': fixed(grid.y.step, 2),
    'study.singleReach': fixed(single.x.steps * single.x.step, 3),
  }
}

/** What the data are. */
async function records(protocol: Protocol, run: Source): Promise<Unsourced> {
  const { train, test, examples } = await readDataset(open(run, dataset.at()))
  return {
    'study.trainExamples': { value: train.length, ...integer },
    'study.testExamples': { value: test.length, ...integer },
    'study.inputsInUse': { value: new Set(examples.codes).size, ...integer },
    'study.stepsPerEpoch': { value: Math.floor(train.length / protocol.training.batchSize), ...integer },
  }
}

/** How often minibatches oppose each other for a model that is one constant. */
async function smallest(run: Source): Promise<Unsourced> {
  const { train, examples, minibatches } = await readDataset(open(run, dataset.at()))
  const targetsOf = (members: Int32Array) => Float32Array.from(members, (member) => examples.targets[member])
  return Object.assign(
    {},
    ...[0.5, 0.6, 0.7].map((quantile): Unsourced => {
      const { share, opposed, expected } = constantVotes(
        targetsOf(train),
        minibatches.map(targetsOf),
        quantile,
      )
      const values = { share, opposed, expected }
      return prefixed(
        `constant${100 * quantile}`,
        mapped(values, (value) => ({ value, ...percent })),
      )
    }),
  )
}

/** What the protocol says of a condition. */
function conditionSettings({ conditions }: Protocol, condition: string): Unsourced {
  const { learningRate, dropout, epochs } = conditions[condition]
  return {
    [`${condition}.learningRate`]: { value: learningRate, format: 'scientific', digits: 0 },
    ...(dropout > 0 && {
      [`${condition}.dropProbability`]: { value: dropout, format: 'fixed', digits: 1 },
    }),
    [`${condition}.epochs`]: { value: epochs, ...integer },
  }
}

/** How a network learns. */
async function learning(protocol: Protocol, condition: string, run: Source): Promise<Unsourced> {
  const { parameterCount, stepsPerEpoch, epochs } = await open(run, training.at(condition)).history()
  const accurate = epochs.find(({ testR2 }) => testR2 >= protocol.claims.accurate)
  const stats: Unsourced = {
    [`${condition}.parameters`]: { value: parameterCount, ...integer },
    [`${condition}.steps`]: { value: protocol.conditions[condition].epochs * stepsPerEpoch, ...integer },
    [`${condition}.accurate`]: { value: accurate !== undefined },
    [`${condition}.accurateFrom`]: { value: accurate?.epoch ?? null, ...integer },
  }
  for (const { epoch, cost, testMae, testR2 } of epochs) {
    const at = `${condition}.epoch${epoch}`
    if (cost !== null) stats[`${at}.cost`] = { value: cost, digits: 1 }
    stats[`${at}.mae`] = { value: testMae, digits: 1 }
    stats[`${at}.r2`] = { value: testR2, digits: 2 }
    stats[`${at}.r2Exact`] = { value: testR2, digits: 3 }
  }
  return stats
}

/** What the landscapes of a checkpoint are like. */
async function drawing(condition: string, epoch: number, run: Source): Promise<Unsourced> {
  const at = `${condition}.epoch${epoch}`
  const { positiveResiduals, layers } = await open(run, landscapes.at(condition, epoch)).summary()
  const positive = mean(positiveResiduals) ?? null
  const stats: Unsourced = {
    [`${at}.positiveResiduals`]: { value: positive, ...percent },
    /** Whether all residuals of all drawn minibatches have one sign. */
    [`${at}.oneSigned`]: {
      value:
        positiveResiduals.every((share) => share === 0) || positiveResiduals.every((share) => share === 1),
    },
  }
  for (const layer of drawnLayers) {
    const here = `${at}.layer${layer}`
    const { units, active, variants } = layers[layerName(layer)]
    stats[`${here}.unitX`] = { value: units[0], ...integer }
    stats[`${here}.unitY`] = { value: units[1], ...integer }
    stats[`${here}.dead`] = { value: active.filter((count) => count === 0).length, ...integer }
    stats[`${here}.units`] = { value: active.length, ...integer }
    for (const [variant, { neighbourAngle, length, zero }] of Object.entries(variants)) {
      stats[`${here}.${variant}.neighbours`] = {
        value: neighbourAngle,
        digits: neighbourAngle !== null && neighbourAngle < 1 ? 2 : 0,
        unit: '°',
      }
      stats[`${here}.${variant}.length`] = {
        value: length,
        ...(length > 0 && length < 1e-3 ? scientific : { digits: 3 }),
      }
      stats[`${here}.${variant}.zero`] = { value: zero, ...percent }
    }
  }
  return stats
}

/** How far the minibatches of a checkpoint agree. */
async function agreeing(
  protocol: Protocol,
  condition: string,
  epoch: number,
  run: Source,
): Promise<Unsourced> {
  const at = `${condition}.epoch${epoch}`
  const agreements = open(run, agreement.at(condition, epoch))
  const { groups, batchSizes } = await agreements.agreement()
  const cosines = await agreements.cosines()
  const trainExamples = Math.round(protocol.deliveries.count * protocol.deliveries.trainFraction)
  const stats = agreementStatistics(protocol, `${at}.weights`, groups.weights)
  for (const layer of drawnLayers) {
    const here = `${at}.layer${layer}`
    Object.assign(stats, agreementStatistics(protocol, here, groups[`pair${layer}`]))
    Object.assign(stats, agreementStatistics(protocol, `${here}.first`, groups[`first${layer}`]))
    Object.assign(stats, agreementStatistics(protocol, `${here}.all`, groups[`layer${layer}`]))
    stats[`${here}.line`] = { value: meanAbsoluteCosine(cosines[`pair${layer}`].data), digits: 2 }
    const bySize = batchSizes?.[layerName(layer)]
    if (!bySize) continue
    const noiseScale = resolvedNoiseScale(bySize.noiseScale, trainExamples)
    stats[`${here}.noiseScale`] = {
      value: noiseScale,
      digits: noiseScale !== null && noiseScale < 10 ? 1 : 0,
      unit: 'examples',
    }
    stats[`${here}.expectedCosine`] = {
      value: noiseScale === null ? null : expectedOnLine(noiseScale, protocol.training.batchSize),
      digits: 2,
    }
    for (const { batchSize: size, meanCosine, standardError, opposed } of bySize.sizes) {
      stats[`${here}.size${size}.cosine`] = {
        value: meanCosine,
        digits: 2,
        interval: [
          Math.max(-1, meanCosine - 1.96 * standardError),
          Math.min(1, meanCosine + 1.96 * standardError),
        ],
      }
      stats[`${here}.size${size}.opposed`] = { value: opposed, ...percent }
    }
  }
  return stats
}

/** Whether the minibatches of a checkpoint are opposed as their residuals' majorities are. */
async function voting(condition: string, epoch: number, run: Source): Promise<Unsourced> {
  const { positiveResiduals } = await open(run, landscapes.at(condition, epoch)).summary()
  const cosines = await open(run, agreement.at(condition, epoch)).cosines()
  const votes = byLayer((layer) => ({
    value: voteFollowed(positiveResiduals, cosines[`pair${layer}`].data),
    ...percent,
  }))
  const at = `${condition}.epoch${epoch}`
  return { [`${at}.layer1.vote`]: votes.layer1, [`${at}.layer2.vote`]: votes.layer2 }
}

/** What landscapes with a fresh mask at every point are like. */
async function redrawing(
  protocol: Protocol,
  condition: string,
  epoch: number,
  run: Source,
): Promise<Unsourced> {
  const stats: Unsourced = {}
  const layers = await open(run, fresh.at(condition, epoch)).summary()
  for (const [layer, { neighbourAngle, length, pair }] of Object.entries(layers)) {
    const here = `${condition}.epoch${epoch}.${layer}.fresh`
    stats[`${here}.neighbours`] = { value: neighbourAngle, digits: 0, unit: '°' }
    stats[`${here}.length`] = { value: length, digits: 3 }
    Object.assign(stats, agreementStatistics(protocol, here, pair))
  }
  return stats
}

/** How far walks in different orders end from each other: `walk.<condition>.<what>`. */
async function walking(condition: string, run: Source): Promise<Unsourced> {
  const summary = await open(run, walk.at(condition)).summary()
  const distance = mean(summary.distances) ?? Number.NaN
  const walked = mean(summary.distanceFromStart) ?? Number.NaN
  return prefixed(`walk.${condition}`, {
    orders: { value: summary.endMae.length, ...integer },
    steps: { value: summary.steps, ...integer },
    /**
     * Mean distance between two ends, and between an end and the start, over the start's length; over all
     * parameters.
     */
    distance: { value: distance, format: 'percent', digits: 1 },
    walked: { value: walked, format: 'percent', digits: 1 },
    /**
     * How far two ends are apart, relative to how far they have come; unrelated directions give the square
     * root of 2.
     */
    spread: { value: distance / walked, digits: 2 },
    /** Root mean square over the test set, mean over pairs of ends; units of y. */
    predictionDifference: { value: mean(summary.predictionDifferences) ?? null, digits: 1 },
    startMae: { value: summary.startMae, digits: 1 },
    leastMae: { value: Math.min(...summary.endMae), digits: 1 },
    mostMae: { value: Math.max(...summary.endMae), digits: 1 },
  })
}

function agreementStatistics(
  { claims }: Protocol,
  name: string,
  { meanCosine, meanCosineInterval, opposed, opposedInterval, zero, minibatches }: Agreement,
): Unsourced {
  const interval = (bounds: readonly [number, number] | null) => (bounds ? { interval: bounds } : {})
  return {
    [`${name}.cosine`]: {
      value: meanCosine,
      digits: meanCosine !== null && meanCosine > 0.985 ? 3 : 2,
      ...interval(meanCosineInterval),
    },
    [`${name}.opposed`]: { value: opposed, ...percent, ...interval(opposedInterval) },
    [`${name}.zero`]: { value: zero, ...integer },
    /** With 95 % confidence, at least a share of `claims.opposed` of the pairs form an obtuse angle. */
    [`${name}.opposes`]: { value: opposedInterval !== null && opposedInterval[0] >= claims.opposed },
    /** With 95 % confidence, the mean cosine is at least `claims.agree`. */
    [`${name}.agrees`]: { value: meanCosineInterval !== null && meanCosineInterval[0] >= claims.agree },
    [`${name}.directed`]: { value: minibatches - zero, ...integer },
  }
}

const mapped = <A, B>(values: { readonly [name: string]: A }, of: (value: A) => B) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, of(value)]))

const prefixed = (prefix: string, stats: Unsourced): Unsourced =>
  Object.fromEntries(Object.entries(stats).map(([name, statistic]) => [`${prefix}.${name}`, statistic]))
