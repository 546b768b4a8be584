/** What the protocol and the data say: `study.*`, and `constant50.*` of the smallest model. */
import { open } from '../../../experiments/definition.ts'
import { dataset } from '../../../experiments/definitions/dataset.ts'
import { inputCount, positions } from '../../../experiments/encoding.ts'
import type { GridAxis, Protocol } from '../../../experiments/protocol.ts'
import { constantVotes } from '../../../experiments/statistics.ts'
import { conditions, digits, integer, number, percent, subject } from './subject.ts'

const points = ({ x, y }: { readonly x: GridAxis; readonly y: GridAxis }) =>
  (2 * x.steps + 1) * (2 * y.steps + 1)
const reach = ({ steps, step }: GridAxis) => steps * step

export const settings = subject({
  places: () => [null],
  prefix: () => 'study' as const,
  forms: {
    seed: digits(0),
    examples: integer,
    characters: integer,
    alphabet: integer,
    inputs: integer,
    hidden0: integer,
    hidden1: integer,
    hidden2: integer,
    batchSize: integer,
    minibatches: integer,
    pairs: integer,
    gridPoints: integer,
    singlePoints: integer,
    bootstrap: integer,
    drawnPairs: integer,
    clipNorm: digits(1),
    gridReachX: digits(2),
    gridReachY: digits(2),
    gridStepX: digits(2),
    gridStepY: digits(2),
    singleReach: digits(3),
  },
  measure(_, _run, { seed, deliveries, encoding, hidden, training, landscapes, agreement }) {
    const { grid, single, minibatches } = landscapes
    return {
      seed,
      examples: deliveries.count,
      characters: positions(encoding),
      alphabet: encoding.alphabet.length,
      inputs: inputCount(encoding),
      hidden0: hidden[0],
      hidden1: hidden[1],
      hidden2: hidden[2],
      batchSize: training.batchSize,
      minibatches,
      pairs: (minibatches * (minibatches - 1)) / 2,
      gridPoints: points(grid),
      singlePoints: points(single),
      bootstrap: agreement.bootstrap,
      drawnPairs: agreement.pairs,
      clipNorm: training.clipNorm,
      gridReachX: reach(grid.x),
      gridReachY: reach(grid.y),
      gridStepX: grid.x.step,
      gridStepY: grid.y.step,
      singleReach: reach(single.x),
    }
  },
})

export const records = subject({
  places: () => [null],
  prefix: () => 'study' as const,
  forms: { trainExamples: integer, testExamples: integer, inputsInUse: integer, stepsPerEpoch: integer },
  async measure(_, run, { training }) {
    const { train, test, codes } = await open(run, dataset.at()).examples()
    return {
      trainExamples: train.data.length,
      testExamples: test.data.length,
      inputsInUse: new Set(codes.data).size,
      stepsPerEpoch: Math.floor(train.data.length / training.batchSize),
    }
  },
})

/** How often minibatches oppose each other for a model that is one constant, at a quantile of the targets. */
export const constants = subject({
  places: ({ constants }) => constants,
  prefix: (quantile) => `constant${100 * quantile}` as const,
  forms: { share: percent, opposed: percent, expected: percent },
  async measure(quantile, run) {
    const { targets, train, minibatches } = await open(run, dataset.at()).examples()
    const [count, size] = minibatches.shape
    const of = (members: Int32Array) => Float32Array.from(members, (member) => targets.data[member])
    const drawn = Array.from({ length: count }, (_, i) =>
      of(minibatches.data.subarray(i * size, (i + 1) * size)),
    )
    return constantVotes(of(train.data), drawn, quantile)
  },
})

/** How the networks of a condition are trained. */
export const conditionSettings = subject({
  places: conditions,
  prefix: (condition) => condition,
  forms: { learningRate: number({ format: 'scientific', digits: 0 }), epochs: integer },
  measure: (condition, _, { conditions }) => conditions[condition],
})

export const dropoutSettings = subject({
  places: (protocol) => conditions(protocol).filter((name) => withDropout(name, protocol)),
  prefix: (condition) => condition,
  forms: { dropProbability: digits(1) },
  measure: (condition, _, { conditions }) => ({ dropProbability: conditions[condition].dropout }),
})

export const withDropout = (condition: string, { conditions }: Protocol) => conditions[condition].dropout > 0
