/** What the player of a figure plays: the landscapes of its minibatches, or the film of training. */
import type { APIRoute } from 'astro'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { quoted } from '../../articles.ts'
import { figure, figureName } from '../../figures/index.ts'
import type { FigureRequest } from '../../figures/kinds.ts'
import { packFilm } from '../../islands/player/film.ts'
import { packLandscapes } from '../../islands/player/landscapes.ts'
import { results } from '../../published.ts'

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
