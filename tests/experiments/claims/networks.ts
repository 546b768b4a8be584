/** Measures of networks that never were, for the tests of claims: what is found in them is put in by hand. */
import { randomLcg, randomNormal } from 'd3-random'
import type {
  EpochGroup,
  GroupMeasures,
  GroupsMeasures,
  Interventions,
  NetworkMeasures,
  NoiseScale,
  TensorMeasures,
} from '../../../experiments/measures.ts'
import { opposedByVote } from '../../../experiments/vote.ts'

/**
 * What is put into a network. Shares and cosines vary a little around what is said here, network by network.
 */
export interface Found {
  readonly epochs?: number
  /** Share of opposed pairs over the biases and over the whole gradient; `vote` follows the law exactly. */
  readonly biases?: number | 'vote'
  readonly whole?: number | 'vote'
  /** How often pairs are opposed exactly if their majorities are. */
  readonly followed?: number
  /** The same of the output's parameters. */
  readonly output?: number
  /** The same by votes of records over biases. */
  readonly records?: number
  /** Share of opposed pairs over the biases of the first hidden layer and of the output. */
  readonly ends?: number
  readonly cosineAtStart?: number
  readonly r2?: number
  readonly lastError?: number
  readonly noiseScale?: { readonly whole?: number | null; readonly biases?: number | null }
  readonly biasesShare?: number
  /** Share of the minibatches whose gradient of a hidden layer's parameters is round-off. */
  readonly zero?: number
  readonly balanced?: number | null
  readonly oneSigned?: number
  readonly squared?: { readonly cosine?: number; readonly opposed?: number }
  readonly steps?: { readonly gradient?: number; readonly adam?: number }
  readonly order?: { readonly permuted?: number; readonly reshuffled?: number; readonly repeated?: number }
}

const names: readonly EpochGroup[] = ['pair1', 'pair2', 'bias1', 'bias2', 'whole']

/** One network in which this is found; the seed decides how values vary, and when the network overshoots. */
export function network(found: Found, seed: number): NetworkMeasures {
  const noise = randomNormal.source(randomLcg(seed / 7919))(0, 1)
  const phase = randomLcg(seed / 104729)() * 6
  const vary = (value: number, by = 0.005) => Math.max(0, Math.min(1, value + by * noise()))
  const group = (opposed: number | null, meanCosine: number, zero = 0): GroupMeasures => ({
    minibatches: 50,
    zero,
    meanCosine,
    meanAbsoluteCosine: Math.abs(meanCosine),
    opposed,
    lineShare: 1,
    length: 0.1,
  })
  const groups = (biases: number | null, whole: number, cosine: number): GroupsMeasures => {
    const of = (name: EpochGroup) => group(name === 'whole' ? vary(whole) : biases && vary(biases), cosine)
    return {
      pair1: of('pair1'),
      pair2: of('pair2'),
      bias1: of('bias1'),
      bias2: of('bias2'),
      whole: of('whole'),
    }
  }
  const share = (value: number | 'vote' | undefined, overshoot: number) =>
    value === 'vote' ? opposedByVote(overshoot, 64) : (value ?? 0)
  const scale = (value: number | null | undefined): NoiseScale => ({
    value: value ?? null,
    ...(value === null && { reason: 'beyond the number of training records' as const }),
    variance: 1,
    squaredLength: 1,
    squaredLengthError: 0.1,
  })
  const tensor = (noiseScale: number | null, part: number, opposed = 0): TensorMeasures => ({
    ...group(vary(opposed), 1, Math.round(50 * vary(found.zero ?? 0))),
    share: part,
    noiseScale: scale(noiseScale),
  })
  const count = found.epochs ?? 50
  const epochs = Array.from({ length: count + 1 }, (_, epoch) => {
    const overshoot = epoch === 0 ? 0 : vary(0.5 + 0.15 * Math.sin(epoch + phase), 0)
    return {
      epoch,
      testMae: (found.lastError ?? 10) * (1 + 0.01 * noise()),
      testR2: vary(found.r2 ?? 0.99, 0.001),
      cost: epoch === 0 ? null : 10,
      overshoot,
      sides: { high: Math.round(8000 * overshoot), low: 8000 - Math.round(8000 * overshoot), exact: 0 },
      groups: groups(share(found.biases, overshoot), share(found.whole, overshoot), 0.5),
    }
  })
  const at = (epoch: number) => epochs[Math.min(epoch, count)].overshoot
  const checkpoint = (epoch: number, cosine: number) => ({
    tensors: {
      whole: tensor(found.noiseScale?.whole === undefined ? 30 : found.noiseScale.whole, 1),
      'hidden1.bias': tensor(
        found.noiseScale?.biases === undefined ? 30 : found.noiseScale.biases,
        found.biasesShare ?? 0.5,
      ),
      'hidden1.weight': tensor(30, 0.2),
      'hidden2.bias': tensor(30, 0.2),
      'hidden2.weight': tensor(30, 0.2),
      'hidden0.bias': tensor(30, 0.1, found.ends),
      'output.bias': tensor(30, 0.1, found.ends),
    },
    groups: groups(share(found.biases, at(epoch)), share(found.whole, at(epoch)), cosine),
    vote: {
      sides: { high: 1600, low: 1600, exact: 0 },
      majorities: { high: 25, low: 25, tie: 0 },
      opposed: 0.5,
      expected: 0.5,
      followed: Object.fromEntries(names.map((name) => [name, vary(found.followed ?? 0.5)])) as {
        [name in EpochGroup]: number
      },
    },
  })
  const loss = (opposed: number, cosine: number) => ({
    groups: groups(opposed, opposed, 0.5),
    cosine: Object.fromEntries(names.map((name) => [name, vary(cosine)])) as { [name in EpochGroup]: number },
  })
  const votes = (share: number) => {
    const of = () => ({ group: group(0.3, 0.5), majority: vary(share), weighted: vary(share) })
    return { bias1: of(), bias2: of() }
  }
  const walks = (distance: number) => ({ distance, predictions: 1, testMae: [10, 10] })
  const {
    balanced = 0.3,
    oneSigned = 0.1,
    squared = {},
    steps = {},
    order = {},
    output = 0.5,
    records = 0.5,
  } = found
  const interventions: Interventions = {
    epoch: 10,
    signs:
      balanced === null
        ? null
        : {
            natural: groups(0.3, 0.2, 0.5),
            population: groups(balanced, balanced, 0.9),
            'one-signed': groups(oneSigned, oneSigned, 0),
          },
    losses: {
      absolute: loss(0.3, 1),
      squared: loss(squared.opposed ?? 0, squared.cosine ?? 0.5),
      huber: loss(0.3, 1),
    },
    steps: {
      clipped: 1,
      groups: {
        gradient: groups(steps.gradient ?? 0, steps.gradient ?? 0, 0.5),
        adam: groups(steps.adam ?? 0.3, steps.adam ?? 0.3, 0.9),
        'adam afresh': groups(0.3, 0.3, 0.5),
      },
    },
    order: {
      length: 1,
      kinds: {
        repeated: walks(order.repeated ?? 0.1),
        permuted: walks((order.permuted ?? 0.1) * (1 + 0.005 * noise())),
        reshuffled: walks(order.reshuffled ?? 1),
      },
    },
    output: {
      group: group(0.3, 0.5),
      decides: vary(output),
      majority: vary(output),
      weighted: vary(output),
    },
    records: { training: votes(records), withoutMasks: votes(records) },
  }
  return {
    parameters: 3_507_741,
    records: 8000,
    batchSize: 64,
    epochs,
    checkpoints: { 0: checkpoint(0, vary(found.cosineAtStart ?? 0.5)), 10: checkpoint(10, 0.5) },
    interventions,
  }
}

/** Networks of as many seeds, from 1001 on. */
export const networks = (found: Found, count = 24) =>
  Array.from({ length: count }, (_, i) => ({ seed: 1001 + i, measures: network(found, 1001 + i) }))
