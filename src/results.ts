/** The site's one door to results: what the last run of the experiments made, typed and read through the verified store. */
import { type Condition, type Protocol, protocols } from '../experiments/protocol.ts'
import { type Run, readRun } from '../pipeline/run.ts'
import type { Field } from './figures/field.ts'
import type { Predictions } from './figures/predictions.ts'
import type { Epoch, Training } from './figures/training.ts'

/** A number or verdict that the prose may use. */
export interface Stat {
  readonly value: number | string | boolean
  readonly unit?: string
  readonly digits?: number
  readonly format?: 'fixed' | 'scientific' | 'percent' | 'integer'
  /** Bounds between which the true value lies with 95% confidence. */
  readonly interval?: readonly [low: number, high: number]
  /** Name of the stage that it comes from. */
  readonly from: string
}

/** The landscapes of one hidden layer. */
export interface LayerLandscapes {
  readonly layer: number
  readonly units: readonly [x: number, y: number]
  readonly field: Field
}

/** How well the gradients of pairs of minibatches agree, for one layer. */
export interface PairAgreement {
  readonly meanCosine: number
  readonly opposedFraction: number
}

/** Typed access to a run. Every reader rejects with the store's own error when a stage or file is missing or damaged. */
export interface Results {
  readonly run: Run
  readonly protocol: Protocol
  condition(name: string): Condition
  stats(): Promise<{ readonly [name: string]: Stat }>
  training(condition: string): Promise<Training>
  film(condition: string): Promise<Predictions>
  landscapes(condition: string, epoch: number, variant: string): Promise<LayerLandscapes[]>
  single(): Promise<LayerLandscapes>
  agreement(condition: string, epoch: number): Promise<{ readonly [layer: string]: PairAgreement }>
}

/** Opens the last run for the site. @throws when there is none, or it was not finished */
export async function openResults(): Promise<Results> {
  const run = await readRun()
  const missing = run.stages.filter(({ files }) => !files).map(({ name }) => name)
  if (missing.length > 0)
    throw new Error(`The last run has no results for: ${missing.join(', ')}. Run \`npm run experiments\`.`)
  return resultsOf(run)
}

/** Typed access to a run. */
export function resultsOf(run: Run): Results {
  const protocol = protocols[run.profile]
  if (!protocol)
    throw new Error(
      `The last run has the profile "${run.profile}"; experiments/protocol.ts knows ${Object.keys(protocols).join(', ')}.`,
    )
  const layer = async (stage: string, file: string, index: number): Promise<LayerLandscapes> => {
    const tensors = await run.stage(stage).tensors(file)
    const summary = await run
      .stage(stage)
      .json<{ layers: { [layer: string]: { units: [number, number] } } }>('summary.json')
    const gradient = tensors[`layer${index}`]
    return {
      layer: index,
      units: summary.layers[index].units,
      field: {
        x: tensors.x.data as Float64Array,
        y: tensors.y.data as Float64Array,
        minibatches: gradient.shape[0],
        gradient: gradient.data as Float64Array,
      },
    }
  }
  return {
    run,
    protocol,
    condition: (name) => protocol.conditions[name],
    stats: () => run.stage('article').json('stats.json'),
    async training(condition) {
      const { epochs } = await run.stage(`training ${condition}`).json<{ epochs: Epoch[] }>('history.json')
      return { epochs, checkpoints: protocol.conditions[condition].checkpoints }
    },
    async film(condition) {
      const { actual, predicted } = await run.stage(`training ${condition}`).tensors('film.safetensors')
      const [epochs, examples] = predicted.shape
      const all = predicted.data as Float32Array
      return {
        actual: actual.data as Float32Array,
        frames: Array.from({ length: epochs }, (_, epoch) => ({
          epoch,
          predicted: all.subarray(epoch * examples, (epoch + 1) * examples),
        })),
      }
    },
    landscapes: (condition, epoch, variant) =>
      Promise.all(
        protocol.landscapes.layers.map((index) =>
          layer(`landscapes ${condition} ${epoch}`, `landscape-${variant}.safetensors`, index),
        ),
      ),
    single: () => layer('single', 'landscape-exact.safetensors', protocol.landscapes.layers[0]),
    async agreement(condition, epoch) {
      const { layers } = await run
        .stage(`agreement ${condition} ${epoch}`)
        .json<{ layers: { [layer: string]: { pair: PairAgreement } } }>('agreement.json')
      return Object.fromEntries(Object.entries(layers).map(([index, { pair }]) => [index, pair]))
    },
  }
}
