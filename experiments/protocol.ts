/** Every number of the study, in one place. Changing one reruns only what depends on it. */

/**
 * Where batch normalization sits in a hidden layer: on the pre-activation, or on the rectified activation.
 */
export type BatchNormPlacement = 'before ReLU' | 'after ReLU'

/**
 * What a record's residual r costs: |r|, r^2, or Huber's loss, r^2 / (2 threshold) up to the threshold and
 * |r| - threshold / 2 beyond, whose slope is never above that of |r|.
 */
export type Loss = 'absolute' | 'squared' | { readonly huber: number }

/**
 * How the training records are put into the minibatches of an epoch, and those in order. `reshuffled`: anew
 * in every epoch. `fixed`: once, in a new order every epoch. `repeated`: once, in the same order every epoch.
 * `stratified by target`: each minibatch has one record of each of as many ranges of the target as it has
 * records. `sorted by target`: each minibatch has neighbours by target; minibatches in random order.
 */
export type Composition = 'reshuffled' | 'fixed' | 'repeated' | 'stratified by target' | 'sorted by target'

/** A way of training the network: what is added to it, at which learning rate, for how long. */
export interface Condition {
  /** How prose and figures name it. */
  readonly label: string
  /** Probability that a hidden activation is zeroed in training (the others are divided by 1 - p). */
  readonly dropout: number
  readonly batchNorm: BatchNormPlacement | null
  /** Coefficient of the L2 penalty whose gradient, weightDecay x parameter, is added after clipping. */
  readonly weightDecay: number
  readonly learningRate: number
  readonly epochs: number
  /** Epochs whose parameters are kept and whose landscapes are drawn; 0 is the start. */
  readonly checkpoints: readonly number[]
  /** `absolute` unless said otherwise, as in the source. */
  readonly loss?: Loss | undefined
  /** `reshuffled` unless said otherwise. */
  readonly composition?: Composition
  /** Adam unless said otherwise; otherwise plain gradient descent, along the clipped gradient. */
  readonly optimizer?: 'gradient descent'
  /** Whether the biases of the hidden layers keep their initial values. */
  readonly frozenBiases?: boolean
  /** Epoch at whose end the optimizer's state is kept too, for interventions. */
  readonly optimizerAt?: number
}

export interface DeliveryRanges {
  /** d = round(exp(N(mean, deviation))), clipped to 0..most. */
  readonly deliverers: { readonly logMean: number; readonly logDeviation: number; readonly most: number }
  /** Busy deliverers: d x clip(N(mean, deviation), 0, 1). */
  readonly busyFraction: { readonly mean: number; readonly deviation: number }
  /** Orders: busy x (1 + spread |N(0, 1)|). */
  readonly orderSpread: number
  readonly store: readonly [least: number, most: number]
  readonly market: readonly [least: number, most: number]
  readonly year: number
  /** Cost in cents: round(exp(N(mean, deviation))), at least `least`. */
  readonly cost: { readonly logMean: number; readonly logDeviation: number; readonly least: number }
  /** Seconds. */
  readonly transit: readonly [least: number, most: number]
  /** Seconds. */
  readonly estimate: readonly [least: number, most: number]
}

export interface Encoding {
  readonly alphabet: string
  readonly padding: string
  /** Characters taken of each field, in the order in which they are read. */
  readonly fields: readonly { readonly name: string; readonly characters: number }[]
}

export interface Protocol {
  readonly seed: number
  readonly deliveries: {
    readonly count: number
    readonly trainFraction: number
    readonly ranges: DeliveryRanges
  }
  readonly encoding: Encoding
  /** y = factor x d. */
  readonly targetFactor: number
  /** Another target in its place, the source's second task: y = (Cost / 100) x Busy Deliverers. */
  readonly target?: 'cost x busy'
  /** Units of hidden layers 0, 1 and 2. */
  readonly hidden: readonly [number, number, number]
  readonly training: {
    readonly batchSize: number
    readonly clipNorm: number
    readonly adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number }
    readonly batchNorm: { readonly epsilon: number; readonly momentum: number }
    /** Test examples whose predictions are kept each epoch, for the film. */
    readonly filmed: number
    /**
     * Fixed minibatches whose gradients of all parameters are compared after each epoch, the first of them.
     */
    readonly whole: number
  }
  readonly landscapes: {
    readonly minibatches: number
    readonly batchSize: number
    /**
     * A float64 gradient shorter than this is a sum whose terms cancel exactly but for round-off: it counts
     * as zero. Real ones are 1e-4 and longer.
     */
    readonly roundOff: number
    /**
     * The same for gradients in float32, as training records them: up to 3e-6 where they cancel, real ones
     * 1e-5 and longer.
     */
    readonly roundOffSingle: number
    /** Steps on either side of the true parameters, and the length of one step, for x and y. */
    readonly grid: { readonly x: GridAxis; readonly y: GridAxis }
    readonly single: { readonly x: GridAxis; readonly y: GridAxis }
  }
  readonly agreement: {
    /** Batch sizes at which the cosine of two independent minibatches is measured. */
    readonly batchSizes: readonly number[]
    /** Pairs of independent minibatches drawn at each size. */
    readonly pairs: number
    /** Bootstrap samples behind each interval. */
    readonly bootstrap: number
  }
  /**
   * How words grade the angle between two gradients, in degrees: `opposite` from so many on; `unrelated`
   * within so many of a right angle; between the two `against`, below `with`.
   */
  readonly grades: { readonly opposite: number; readonly unrelated: number }
  /** Quantiles of the targets at which the smallest model, one constant for all records, is put. */
  readonly constants: readonly number[]
  /** The bounds of the claims' rules; each with its reason in the published protocol. */
  readonly claims: {
    /** Epochs from the first of these to the last are the time in which a network learns. */
    readonly from: number
    /** The checkpoint that the source looks at. */
    readonly at: number
    /** Minibatches oppose each other from this share of their pairs on. */
    readonly opposed: number
    /** They agree from this mean cosine on. */
    readonly agree: number
    /** A prediction explains what it predicts from this R2 on, and not even half of it below the other. */
    readonly explains: number
    readonly half: number
    /** Network predictions are accurate from this R2 on. */
    readonly accurate: number
    /** Shares of opposed pairs no further apart than this are alike. */
    readonly alike: number
    /** Errors whose ratio to each other is no further from 1 than this are the same. */
    readonly sameError: number
    /** A part of the squared gradient smaller than this is a small part. */
    readonly smallPart: number
    /** Nearly all of some minibatches: from this share on. */
    readonly nearlyAll: number
    /** Ends are far from each other from this distance on, relative to that from their start. */
    readonly far: number
    /**
     * Mean angle between neighbouring arrows of a landscape, degrees: unstable from one on, calm below the
     * other.
     */
    readonly unstable: number
    readonly calm: number
  }
  readonly measures: {
    /**
     * Pairs of independent minibatches over which population values are taken: a share is met to 0.4 points.
     */
    readonly pairs: number
    /** Minibatches of each kind, and walks of each kind, in an intervention. */
    readonly minibatches: number
    readonly walks: number
    /** The threshold of the Huber loss: one deliverer, in units of the target. */
    readonly huber: number
  }
  /**
   * Walks of some epochs from the parameters of one checkpoint over the same training set, each in an order
   * of its own.
   */
  readonly walks: {
    readonly conditions: readonly string[]
    readonly from: number
    readonly epochs: number
    readonly orders: number
  }
  readonly conditions: { readonly [name: string]: Condition }
}

/**
 * `steps` points on either side of the centre, `step` apart: 2 steps + 1 points, the middle one exactly 0.
 */
export interface GridAxis {
  readonly steps: number
  readonly step: number
}

const plain: Condition = {
  label: 'no regularizer',
  dropout: 0,
  batchNorm: null,
  weightDecay: 0,
  learningRate: 1e-4,
  epochs: 10,
  checkpoints: [0, 10],
}

const conditions = {
  none: { ...plain, epochs: 50, checkpoints: [0, 10, 50] },
  dropout: { ...plain, label: 'dropout', dropout: 0.3 },
  'batch-norm-before': { ...plain, label: 'batch norm before the ReLU', batchNorm: 'before ReLU' },
  'batch-norm-after': { ...plain, label: 'batch norm after the ReLU', batchNorm: 'after ReLU' },
  'batch-norm-before-fast': {
    ...plain,
    label: 'batch norm before the ReLU, learning rate 0.01',
    batchNorm: 'before ReLU',
    learningRate: 1e-2,
  },
  'batch-norm-after-fast': {
    ...plain,
    label: 'batch norm after the ReLU, learning rate 0.01',
    batchNorm: 'after ReLU',
    learningRate: 1e-2,
  },
  'weight-decay': { ...plain, label: 'weight decay', weightDecay: 1e-4 },
} satisfies { readonly [name: string]: Condition }

/** A condition of the published study. */
export type ConditionName = keyof typeof conditions

/** The published study. */
export const paper: Omit<Protocol, 'conditions'> & {
  readonly conditions: { readonly [name in ConditionName]: Condition }
} = {
  seed: 20230117,
  deliveries: {
    count: 10_000,
    trainFraction: 0.8,
    ranges: {
      deliverers: { logMean: 3.55, logDeviation: 0.85, most: 171 },
      busyFraction: { mean: 0.85, deviation: 0.2 },
      orderSpread: 0.4,
      store: [1, 6987],
      market: [1, 6],
      year: 2015,
      cost: { logMean: 7.8, logDeviation: 0.5, least: 100 },
      transit: [100, 1200],
      estimate: [1500, 5000],
    },
  },
  encoding: {
    alphabet: '0123456789. -:_',
    padding: '_',
    fields: [
      { name: 'Store Number', characters: 4 },
      { name: 'Market', characters: 1 },
      { name: 'Order Made', characters: 8 },
      { name: 'Cost', characters: 5 },
      { name: 'Total Deliverers', characters: 3 },
      { name: 'Busy Deliverers', characters: 3 },
      { name: 'Total Orders', characters: 3 },
      { name: 'Estimated Transit Time', characters: 4 },
      { name: 'Linear Estimation', characters: 4 },
    ],
  },
  targetFactor: 10,
  hidden: [5600, 100, 20],
  training: {
    batchSize: 64,
    clipNorm: 0.3,
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    filmed: 400,
    whole: 12,
  },
  landscapes: {
    minibatches: 50,
    batchSize: 64,
    roundOff: 1e-12,
    roundOffSingle: 1e-5,
    grid: { x: { steps: 5, step: 0.02 }, y: { steps: 10, step: 0.01 } },
    single: { x: { steps: 10, step: 0.001 }, y: { steps: 10, step: 0.001 } },
  },
  agreement: { batchSizes: [1, 4, 16, 64, 256, 1024, 4096], pairs: 200, bootstrap: 1000 },
  // Opposite: at 120 degrees two equal gradients add up to one that is no longer than either, so each undoes
  // as much
  // as it adds. Unrelated: random directions in a hundred dimensions, the biases of hidden layer 1, are
  // within 15
  // degrees of a right angle 99 times in 100.
  grades: { opposite: 120, unrelated: 15 },
  // A tie, a close vote, and a clear one.
  constants: [0.5, 0.6, 0.7],
  claims: {
    // After 625 steps no network is at its start any more, and half of the time to the source's epoch is
    // left.
    from: 5,
    at: 10,
    // The source says "sometimes opposite": one pair in twenty is seen in fifty landscapes, a rarer one
    // hardly.
    opposed: 0.05,
    // A mean angle of 26 degrees; "weak approximations" of each other would be well below.
    agree: 0.9,
    // Nine tenths of the variance; below half, more is left over than explained.
    explains: 0.9,
    half: 0.5,
    // "Extremely accurately": a fiftieth of the variance is left.
    accurate: 0.98,
    // Between-network standard deviations of 10 points are to be expected; what is smaller than one is no
    // effect.
    alike: 0.1,
    sameError: 0.1,
    // One hundredth of the squared length is a tenth of the length.
    smallPart: 0.01,
    nearlyAll: 0.9,
    // Half the way: unrelated ways end 1.4 times their length apart, the same way 0.
    far: 0.5,
    // Unrelated directions differ by 90 degrees on average: unstable is nearer to these than to equal ones,
    // calm within what the grades call the same direction as a right angle.
    unstable: 45,
    calm: 15,
  },
  measures: { pairs: 20_000, minibatches: 16, walks: 4, huber: 10 },
  walks: { conditions: ['none'], from: 50, epochs: 1, orders: 5 },
  conditions,
}

/** The same study on a network and a data set small enough for tests; seconds instead of minutes. */
export const smoke: Protocol = {
  ...paper,
  deliveries: { ...paper.deliveries, count: 800 },
  hidden: [48, 24, 12],
  training: { ...paper.training, filmed: 100, whole: 4 },
  landscapes: { ...paper.landscapes, minibatches: 8 },
  agreement: { batchSizes: [1, 16, 64, 256, 1024], pairs: 40, bootstrap: 100 },
  measures: { ...paper.measures, pairs: 1000, minibatches: 8, walks: 2 },
  walks: { ...paper.walks, from: 12 },
  conditions: Object.fromEntries(
    Object.entries(paper.conditions).map(([name, condition]) => [
      name,
      {
        ...condition,
        epochs: Math.min(condition.epochs, 12),
        checkpoints: Array.from(condition.checkpoints, (epoch) => Math.min(epoch, 12)),
      },
    ]),
  ),
}

export const protocols: { readonly [profile: string]: Protocol } = { paper, smoke }
