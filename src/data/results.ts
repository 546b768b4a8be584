/** The site's one door to results: what the last run of the experiments made, typed and read through the verified store. */
import { mean } from 'd3-array'
import { cosines, type Gradients, gram } from '../../experiments/agreement.ts'
import type { Condition, Protocol } from '../../experiments/protocol.ts'
import type { CheckpointAgreement } from '../../experiments/stages/agreement.ts'
import type { Statistic } from '../../experiments/stages/article.ts'
import type { LandscapesSummary } from '../../experiments/stages/landscapes.ts'
import type { EpochRecord } from '../../experiments/stages/training.ts'
import type { WalkSummary } from '../../experiments/stages/walk.ts'
import { type Run, readRun } from '../../pipeline/run.ts'
import {
  type AgreementByEpoch,
  type BiasWalk,
  type Film,
  type LayerCosines,
  type LayerLandscapes,
  layers,
  type SizeCurve,
} from './shapes.ts'
import type { Variant } from './variants.ts'

/** Typed access to a run. Every reader rejects with the store's own error when a stage or file is missing or damaged. */
export interface Results {
  readonly run: Run
  /** That of the run. */
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
  /** Over all shifts of each layer. */
  cosines(condition: string, epoch: number): Promise<LayerCosines[]>
  /** At every checkpoint. @throws under batch normalization, where an example has no gradient of its own */
  batchSizes(condition: string): Promise<SizeCurve[]>
  agreementByEpoch(condition: string): Promise<AgreementByEpoch>
  /** The first drawn bias of each layer, and how far the networks end from each other. @throws for a condition without walks */
  walk(condition: string): Promise<{ readonly biases: readonly BiasWalk[]; readonly summary: WalkSummary }>
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

/** Typed access to a run. */
export function resultsOf(run: Run): Results {
  // What the run was made with, whatever experiments/protocol.ts says by now.
  const protocol = run.stages.find(({ name }) => name === 'article')!.parameters as unknown as Protocol

  const landscapesStage: Results['landscapesStage'] = (condition, epoch, variant) =>
    `${variant === 'fresh' ? 'fresh' : 'landscapes'} ${condition} ${epoch}`

  async function read(
    { condition, epoch, stage }: { condition: string; epoch: number; stage: string },
    file: string,
    roundOff = protocol.landscapes.roundOff,
  ): Promise<LayerLandscapes[]> {
    const tensors = await run.stage(stage).tensors(file)
    const summary = await run
      .stage(`landscapes ${condition} ${epoch}`)
      .json<LandscapesSummary>('summary.json')
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
    async cosines(condition, epoch) {
      const groups = await run.stage(`agreement ${condition} ${epoch}`).tensors('cosines.safetensors')
      return layers.map((layer) => {
        const { shape, data } = groups[`layer${layer}`]
        return { layer, count: shape[0], cosines: data as Float64Array }
      })
    },
    async batchSizes(condition) {
      const curves = protocol.conditions[condition].checkpoints.map(async (epoch) => {
        const stage = run.stage(`agreement ${condition} ${epoch}`)
        const { batchSizes } = await stage.json<CheckpointAgreement>('agreement.json')
        if (!batchSizes)
          throw new Error(
            `The condition "${condition}" has batch normalization, under which examples have no gradients of their own to draw minibatches from.`,
          )
        return layers.map((layer) => ({ layer, epoch, ...batchSizes[`layer${layer}`] }))
      })
      return (await Promise.all(curves)).flat()
    },
    async agreementByEpoch(condition) {
      const shifts = await run.stage(`training ${condition}`).tensors('shifts.safetensors')
      return {
        label: protocol.conditions[condition].label,
        layers: layers.map((layer) => {
          const { shape, data } = shifts[`layer${layer}`]
          const [epochs, count, parameters] = shape
          const meanCosine = Array.from({ length: epochs }, (_, epoch) =>
            meanPairCosine(
              {
                count,
                parameters,
                data: (data as Float32Array).subarray(
                  epoch * count * parameters,
                  (epoch + 1) * count * parameters,
                ),
              },
              protocol.landscapes.roundOffSingle,
            ),
          )
          return { layer, meanCosine }
        }),
      }
    },
    async walk(condition) {
      const stage = run.stage(`walk ${condition}`)
      const paths = await stage.tensors('paths.safetensors')
      const landscapes = run.stage(`landscapes ${condition} ${protocol.walks.from}`)
      const drawn = await landscapes.json<LandscapesSummary>('summary.json')
      return {
        summary: await stage.json<WalkSummary>('summary.json'),
        biases: layers.map((layer) => {
          const { shape, data } = paths[`layer${layer}`]
          const [orders, steps, width] = shape
          const [unit] = drawn.layers[`layer${layer}`].units
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

/** Mean cosine of all pairs of gradients longer than `roundOff`; null if fewer than half of the gradients are. */
function meanPairCosine(gradients: Gradients, roundOff: number): number | null {
  const { count } = gradients
  const products = gram(gradients)
  const directed = Array.from({ length: count }, (_, i) => i).filter(
    (i) => products[i * count + i] > roundOff ** 2,
  )
  if (directed.length < count / 2) return null
  const similarity = cosines(products, count)
  return (
    mean(directed.flatMap((i, at) => directed.slice(at + 1).map((j) => similarity[i * count + j]))) ?? null
  )
}
