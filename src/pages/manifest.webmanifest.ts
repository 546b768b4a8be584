/**
 * Name, colours and icons for a site that is put on a phone's home screen. Addresses are relative to this
 * file.
 */
import type { APIRoute } from 'astro'
import { palette } from '../drawing/palette.ts'
import { settings } from '../site/index.ts'

export const GET: APIRoute = () =>
  new Response(
    JSON.stringify({
      name: settings.name,
      lang: settings.language,
      start_url: './index.html',
      display: 'browser',
      background_color: palette.paper.light,
      theme_color: palette.paper.light,
      icons: [192, 512].map((size) => ({
        src: `icon-${size}.png`,
        sizes: `${size}x${size}`,
        type: 'image/png',
      })),
    }),
  )
