/** The form in which measures of networks are kept: in results, and in recorded evidence. */
import { z } from 'zod'

const count = z.int()
/** Null where there is nothing to take it of. */
const share = z.number().nullable()

/**
 * How often an output lies above and below its target; `exact` counts residuals of exactly 0, which are in
 * neither.
 */
export const sides = z.object({ high: count, low: count, exact: count })
export type Sides = z.infer<typeof sides>

/**
 * Groups of parameters. `pair<n>`: the shifts of units 0 and 1 of hidden layer n, drawn before training like
 * any two others; `bias<n>`: all its shifts; `whole`: all parameters. A unit's shift is its bias or, under
 * batch normalization before the ReLU, its beta.
 */
const groupsOf = <S extends z.ZodType>(each: S) =>
  z.object({ pair1: each, pair2: each, bias1: each, bias2: each, whole: each })
export type EpochGroup = keyof ReturnType<typeof groupsOf>['shape']

/**
 * How far the gradients of some minibatches agree. Those not longer than round-off have no direction: they
 * are counted as `zero` and left out of the rest.
 */
const groupMeasures = z.object({
  minibatches: count,
  zero: count,
  /** Over all pairs of minibatches that have a direction. */
  meanCosine: share,
  meanAbsoluteCosine: share,
  /** The share of those pairs with a cosine below 0. */
  opposed: share,
  /**
   * The share of the gradients' summed squared length that lies along their best common line: 1 where they
   * are all parallel or opposite.
   */
  lineShare: share,
  /** Root mean square length over all minibatches, cost per unit of the parameters. */
  length: z.number(),
})
export type GroupMeasures = z.infer<typeof groupMeasures>

const groupsMeasures = groupsOf(groupMeasures)
export type GroupsMeasures = z.infer<typeof groupsMeasures>

/**
 * A gradient noise scale, records: the trace of the records' covariance over the squared length of the mean
 * gradient (McCandlish et al., 2018, section 2.2). Not given as a number where the estimate of the squared
 * length is not positive, or the scale exceeds the number of training records.
 */
const noiseScale = z.object({
  value: z.number().nullable(),
  reason: z
    .enum(['the mean gradient is not told from zero', 'beyond the number of training records'])
    .exactOptional(),
  /** The two parts, each unbiased. */
  variance: z.number(),
  squaredLength: z.number(),
  /**
   * Standard error of the squared length, by the jackknife over minibatches: what the scale's own uncertainty
   * mostly comes from.
   */
  squaredLengthError: z.number(),
})
export type NoiseScale = z.infer<typeof noiseScale>

const tensorMeasures = groupMeasures.extend({
  /**
   * Share of the mean gradient's squared length over all parameters, both estimated without bias; null if the
   * whole is not told from zero.
   */
  share,
  noiseScale,
})
export type TensorMeasures = z.infer<typeof tensorMeasures>

const epochGradients = z.object({
  epoch: count,
  /** Mean minibatch cost over the epoch, in training mode; null at the start. */
  cost: z.number().nullable(),
  /** On all fixed minibatches, those of `whole` on the first of them. */
  groups: groupsOf(groupMeasures.exactOptional()),
})
export type EpochGradients = z.infer<typeof epochGradients>

const epochMeasures = epochGradients.extend({
  /** Mean absolute error and coefficient of determination on the test set, in evaluation mode. */
  testMae: z.number(),
  testR2: z.number(),
  /**
   * The share of the training records predicted too high at the end of the epoch, in evaluation mode; null if
   * every residual is 0.
   */
  overshoot: share,
  sides,
  /**
   * The same over the fixed minibatches in training mode, where that differs: under dropout and batch
   * normalization.
   */
  overshootTraining: share.exactOptional(),
})
export type EpochMeasures = z.infer<typeof epochMeasures>

/** What a network's gradients are like at one moment, on all fixed minibatches, in training mode. */
const checkpointGradients = z.object({
  /** By name of parameter, such as `hidden1.weight`; `whole` is all of them. */
  tensors: z.record(z.string(), tensorMeasures),
  groups: groupsMeasures,
})
export type CheckpointGradients = z.infer<typeof checkpointGradients>

/** The vote of the fixed minibatches, in training mode, beside what the binomial law expects. */
const voteMeasures = z.object({
  sides,
  /** Minibatches with more records predicted too high, with more too low, and with as many. */
  majorities: z.object({ high: count, low: count, tie: count }),
  /** Share of the pairs of minibatches, neither tied, with opposite majorities. */
  opposed: share,
  /**
   * The same expected of independent minibatches with the overshoot share of all training records in
   * evaluation mode; null if every residual is 0.
   */
  expected: share,
  /** By group, the share of such pairs whose gradients are opposed exactly if their majorities are. */
  followed: groupsOf(share),
})
export type VoteMeasures = z.infer<typeof voteMeasures>

/** Over pairs of independent minibatches drawn with replacement from all training records. */
const populationMeasures = z.object({
  pairs: count,
  /** Pairs in which a gradient is not longer than round-off, left out of the rest. */
  zero: count,
  meanCosine: share,
  opposed: share,
  noiseScale,
})
export type PopulationMeasures = z.infer<typeof populationMeasures>

const checkpointMeasures = checkpointGradients.extend({
  vote: voteMeasures,
  /**
   * Over all training records instead of the fixed minibatches; absent under batch normalization, where a
   * record has no gradient of its own.
   */
  population: groupsOf(populationMeasures).omit({ whole: true }).exactOptional(),
})
export type CheckpointMeasures = z.infer<typeof checkpointMeasures>

/** Shares of the pairs of minibatches. */
const votesMeasures = z.object({
  group: groupMeasures,
  /** Opposed exactly if the majorities of their records are. */
  majority: share,
  /**
   * The same with unequal votes: a record's counts by its part of the gradient along the mean of all records'
   * parts, of which the sign of the residual is taken off.
   */
  weighted: share,
})
export type VotesMeasures = z.infer<typeof votesMeasures>

/**
 * What decides whether two minibatches are opposed over the whole gradient: the votes over the weights and
 * the bias of the output, to which a record adds its inputs, that of the bias included.
 */
const outputMeasures = votesMeasures.extend({
  /** Opposed over the whole gradient exactly if they are over the output's parameters. */
  decides: share,
})
export type OutputMeasures = z.infer<typeof outputMeasures>

const bothLayers = z.object({ bias1: votesMeasures, bias2: votesMeasures })

/**
 * How far votes tell which of the fixed minibatches are opposed over all shifts of hidden layers 1 and 2: in
 * training mode, and under dropout also with the masks taken off the same network.
 */
const recordsMeasures = z.object({ training: bothLayers, withoutMasks: bothLayers.exactOptional() })
export type RecordsMeasures = z.infer<typeof recordsMeasures>

const walks = z.object({
  /** Mean distance of two ends over `length`. */
  distance: z.number(),
  /** Root mean square difference of two ends' predictions for the test records. */
  predictions: z.number(),
  /** Mean absolute error of each end on the test set. */
  testMae: z.array(z.number()).readonly(),
})

/**
 * One epoch of training, several times from the same state: the same minibatches in the same order (the
 * control), the same in other orders, and reshuffled. By kind, over all pairs of walks: how far apart their
 * ends are.
 */
const orderMeasures = z.object({
  /** Mean length of the way from start to end, in the space of parameters. */
  length: z.number(),
  kinds: z.object({ repeated: walks, permuted: walks, reshuffled: walks }),
})
export type OrderMeasures = z.infer<typeof orderMeasures>

const lossMeasures = z.object({ groups: groupsMeasures, cosine: groupsOf(share) })

/** What comes of changing something at one network; what was asked for is there. */
const interventions = z.object({
  epoch: count,
  /** Minibatches drawn by the signs of their records' residuals; null where one sign has too few records. */
  signs: z
    .object({ natural: groupsMeasures, population: groupsMeasures, 'one-signed': groupsMeasures })
    .nullable()
    .exactOptional(),
  /**
   * The same minibatches' gradients of each loss at the same parameters, and their mean cosine to those of
   * the absolute error.
   */
  losses: z.object({ absolute: lossMeasures, squared: lossMeasures, huber: lossMeasures }).exactOptional(),
  /**
   * Steps from the same state: along the clipped gradient, as plain gradient descent goes (the control); by
   * Adam with its moments; by Adam without a past. `clipped` is the share of the minibatches whose gradient
   * is clipped.
   */
  steps: z
    .object({
      clipped: z.number(),
      groups: z.object({ gradient: groupsMeasures, adam: groupsMeasures, 'adam afresh': groupsMeasures }),
    })
    .exactOptional(),
  order: orderMeasures.exactOptional(),
  output: outputMeasures.exactOptional(),
  records: recordsMeasures.exactOptional(),
})
export type Interventions = z.infer<typeof interventions>

/** What is changed at one network. */
export type Intervention = Exclude<keyof Interventions, 'epoch'>

/** What is measured of any network, whatever its loss. */
export const gradientMeasures = z.object({
  /** The number of trained parameters. */
  parameters: count,
  /** Records in the training set, and in a minibatch. */
  records: count,
  batchSize: count,
  /** From epoch 0, the start, on. */
  epochs: z.array(epochGradients).readonly(),
  /** By epoch. */
  checkpoints: z.record(z.string(), checkpointGradients),
})
export type GradientMeasures = z.infer<typeof gradientMeasures>

/** The content of `measures.json`: what is kept of one network. */
export const networkMeasures = gradientMeasures.extend({
  epochs: z.array(epochMeasures).readonly(),
  checkpoints: z.record(z.string(), checkpointMeasures),
  interventions: interventions.exactOptional(),
})
export type NetworkMeasures = z.infer<typeof networkMeasures>
