/** The landscapes of the minibatches that a figure shows, for its player. */
import type { APIRoute } from 'astro'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { quoted } from '../../articles.ts'
import { figure, landscapesName } from '../../figures/index.ts'
import type { FigureRequest } from '../../figures/kinds.ts'
import { packLandscapes } from '../../islands/player/landscapes.ts'
import { results } from '../../published.ts'

export async function getStaticPaths() {
  const shown = (await quoted()).figures.filter(({ kind }) => kind === 'minibatches' || kind === 'compass')
  const named = new Map(shown.map((request) => [landscapesName(request), request]))
  return [...named].map(([name, request]) => ({ params: { name }, props: { request } }))
}

export const GET: APIRoute<{ request: FigureRequest }> = async ({ props }) => {
  const { landscapes } = await figure(results, props.request)
  return new Response(encodeTensors(packLandscapes(landscapes!)))
}
