/** How far the minibatches of a checkpoint agree: `none.epoch10.layer1.cosine`. */
import type { Agreement } from '../../../experiments/agreement.ts'
import { open, type Source } from '../../../experiments/definition.ts'
import { agreement } from '../../../experiments/definitions/agreement.ts'
import { fresh } from '../../../experiments/definitions/fresh.ts'
import { landscapes } from '../../../experiments/definitions/landscapes.ts'
import { layerName } from '../../../experiments/layers.ts'
import type { Protocol } from '../../../experiments/protocol.ts'
import {
  expectedOnLine,
  meanAbsoluteCosine,
  resolvedNoiseScale,
  voteFollowed,
} from '../../../experiments/statistics.ts'
import { atLayer, atRedrawn, type LayerAt, layersAt, redrawn } from './landscapes.ts'
import {
  atCheckpoint,
  type Checkpoint,
  checkpoints,
  digits,
  estimate,
  integer,
  number,
  percent,
  subject,
  verdict,
} from './subject.ts'

const forms = {
  cosine: estimate((cosine) => ({ digits: cosine > 0.985 ? 3 : 2 })),
  opposed: estimate({ format: 'percent', digits: 0 }),
  zero: integer,
  /** With 95 % confidence, at least a share of `claims.opposed` of the pairs form an obtuse angle. */
  opposes: verdict,
  /** With 95 % confidence, the mean cosine is at least `claims.agree`. */
  agrees: verdict,
  directed: integer,
}

const measured = (
  { meanCosine, meanCosineInterval, opposed, opposedInterval, zero, minibatches }: Agreement,
  { claims }: Protocol,
) => ({
  cosine: { value: meanCosine, interval: meanCosineInterval },
  opposed: { value: opposed, interval: opposedInterval },
  zero,
  opposes: opposedInterval !== null && opposedInterval[0] >= claims.opposed,
  agrees: meanCosineInterval !== null && meanCosineInterval[0] >= claims.agree,
  directed: minibatches - zero,
})

const opened = ({ condition, epoch }: Checkpoint, run: Source) => open(run, agreement.at(condition, epoch))

/** Over the weights of the whole network. */
export const weights = subject({
  places: checkpoints,
  prefix: (at) => `${atCheckpoint(at)}.weights` as const,
  forms,
  measure: async (at, run, protocol) =>
    measured((await opened(at, run).agreement()).groups.weights, protocol),
})

const ofLayer = <const Suffix extends string>(suffix: Suffix, group: 'pair' | 'first' | 'layer') =>
  subject({
    places: layersAt,
    prefix: (at) => `${atLayer(at)}${suffix}` as const,
    forms,
    measure: async (at, run, protocol) =>
      measured((await opened(at, run).agreement()).groups[`${group}${at.layer}`], protocol),
  })

/** Over the two drawn shifts of a layer. */
export const pairs = ofLayer('', 'pair')

/** Over the shifts of its units 0 and 1. */
export const firstPairs = ofLayer('.first', 'first')

/** Over all its shifts. */
export const allShifts = ofLayer('.all', 'layer')

/** Over the two drawn biases, each minibatch with masks of its own. */
export const resampledPairs = subject({
  places: redrawn,
  prefix: atRedrawn,
  forms,
  async measure({ condition, epoch, layer }, run, protocol) {
    const summary = await open(run, fresh.at(condition, epoch)).summary()
    return measured(summary[layerName(layer)].pair, protocol)
  },
})

/** How far the gradients over the drawn shifts lie on one line. */
export const lines = subject({
  places: layersAt,
  prefix: atLayer,
  forms: { line: digits(2) },
  async measure(at, run) {
    const cosines = await opened(at, run).cosines()
    return { line: meanAbsoluteCosine(cosines[`pair${at.layer}`].data) }
  },
})

/** Whether they are opposed as the majorities of the minibatches' residuals are. */
export const votes = subject({
  places: layersAt,
  prefix: atLayer,
  forms: { vote: percent },
  async measure(at, run) {
    const { positiveResiduals } = await open(run, landscapes.at(at.condition, at.epoch)).summary()
    const cosines = await opened(at, run).cosines()
    return { vote: voteFollowed(positiveResiduals, cosines[`pair${at.layer}`].data) }
  },
})

/** Layers whose examples have a gradient of their own: not under batch normalization. */
const separable = (protocol: Protocol): LayerAt[] =>
  layersAt(protocol).filter(({ condition }) => !protocol.conditions[condition].batchNorm)

async function bySize({ layer, ...at }: LayerAt, run: Source) {
  const { batchSizes } = await opened(at, run).agreement()
  if (!batchSizes) throw new Error(`There is nothing by batch size of ${atCheckpoint(at)}.`)
  return batchSizes[layerName(layer)]
}

/** The noise of a layer's shifts, and the cosine of two minibatches that it predicts. */
export const noise = subject({
  places: separable,
  prefix: atLayer,
  forms: {
    noiseScale: number((scale) => ({ digits: scale < 10 ? 1 : 0, unit: 'examples' })),
    expectedCosine: digits(2),
  },
  async measure(at, run, { deliveries, training }) {
    const trainExamples = Math.round(deliveries.count * deliveries.trainFraction)
    const noiseScale = resolvedNoiseScale((await bySize(at, run)).noiseScale, trainExamples)
    return {
      noiseScale,
      expectedCosine: noiseScale === null ? null : expectedOnLine(noiseScale, training.batchSize),
    }
  },
})

/** Independent minibatches of several sizes, over all shifts of a layer. */
export const sizes = subject({
  places: (protocol) =>
    separable(protocol).flatMap((at) => protocol.agreement.batchSizes.map((size) => ({ ...at, size }))),
  prefix: ({ size, ...at }) => `${atLayer(at)}.size${size}` as const,
  forms: { cosine: estimate({ digits: 2 }), opposed: percent },
  async measure({ size, ...at }, run) {
    const found = (await bySize(at, run)).sizes.find(({ batchSize }) => batchSize === size)
    if (!found) return { cosine: { value: null, interval: null }, opposed: null }
    const { meanCosine, standardError, opposed } = found
    const half = 1.96 * standardError
    return {
      cosine: {
        value: meanCosine,
        interval: [Math.max(-1, meanCosine - half), Math.min(1, meanCosine + half)],
      },
      opposed,
    }
  },
})
