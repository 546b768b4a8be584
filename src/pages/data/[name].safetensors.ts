/** What the player of a figure plays, such as the landscapes of its minibatches, or the film of training. */
import type { APIRoute } from 'astro'
import type { Tensors } from '../../../pipeline/stage.ts'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { quoted } from '../../articles.ts'
import { results } from '../../data/published.ts'
import { figure, figureName } from '../../figures/index.ts'

export async function getStaticPaths() {
  const named = new Map((await quoted()).figures.map((request) => [figureName(request), request]))
  const made = [...named].map(async ([name, request]) => ({
    params: { name },
    props: { file: (await figure(results, request)).file },
  }))
  return (await Promise.all(made)).filter(({ props }) => props.file)
}

export const GET: APIRoute<{ file: () => Tensors }> = async ({ props }) =>
  new Response(encodeTensors(props.file()))
