/** The numbers behind each figure that a page shows, as CSV. */

import type { APIRoute } from 'astro'
import { quoted } from '../../articles.ts'
import { csv } from '../../csv.ts'
import { results } from '../../data/published.ts'
import { type FigureRequest, figure, figureName } from '../../figures/index.ts'

export async function getStaticPaths() {
  const { figures } = await quoted()
  const named = new Map(figures.map((request) => [figureName(request), request]))
  return [...named].map(([name, request]) => ({ params: { name }, props: { request } }))
}

export const GET: APIRoute<{ request: FigureRequest }> = async ({ props }) => {
  const { columns, rows } = (await figure(results, props.request)).table()
  return new Response(csv(columns, rows), { headers: { 'content-type': 'text/csv' } })
}
