/**
 * The site's one door to results: what the last run of the experiments made, typed and read through the
 * verified store.
 */
import { type Gradients, gram } from '../../experiments/agreement.ts'
import { open, type Source } from '../../experiments/definition.ts'
import { agreement } from '../../experiments/definitions/agreement.ts'
import { dataset } from '../../experiments/definitions/dataset.ts'
import { fresh } from '../../experiments/definitions/fresh.ts'
import { landscapes } from '../../experiments/definitions/landscapes.ts'
import { type EpochRecord, training } from '../../experiments/definitions/training.ts'
import { type WalkSummary, walk } from '../../experiments/definitions/walk.ts'
import { type DrawnLayer, drawnLayer, drawnLayers, layerName } from '../../experiments/layers.ts'
import { type GroupMeasures, groupMeasures, overshootShare } from '../../experiments/measures.ts'
import type { Condition, Protocol } from '../../experiments/protocol.ts'
import { protocolSchema } from '../../experiments/protocol-check.ts'
import { resolvedNoiseScale } from '../../experiments/statistics.ts'
import { openCache } from '../../pipeline/cache.ts'
import type { Run } from '../../pipeline/run.ts'
import type { GradientsByEpoch } from './epochs.ts'
import type { Gradient } from './field.ts'
import type {
  AgreementByEpoch,
  BiasWalk,
  Film,
  LayerCosines,
  LayerLandscapes,
  SizeCurve,
  Votes,
} from './shapes.ts'
import { type Statistics, statisticsOf } from './statistics/index.ts'
import type { Variant } from './variants.ts'
import { watching } from './watching.ts'

/**
 * Typed access to a run. Every reader rejects with the store's own error when a stage or file is missing or
 * damaged.
 */
export interface Results {
  readonly run: Run
  /** That of the run. */
  readonly protocol: Protocol
  condition(name: string): Condition
  /** Everything that the pages may quote. */
  stats(): Promise<Statistics>
  /** The same results, and the names of the stages that have been read through them. */
  watched(): { readonly results: Results; readonly opened: () => string[] }
  training(condition: string): Promise<readonly EpochRecord[]>
  film(condition: string): Promise<Film>
  landscapes(condition: string, epoch: number, variant: Variant): Promise<LayerLandscapes[]>
  /** The first minibatch's landscape on the fine grid. */
  single(condition: string, epoch: number, layer: number): Promise<LayerLandscapes>
  /** Over all shifts of each layer. */
  cosines(condition: string, epoch: number): Promise<LayerCosines[]>
  /** At every checkpoint. @throws under batch normalization, where an example has no gradient of its own */
  batchSizes(condition: string): Promise<SizeCurve[]>
  agreementByEpoch(condition: string): Promise<AgreementByEpoch>
  /**
   * The gradients of all minibatches over two biases of a layer, those drawn at a checkpoint, after every
   * epoch.
   */
  drawnBiases(
    condition: string,
    layer: number,
    checkpoint: number,
  ): Promise<{ readonly units: readonly [x: number, y: number]; readonly epochs: GradientsByEpoch }>
  /** Share of the training records that are predicted too high, after every epoch, in evaluation mode. */
  tooHigh(network: string): Promise<number[]>
  /** How records and minibatches of the networks of these conditions lie by epoch. */
  votes(networks: readonly string[]): Promise<Votes[]>
  /**
   * The first drawn bias of each layer, and how far the networks end from each other. @throws for a condition
   * without walks
   */
  walk(condition: string): Promise<{ readonly biases: readonly BiasWalk[]; readonly summary: WalkSummary }>
}

/**
 * Opens the run whose id is in the environment variable EXPERIMENTS_RUN, or else the last one, for the site.
 * @throws when there is none, or it was not finished
 */
export async function openResults(): Promise<Results> {
  const run = await openCache().runs.read(process.env.EXPERIMENTS_RUN)
  const missing = run.stages.filter(({ files }) => !files).map(({ name }) => name)
  if (missing.length > 0) {
    const others = missing.length > 3 ? ` and ${missing.length - 3} others` : ''
    throw new Error(
      `The run has no results for ${missing.slice(0, 3).join(', ')}${others}. Run \`npm run experiments\`.`,
    )
  }
  return resultsOf(run)
}

/** Typed access to a run. */
export function resultsOf(run: Run): Results {
  // What the run was made with, whatever experiments/protocol.ts says by now.
  const { data: protocol, error } = protocolSchema.safeParse(run.protocol)
  if (!protocol) {
    const where = error.issues[0].path.join('.') || 'it'
    throw new Error(
      `The last run was made of another form of protocol: ${where}: ${error.issues[0].message}. Run \`npm run experiments\`.`,
    )
  }
  return reading(run, run, protocol)
}

function reading(run: Run, source: Source, protocol: Protocol): Results {
  const units = async (condition: string, epoch: number, layer: DrawnLayer) =>
    (await open(source, landscapes.at(condition, epoch)).summary()).layers[layerName(layer)].units

  const history = async (network: string) => (await open(source, training.at(network)).history()).epochs

  const tooHigh = async (network: string) =>
    (await history(network)).map(({ sides }) => overshootShare(sides) ?? Number.NaN)

  /** After every epoch, the gradients over all shifts of each layer. */
  async function shifts(network: string): Promise<{ layer: DrawnLayer; epochs: Gradients[] }[]> {
    const tensors = await open(source, training.at(network)).shifts()
    return drawnLayers.map((layer) => {
      const { shape, data } = tensors[layerName(layer)]
      const [epochs, count, parameters] = shape
      const size = count * parameters
      const at = (epoch: number) => data.subarray(epoch * size, (epoch + 1) * size)
      return {
        layer,
        epochs: Array.from({ length: epochs }, (_, epoch) => ({ count, parameters, data: at(epoch) })),
      }
    })
  }

  /** After every epoch, the inner products of whole gradients, those of all parameters, row-major. */
  async function products(network: string): Promise<Float64Array[]> {
    const tensors = Object.values(await open(source, training.at(network)).products())
    const [epochs, count] = tensors[0].shape
    return Array.from({ length: epochs }, (_, epoch) =>
      Float64Array.from({ length: count * count }, (_, at) =>
        tensors.reduce((sum, { data }) => sum + data[epoch * count * count + at], 0),
      ),
    )
  }

  /**
   * Measures of gradients by their inner products; null if fewer than half of them are longer than round-off.
   */
  const measured = (products: Float64Array): GroupMeasures | null => {
    const count = Math.sqrt(products.length)
    const measures = groupMeasures(products, count, protocol.landscapes.roundOffSingle)
    return measures.zero > count / 2 ? null : measures
  }

  return {
    run,
    protocol,
    condition: (name) => protocol.conditions[name],
    watched() {
      const { run: watched, opened } = watching(source)
      return { results: reading(run, watched, protocol), opened }
    },
    stats: () => statisticsOf(source, protocol),
    training: history,
    async film(condition) {
      const { actual, predicted } = await open(source, training.at(condition)).film()
      const [epochs, examples] = predicted.shape
      return {
        actual: actual.data,
        frames: Array.from({ length: epochs }, (_, epoch) => ({
          epoch,
          predicted: predicted.data.subarray(epoch * examples, (epoch + 1) * examples),
        })),
      }
    },
    async landscapes(condition, epoch, variant) {
      const { x, y, ...drawn } = await (variant === 'fresh'
        ? open(source, fresh.at(condition, epoch)).landscape(variant)
        : open(source, landscapes.at(condition, epoch)).landscape(variant))
      const roundOff = variant === 'float32' ? 0 : protocol.landscapes.roundOff
      return Promise.all(
        drawnLayers.map(async (layer) => {
          const { shape, data } = drawn[layerName(layer)]
          const field = { x: x.data, y: y.data, minibatches: shape[0], gradient: data, roundOff }
          return { layer, units: await units(condition, epoch, layer), field }
        }),
      )
    },
    async single(condition, epoch, number) {
      const layer = drawnLayer(number)
      const { x, y, ...drawn } = await open(source, landscapes.at(condition, epoch)).single()
      const { roundOff } = protocol.landscapes
      const gradient = drawn[layerName(layer)].data
      return {
        layer,
        units: await units(condition, epoch, layer),
        field: { x: x.data, y: y.data, minibatches: 1, gradient, roundOff },
      }
    },
    async cosines(condition, epoch) {
      const groups = await open(source, agreement.at(condition, epoch)).cosines()
      return drawnLayers.map((layer) => {
        const { shape, data } = groups[layerName(layer)]
        return { layer, count: shape[0], cosines: data }
      })
    },
    async batchSizes(condition) {
      const curves = protocol.conditions[condition].checkpoints.map(async (epoch) => {
        const { batchSizes } = await open(source, agreement.at(condition, epoch)).agreement()
        if (!batchSizes)
          throw new Error(
            `The condition "${condition}" has batch normalization, under which examples have no gradients of their own to draw minibatches from.`,
          )
        const records = (await open(source, dataset.at()).examples()).train.data.length
        return drawnLayers.map((layer) => {
          const { noiseScale, sizes } = batchSizes[layerName(layer)]
          return { layer, epoch, noiseScale: resolvedNoiseScale(noiseScale, records), sizes }
        })
      })
      return (await Promise.all(curves)).flat()
    },
    async agreementByEpoch(condition) {
      return {
        label: protocol.conditions[condition].label,
        layers: (await shifts(condition)).map(({ layer, epochs }) => ({
          layer,
          meanCosine: epochs.map((gradients) => measured(gram(gradients))?.meanCosine ?? null),
        })),
      }
    },
    async drawnBiases(condition, number, checkpoint) {
      const layer = drawnLayer(number)
      const [x, y] = await units(condition, checkpoint, layer)
      const { epochs } = (await shifts(condition))[drawnLayers.indexOf(layer)]
      return {
        units: [x, y],
        epochs: epochs.map(({ count, parameters, data }) =>
          Array.from(
            { length: count },
            (_, i): Gradient => [data[i * parameters + x], data[i * parameters + y]],
          ),
        ),
      }
    },
    tooHigh,
    votes: (networks) =>
      Promise.all(
        networks.map(async (name) => {
          const [bias1, bias2] = (await shifts(name)).map(({ epochs }) =>
            epochs.map((gradients) => measured(gram(gradients))?.opposed ?? null),
          )
          const whole = (await products(name)).map((all) => measured(all)?.opposed ?? null)
          return { name, tooHigh: await tooHigh(name), opposed: { bias1, bias2, whole } }
        }),
      ),
    async walk(condition) {
      const walked = open(source, walk.at(condition))
      const paths = await walked.paths()
      const drawn = await open(source, landscapes.at(condition, protocol.walks.from)).summary()
      return {
        summary: await walked.summary(),
        biases: drawnLayers.map((layer) => {
          const { shape, data } = paths[layerName(layer)]
          const [orders, steps, width] = shape
          const [unit] = drawn.layers[layerName(layer)].units
          return {
            layer,
            unit,
            paths: Array.from({ length: orders }, (_, order) =>
              Float64Array.from({ length: steps }, (_, step) => data[(order * steps + step) * width + unit]),
            ),
          }
        }),
      }
    },
  }
}
