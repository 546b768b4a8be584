/**
 * Pictures of the built site, to be looked at: `npm run screenshots -- [site folder] [folder for the
 * pictures]`. With no second folder, only the README's `docs/site.png` is made.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { launch } from './browser.ts'
import { serve } from './serve.ts'

const [site = 'dist', folder] = process.argv.slice(2)
const server = await serve(site)
const browser = await launch()
try {
  if (folder) await everyView(folder)
  else await readmePicture()
} finally {
  await browser.close()
  await server.close()
}

/**
 * Every page's top and each of its figures, on a phone, a tablet, a laptop and a wide screen, light and dark;
 * and every page as it is printed.
 */
async function everyView(target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  const pages = (await readdir(site)).filter((file) => file.endsWith('.html'))
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 768, 1280, 1680]) {
      const view = await browser.newPage({ colorScheme, viewport: { width, height: 1100 } })
      for (const page of pages) {
        await view.goto(server.url + page)
        await tops(view, join(target, `${page.replace('.html', '')}-${width}-${colorScheme}`))
      }
      await view.close()
    }
  }
  const paper = await browser.newPage()
  for (const page of pages) {
    await paper.goto(server.url + page)
    await paper.pdf({
      path: join(target, page.replace('.html', '.pdf')),
      format: 'A4',
      margin: { top: '18mm', bottom: '18mm', left: '20mm', right: '20mm' },
    })
  }
}

async function tops(view: Page, name: string): Promise<void> {
  await view.screenshot({ path: `${name}.png` })
  for (const figure of await view.locator('figure').all())
    await figure.screenshot({ path: `${name}-${await figure.getAttribute('id')}.png` })
}

/** The top of the article, small enough for a repository. */
async function readmePicture(): Promise<void> {
  const view = await browser.newPage({ viewport: { width: 1440, height: 1180 } })
  await view.goto(server.url)
  const picture = await view.screenshot()
  await mkdir('docs', { recursive: true })
  await sharp(picture).resize(960).png({ palette: true, quality: 80, effort: 10 }).toFile('docs/site.png')
}
