/** The published minibatches of each checkpoint, from which the laboratory calculates what the build calculated. */
import type { APIRoute } from 'astro'
import type { Tensor, Tensors } from '../../../../pipeline/stage.ts'
import { encodeTensors } from '../../../../pipeline/tensors.ts'
import { checkpoints } from '../../../islands/lab/study.ts'
import { results } from '../../../published.ts'

interface Published {
  readonly stages: { readonly activations: string; readonly landscapes: string }
  readonly kinds: readonly string[]
  readonly index: number
}

export const getStaticPaths = () =>
  checkpoints(results.protocol).flatMap(({ condition, epoch }) =>
    Array.from({ length: results.protocol.landscapes.minibatches }, (_, index) => ({
      params: { checkpoint: `${condition}-${epoch}`, number: String(index + 1) },
      props: {
        stages: { activations: `activations ${condition} ${epoch}`, landscapes: `landscapes ${condition} ${epoch}` },
        kinds: results.condition(condition).batchNorm ? ['bias', 'beta'] : ['bias'],
        index,
      } satisfies Published,
    })),
  )

export const GET: APIRoute<Published> = async ({ props: { stages, kinds, index } }) => {
  const { minibatches } = await tensors(stages.activations, 'activations.safetensors')
  const fields = await Promise.all(
    kinds.map(async (kind) => {
      const landscapes = await tensors(stages.landscapes, `landscape-${kind}.safetensors`)
      return [1, 2].map((layer) => [`layer${layer}.${kind}`, slice(landscapes[`layer${layer}`], index)] as const)
    }),
  )
  return new Response(
    encodeTensors({ preactivations: slice(minibatches, index), ...Object.fromEntries(fields.flat()) }),
  )
}

const read = new Map<string, Promise<Tensors>>()

/** Read once for all minibatches. */
function tensors(stage: string, file: string): Promise<Tensors> {
  const name = `${stage}/${file}`
  const reading = read.get(name) ?? results.run.stage(stage).tensors(file)
  read.set(name, reading)
  return reading
}

/** One entry along the first axis. */
function slice({ shape, data, axes, unit }: Tensor, index: number): Tensor {
  const size = data.length / shape[0]
  return {
    shape: shape.slice(1),
    data: data.slice(index * size, (index + 1) * size),
    ...(axes && { axes: axes.slice(1) }),
    ...(unit !== undefined && { unit }),
  }
}
