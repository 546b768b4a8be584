/** What the player of a figure plays: the landscapes of its minibatches, or the film of training. */
import type { APIRoute } from 'astro'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { quoted } from '../../articles.ts'
import { packFilm } from '../../data/film.ts'
import { packLandscapes } from '../../data/landscapes.ts'
import { results } from '../../data/published.ts'
import { figure, figureName } from '../../figures/index.ts'
import type { FigureRequest } from '../../figures/kinds.ts'

export async function getStaticPaths() {
  const played = (await quoted()).figures.filter(
    ({ kind }) => kind === 'minibatches' || kind === 'predictions',
  )
  const named = new Map(played.map((request) => [figureName(request), request]))
  return [...named].map(([name, request]) => ({ params: { name }, props: { request } }))
}

export const GET: APIRoute<{ request: FigureRequest }> = async ({ props }) => {
  const { landscapes, film } = await figure(results, props.request)
  return new Response(encodeTensors(film ? packFilm(film) : packLandscapes(landscapes!)))
}
