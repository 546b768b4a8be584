/** Everything may be read; with an address, where the list of pages is. */
import type { APIRoute } from 'astro'
import { settings } from '../site/index.ts'

export const GET: APIRoute = () => {
  const map = settings.address ? `Sitemap: ${new URL('sitemap.xml', settings.address).href}\n` : ''
  return new Response(`User-agent: *\nAllow: /\n${map}`)
}
