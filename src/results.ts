/** The site's one door to results: what the last run of the experiments made, typed and read through the verified store. */
import { type Condition, type Protocol, protocols } from '../experiments/protocol.ts'
import type { Statistic } from '../experiments/stages/article.ts'
import type { LandscapesSummary } from '../experiments/stages/landscapes.ts'
import type { EpochRecord } from '../experiments/stages/training.ts'
import { type Run, readRun } from '../pipeline/run.ts'
import type { Field } from './figures/field.ts'
import { layers, type Variant } from './figures/kinds.ts'

/** The landscapes of one hidden layer. */
export interface LayerLandscapes {
  readonly layer: number
  /** The two units whose parameters are moved. */
  readonly units: readonly [x: number, y: number]
  readonly field: Field
}

/** Predicted values of the same test examples after every epoch. */
export interface Film {
  readonly actual: Float32Array
  readonly frames: readonly { readonly epoch: number; readonly predicted: Float32Array }[]
}

/** Typed access to a run. Every reader rejects with the store's own error when a stage or file is missing or damaged. */
export interface Results {
  readonly run: Run
  readonly protocol: Protocol
  condition(name: string): Condition
  /** By name; those of a condition's first and last checkpoint also as `<condition>.start...` and `<condition>.last...`. */
  stats(): Promise<{ readonly [name: string]: Statistic }>
  training(condition: string): Promise<EpochRecord[]>
  film(condition: string): Promise<Film>
  /** The stage that made a checkpoint's landscapes of a variant. */
  landscapesStage(condition: string, epoch: number, variant: Variant): string
  landscapes(condition: string, epoch: number, variant: Variant): Promise<LayerLandscapes[]>
  /** The first minibatch's landscape on the fine grid. */
  single(condition: string, epoch: number, layer: number): Promise<LayerLandscapes>
}

/** Opens the last run for the site. @throws when there is none, or it was not finished */
export async function openResults(): Promise<Results> {
  const run = await readRun()
  const missing = run.stages.filter(({ files }) => !files).map(({ name }) => name)
  if (missing.length > 0) {
    const others = missing.length > 3 ? ` and ${missing.length - 3} others` : ''
    throw new Error(
      `The last run has no results for ${missing.slice(0, 3).join(', ')}${others}. Run \`npm run experiments\`.`,
    )
  }
  return resultsOf(run)
}

/** Typed access to a run. @throws when the run's profile is not one of the protocol's */
export function resultsOf(run: Run): Results {
  const protocol = protocols[run.profile]
  if (!protocol) {
    const known = Object.keys(protocols).join(', ')
    throw new Error(`The last run has the profile "${run.profile}"; experiments/protocol.ts knows ${known}.`)
  }

  const landscapesStage: Results['landscapesStage'] = (condition, epoch, variant) =>
    `${variant === 'fresh' ? 'fresh' : 'landscapes'} ${condition} ${epoch}`

  async function read(
    { condition, epoch, stage }: { condition: string; epoch: number; stage: string },
    file: string,
    roundOff = protocol.landscapes.roundOff,
  ): Promise<LayerLandscapes[]> {
    const tensors = await run.stage(stage).tensors(file)
    const summary = await run.stage(`landscapes ${condition} ${epoch}`).json<LandscapesSummary>('summary.json')
    return layers.map((layer) => {
      const { shape, data } = tensors[`layer${layer}`]
      return {
        layer,
        units: summary.layers[`layer${layer}`].units,
        field: {
          x: tensors.x.data as Float64Array,
          y: tensors.y.data as Float64Array,
          minibatches: shape.length === 4 ? shape[0] : 1,
          gradient: data as Float64Array,
          roundOff,
        },
      }
    })
  }

  return {
    run,
    protocol,
    condition: (name) => protocol.conditions[name],
    async stats() {
      const stats = await run.stage('article').json<{ [name: string]: Statistic }>('stats.json')
      for (const [condition, { checkpoints }] of Object.entries(protocol.conditions)) {
        const ends = { start: checkpoints[0], last: checkpoints[checkpoints.length - 1] }
        for (const [end, epoch] of Object.entries(ends)) {
          const prefix = `${condition}.epoch${epoch}.`
          for (const name of Object.keys(stats).filter((name) => name.startsWith(prefix)))
            stats[`${condition}.${end}.${name.slice(prefix.length)}`] = stats[name]
        }
      }
      return stats
    },
    async training(condition) {
      return (await run.stage(`training ${condition}`).json<{ epochs: EpochRecord[] }>('history.json')).epochs
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
    landscapesStage,
    landscapes: (condition, epoch, variant) =>
      read(
        { condition, epoch, stage: landscapesStage(condition, epoch, variant) },
        `landscape-${variant}.safetensors`,
        variant === 'float32' ? 0 : undefined,
      ),
    async single(condition, epoch, layer) {
      const stage = landscapesStage(condition, epoch, 'bias')
      const all = await read({ condition, epoch, stage }, 'single.safetensors')
      return all[layer - 1]
    },
  }
}
