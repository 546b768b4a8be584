/** `sitemap.xml`, the pages, for search engines; there is none as long as the site has no address. */
import type { APIRoute } from 'astro'
import { articles } from '../articles.ts'
import { settings } from '../site/index.ts'
import { canonical } from '../site/metadata.ts'

export const getStaticPaths = () => (settings.address ? [{ params: { list: 'sitemap' } }] : [])

export const GET: APIRoute = async () => {
  const written = (await articles()).map(({ page }) => `${page}.html`)
  const pages = [...written, 'lab.html', 'provenance.html'].flatMap(
    (address) => canonical({ address }, settings) ?? [],
  )
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const changed = settings.modified ?? settings.published
  const entries = pages.map(
    (page) => `<url><loc>${escaped(page)}</loc>${changed ? `<lastmod>${changed}</lastmod>` : ''}</url>`,
  )
  return new Response(
    `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.join('')}</urlset>\n`,
  )
}
