import type { StageFunction } from '../../pipeline/stage.ts'
import { type Agreement, expectedCosine } from '../agreement.ts'
import { open, type Source, written } from '../definition.ts'
import { agreement, type GroupName } from '../definitions/agreement.ts'
import { article, type Statistic } from '../definitions/article.ts'
import { dataset } from '../definitions/dataset.ts'
import { fresh } from '../definitions/fresh.ts'
import { landscapes } from '../definitions/landscapes.ts'
import { training } from '../definitions/training.ts'
import { walk } from '../definitions/walk.ts'
import { inputCount, positions } from '../encoding.ts'
import { drawnLayers, layerName } from '../layers.ts'
import { type Protocol, replicateName } from '../protocol.ts'
import { readDataset } from './inputs.ts'

const integer = { format: 'integer' } as const
const percent = { format: 'percent', digits: 0 } as const
const scientific = { format: 'scientific', digits: 1 } as const

/**
 * Every number and verdict that the pages quote, by name. Names read `<condition>.epoch<epoch>.layer<hidden
 * layer>.<what>`; a verdict's rule
 * stands beside it.
 */
const quote: StageFunction<Protocol> = async (protocol, inputs) => {
  const run: Source = { stage: (name) => inputs[name] }
  const stats: { [name: string]: Statistic } = {}
  const { agreement: measured } = protocol
  const { grid, single, minibatches } = protocol.landscapes
  const data = await readDataset(open(run, dataset.at()))
  const points = (axes: typeof grid) => (2 * axes.x.steps + 1) * (2 * axes.y.steps + 1)
  const constants: { [name: string]: [number, Partial<Statistic>?] } = {
    seed: [protocol.seed, { format: undefined, digits: 0 }],
    examples: [protocol.deliveries.count],
    trainExamples: [data.train.length],
    testExamples: [data.test.length],
    characters: [positions(protocol.encoding)],
    alphabet: [protocol.encoding.alphabet.length],
    inputs: [inputCount(protocol.encoding)],
    inputsInUse: [new Set(data.examples.codes).size],
    hidden0: [protocol.hidden[0]],
    hidden1: [protocol.hidden[1]],
    hidden2: [protocol.hidden[2]],
    batchSize: [protocol.training.batchSize],
    stepsPerEpoch: [Math.floor(data.train.length / protocol.training.batchSize)],
    clipNorm: [protocol.training.clipNorm, { format: 'fixed', digits: 1 }],
    minibatches: [minibatches],
    pairs: [(minibatches * (minibatches - 1)) / 2],
    gridPoints: [points(grid)],
    gridReachX: [grid.x.steps * grid.x.step, { format: 'fixed', digits: 2 }],
    gridReachY: [grid.y.steps * grid.y.step, { format: 'fixed', digits: 2 }],
    gridStepX: [grid.x.step, { format: 'fixed', digits: 2 }],
    gridStepY: [grid.y.step, { format: 'fixed', digits: 2 }],
    singlePoints: [points(single)],
    singleReach: [single.x.steps * single.x.step, { format: 'fixed', digits: 3 }],
    bootstrap: [measured.bootstrap],
    drawnPairs: [measured.pairs],
  }
  for (const [name, [value, style]] of Object.entries(constants))
    stats[`study.${name}`] = { value, ...integer, ...style, from: 'dataset' }

  for (const [condition, { checkpoints, ...trained }] of Object.entries(protocol.conditions)) {
    const from = training.at(condition).name
    const history = await open(run, training.at(condition)).history()
    stats[`${condition}.parameters`] = { value: history.parameterCount, ...integer, from }
    stats[`${condition}.learningRate`] = {
      value: trained.learningRate,
      format: 'scientific',
      digits: 0,
      from,
    }
    if (trained.dropout > 0)
      stats[`${condition}.dropProbability`] = { value: trained.dropout, format: 'fixed', digits: 1, from }
    stats[`${condition}.epochs`] = { value: trained.epochs, ...integer, from }
    stats[`${condition}.steps`] = { value: trained.epochs * history.stepsPerEpoch, ...integer, from }
    for (const { epoch, cost, testMae, testR2 } of history.epochs) {
      const at = `${condition}.epoch${epoch}`
      if (cost !== null) stats[`${at}.cost`] = { value: cost, digits: 1, from }
      stats[`${at}.mae`] = { value: testMae, digits: 1, from }
      stats[`${at}.r2`] = { value: testR2, digits: 2, from }
      stats[`${at}.r2Exact`] = { value: testR2, digits: 3, from }
    }
    const accurate = history.epochs.find(({ testR2 }) => testR2 >= 0.98)
    stats[`${condition}.accurate`] = { value: accurate !== undefined, from }
    stats[`${condition}.accurateFrom`] = { value: accurate?.epoch ?? null, ...integer, from }
    for (const epoch of checkpoints)
      Object.assign(stats, await checkpointStatistics(protocol, condition, epoch, run))
  }
  Object.assign(stats, await replicateStatistics(protocol, run))
  Object.assign(stats, await walkStatistics(protocol, run))
  return written(article.files, { stats })
}

export default quote

async function checkpointStatistics(
  protocol: Protocol,
  condition: string,
  epoch: number,
  run: Source,
): Promise<{ [name: string]: Statistic }> {
  const stats: { [name: string]: Statistic } = {}
  const at = `${condition}.epoch${epoch}`
  const { name: drawn } = landscapes.at(condition, epoch)
  const { name: agreed } = agreement.at(condition, epoch)
  const summary = await open(run, landscapes.at(condition, epoch)).summary()
  const agreements = open(run, agreement.at(condition, epoch))
  const { groups, batchSizes } = await agreements.agreement()
  const cosines = await agreements.cosines()
  const residuals = summary.positiveResiduals
  const positive = residuals.reduce((sum, share) => sum + share, 0) / residuals.length
  stats[`${at}.positiveResiduals`] = { value: positive, ...percent, from: drawn }
  /** Whether all residuals of all drawn minibatches have one sign. */
  stats[`${at}.oneSigned`] = {
    value: residuals.every((share) => share === 0) || residuals.every((share) => share === 1),
    from: drawn,
  }
  Object.assign(stats, agreementStatistics(`${at}.weights`, groups.weights, agreed))
  for (const layer of drawnLayers) {
    const here = `${at}.layer${layer}`
    const { units, active, variants } = summary.layers[layerName(layer)]
    stats[`${here}.unitX`] = { value: units[0], ...integer, from: drawn }
    stats[`${here}.unitY`] = { value: units[1], ...integer, from: drawn }
    stats[`${here}.dead`] = { value: active.filter((count) => count === 0).length, ...integer, from: drawn }
    stats[`${here}.units`] = { value: active.length, ...integer, from: drawn }
    for (const [variant, { neighbourAngle, length, zero }] of Object.entries(variants)) {
      stats[`${here}.${variant}.neighbours`] = {
        value: neighbourAngle,
        digits: neighbourAngle !== null && neighbourAngle < 1 ? 2 : 0,
        unit: '°',
        from: drawn,
      }
      stats[`${here}.${variant}.length`] = {
        value: length,
        ...(length > 0 && length < 1e-3 ? scientific : { digits: 3 }),
        from: drawn,
      }
      stats[`${here}.${variant}.zero`] = { value: zero, ...percent, from: drawn }
    }
    Object.assign(stats, agreementStatistics(here, groups[`pair${layer}`], agreed))
    Object.assign(stats, agreementStatistics(`${here}.first`, groups[`first${layer}`], agreed))
    Object.assign(stats, agreementStatistics(`${here}.all`, groups[layerName(layer)], agreed))
    /** Mean absolute value of the cosines: 1 if all gradients lie along one line. */
    stats[`${here}.line`] = { value: meanAbsolute(cosines[`pair${layer}`].data), digits: 2, from: agreed }
    stats[`${here}.vote`] = {
      value: votes(residuals, cosines[`pair${layer}`].data),
      ...percent,
      from: agreed,
    }
    const bySize = batchSizes?.[layerName(layer)]
    if (bySize) {
      const { batchSize } = protocol.training
      stats[`${here}.noiseScale`] = {
        value: bySize.noiseScale,
        digits: bySize.noiseScale < 10 ? 1 : 0,
        unit: 'examples',
        from: agreed,
      }
      stats[`${here}.expectedCosine`] = {
        value: expectedCosine(bySize.noiseScale, batchSize),
        digits: 2,
        from: agreed,
      }
      for (const { batchSize: size, meanCosine, standardError, opposed } of bySize.sizes) {
        stats[`${here}.size${size}.cosine`] = {
          value: meanCosine,
          digits: 2,
          interval: [meanCosine - 1.96 * standardError, Math.min(1, meanCosine + 1.96 * standardError)],
          from: agreed,
        }
        stats[`${here}.size${size}.opposed`] = { value: opposed, ...percent, from: agreed }
      }
    }
  }
  if (protocol.conditions[condition].dropout) {
    const { name: from } = fresh.at(condition, epoch)
    const layers = await open(run, fresh.at(condition, epoch)).summary()
    for (const [layer, { neighbourAngle, length, pair }] of Object.entries(layers)) {
      stats[`${at}.${layer}.fresh.neighbours`] = { value: neighbourAngle, digits: 0, unit: '°', from }
      stats[`${at}.${layer}.fresh.length`] = { value: length, digits: 3, from }
      Object.assign(stats, agreementStatistics(`${at}.${layer}.fresh`, pair, from))
    }
  }
  return stats
}

/** How far the run and its replicates from other seeds are apart: least and most of each measure. */
async function replicateStatistics(
  { replicates }: Protocol,
  run: Source,
): Promise<{ [name: string]: Statistic }> {
  const { condition, seeds } = replicates
  const stats: { [name: string]: Statistic } = {
    'replicates.seeds': { value: seeds.length, ...integer, from: 'dataset' },
  }
  const names = [condition, ...seeds.map((seed) => replicateName(condition, seed))]
  const histories = await Promise.all(names.map((name) => open(run, training.at(name)).history()))
  const range = (
    name: string,
    values: readonly (number | null)[],
    style: Partial<Statistic>,
    from: string,
  ) => {
    const known = values.filter((value) => value !== null)
    stats[`replicates.${name}.least`] = {
      value: known.length > 0 ? Math.min(...known) : null,
      ...style,
      from,
    }
    stats[`replicates.${name}.most`] = { value: known.length > 0 ? Math.max(...known) : null, ...style, from }
  }
  const r2 = histories.map(({ epochs }) => epochs[replicates.epoch].testR2)
  range(`epoch${replicates.epoch}.r2`, r2, { digits: 2 }, training.at(names[names.length - 1]).name)
  for (const epoch of [0, replicates.epoch]) {
    const from = names.map((name) => agreement.at(name, epoch).name)
    const agreements = await Promise.all(
      names.map((name) => open(run, agreement.at(name, epoch)).agreement()),
    )
    const named: { readonly [group in GroupName]?: string } = {
      pair1: 'layer1',
      pair2: 'layer2',
      layer1: 'layer1.all',
      layer2: 'layer2.all',
      weights: 'weights',
    }
    for (const [group, short] of Object.entries(named)) {
      const name = `epoch${epoch}.${short}`
      const groups = agreements.map(({ groups }) => groups[group as GroupName])
      range(
        `${name}.cosine`,
        groups.map(({ meanCosine }) => meanCosine),
        { digits: 2 },
        from[from.length - 1],
      )
      range(
        `${name}.opposed`,
        groups.map(({ opposed }) => opposed),
        percent,
        from[from.length - 1],
      )
    }
  }
  return stats
}

/**
 * Mean absolute value of the cosines of pairs of different minibatches, which are those off the diagonal,
 * [minibatch, minibatch]; null if there is none.
 */
function meanAbsolute(cosines: ArrayLike<number>): number | null {
  const count = Math.sqrt(cosines.length)
  const values = Array.from(cosines).filter((value, at) => at % (count + 1) !== 0 && !Number.isNaN(value))
  return values.length > 0 ? values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length : null
}

/**
 * Of the pairs of minibatches that each have more residuals of one sign than of the other, the share that
 * is opposed exactly if the two majorities are. `positive` is the
 * fraction of positive residuals by minibatch; `cosines` are [minibatch, minibatch]. Null if there is no
 * such pair.
 */
function votes(positive: readonly number[], cosines: ArrayLike<number>): number | null {
  let [foretold, pairs] = [0, 0]
  positive.forEach((a, i) => {
    positive.slice(0, i).forEach((b, j) => {
      const cosine = cosines[i * positive.length + j]
      const majorities = (a - 0.5) * (b - 0.5)
      if (majorities === 0 || Number.isNaN(cosine)) return
      pairs++
      if (majorities < 0 === cosine < 0) foretold++
    })
  })
  return pairs > 0 ? foretold / pairs : null
}

/** How far walks in different orders end from each other: `walk.<condition>.<what>`. */
async function walkStatistics({ walks }: Protocol, run: Source): Promise<{ [name: string]: Statistic }> {
  const stats: { [name: string]: Statistic } = {}
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  for (const condition of walks.conditions) {
    const from = walk.at(condition).name
    const summary = await open(run, walk.at(condition)).summary()
    const quoted: { [name: string]: Omit<Statistic, 'from'> } = {
      orders: { value: walks.orders, ...integer },
      steps: { value: summary.steps, ...integer },
      /**
       * Mean distance between two ends, and between an end and the start, over the start's length; over all
       * parameters.
       */
      distance: { value: mean(summary.distances), format: 'percent', digits: 1 },
      walked: { value: mean(summary.distanceFromStart), format: 'percent', digits: 1 },
      /**
       * How far two ends are apart, relative to how far they have come; unrelated directions give the
       * square root of 2.
       */
      spread: { value: mean(summary.distances) / mean(summary.distanceFromStart), digits: 2 },
      /** Root mean square over the test set, mean over pairs of ends; units of y. */
      predictionDifference: { value: mean(summary.predictionDifferences), digits: 1 },
      startMae: { value: summary.startMae, digits: 1 },
      leastMae: { value: Math.min(...summary.endMae), digits: 1 },
      mostMae: { value: Math.max(...summary.endMae), digits: 1 },
    }
    for (const [what, statistic] of Object.entries(quoted))
      stats[`walk.${condition}.${what}`] = { ...statistic, from }
  }
  return stats
}

/**
 * The share of opposed pairs from which on minibatches are said to oppose each other, and the mean cosine
 * from which on they are said to agree.
 */
const opposedFrom = 0.05
const agreeFrom = 0.9

function agreementStatistics(
  name: string,
  { meanCosine, meanCosineInterval, opposed, opposedInterval, zero, minibatches }: Agreement,
  from: string,
) {
  const interval = (bounds: readonly [number, number] | null) => (bounds ? { interval: bounds } : {})
  const stats: { [name: string]: Statistic } = {
    [`${name}.cosine`]: {
      value: meanCosine,
      digits: meanCosine !== null && meanCosine > 0.985 ? 3 : 2,
      ...interval(meanCosineInterval),
      from,
    },
    [`${name}.opposed`]: { value: opposed, ...percent, ...interval(opposedInterval), from },
    [`${name}.zero`]: { value: zero, ...integer, from },
    /** With 95 % confidence, at least 5 % of the pairs form an obtuse angle. */
    [`${name}.opposes`]: { value: opposedInterval !== null && opposedInterval[0] >= opposedFrom, from },
    /** With 95 % confidence, the mean cosine is at least 0.9. */
    [`${name}.agrees`]: { value: meanCosineInterval !== null && meanCosineInterval[0] >= agreeFrom, from },
    [`${name}.directed`]: { value: minibatches - zero, ...integer, from },
  }
  return stats
}
