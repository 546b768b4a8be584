/** Each figure as SVG and, at twice its size, as PNG, light and dark; and the cards of the pages. */
import type { APIRoute } from 'astro'
import { quoted } from '../../articles.ts'
import { results } from '../../data/published.ts'
import { figure, figureName } from '../../figures/index.ts'
import { cards } from '../../pictures/cards.ts'
import type { Theme } from '../../pictures/paint.ts'
import { card, figureSvg, png } from '../../pictures/render.ts'
import { settings } from '../../site/index.ts'

interface Props {
  make: () => Promise<BodyInit>
}

export async function getStaticPaths() {
  const files = new Map<string, Props['make']>()
  for (const request of (await quoted()).figures)
    for (const theme of ['light', 'dark'] satisfies Theme[]) {
      const name = `${figureName(request)}${theme === 'dark' ? '-dark' : ''}`
      const svg = async () => figureSvg(await figure(results, request), theme)
      files.set(`${name}.svg`, svg)
      files.set(`${name}.png`, async () => png(await svg(), 2))
    }
  for (const { page, title, request } of await cards())
    files.set(`card-${page}.png`, async () =>
      png(await card(title, settings.name, await figure(results, request)), 1),
    )
  return [...files].map(([file, make]) => ({ params: { file }, props: { make } }))
}

export const GET: APIRoute<Props> = async ({ props }) => new Response(await props.make())
