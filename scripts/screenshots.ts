/**
 * Pictures of the built site, to be looked at: `npm run screenshots -- [site folder] [folder for the
 * pictures] [words]`. With words, only the pages, states and views whose titles have them all (`index 390`);
 * with no second folder, which has to be empty or new, only the README's `docs/site.png` is made.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { checkVacant, makeFolder } from '../pipeline/disk.ts'
import { launch } from './browser.ts'
import { serve } from './serve.ts'

/** How a page is looked at: the options of the browser's context, and a name for the pictures. */
const views = [
  ...[320, 390, 820, 1280].flatMap((width) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${width} ${colorScheme}`,
      options: { colorScheme, viewport: { width, height: width < 820 ? 844 : 1000 } },
    })),
  ),
  { name: 'lying phone', options: { viewport: { width: 844, height: 390 } } },
  { name: 'forced colours', options: { forcedColors: 'active', viewport: { width: 820, height: 1000 } } },
] as const

/** States of the laboratory, as the queries of its address. */
const laboratory = {
  first: '',
  'other epoch': '?epoch=0',
  'other layer': '?layer=0',
  dropout: '?condition=dropout&pass=fresh',
  'batch norm': '?condition=batch-norm-before',
  'own composition': '?a=draw.64.1.0-30.above&b=draw.64.1.0-30.below',
  'all beside': '?beside=all',
  'broken link': '?epoch=never&a=nothing',
}

/**
 * Every page, each of its figures, its players open and the laboratory's states in every view, and every page
 * as it is printed: pictures in a folder, `index.html` there as the contact sheet. What is wider than the
 * window is told there, and here by the exit code.
 */
async function everyView(target: string): Promise<void> {
  await checkVacant(target)
  makeFolder(target)
  const pages = (await readdir(site)).filter((file) => file.endsWith('.html'))
  const rows: string[] = []
  for (const { name, options } of views) {
    const view = await browser.newPage({ ...options, reducedMotion: 'reduce' })
    for (const page of pages) {
      const states = page === 'lab.html' ? Object.entries(laboratory) : [['', '']]
      for (const [state, query] of states) {
        const title = [page.replace('.html', ''), state, name].filter(Boolean).join(' ')
        if (!wanted.every((word) => title.includes(word))) continue
        await view.goto(`${server.url}${page}${query}`)
        if (page === 'lab.html') await view.locator('#lab[aria-busy="false"]').waitFor({ timeout: 120_000 })
        const { beyond, length } = await view.evaluate(() => ({
          // The window's width less the room of a scroll bar.
          beyond:
            document.documentElement.scrollWidth - Math.round(document.body.getBoundingClientRect().right),
          length: document.documentElement.scrollHeight,
        }))
        if (beyond > 0) process.exitCode = 1
        const told = beyond > 0 ? `${title}: ${beyond} px wider than the window` : title
        console.log(`${told} (${length} px long)`)
        rows.push(row(told, await pictures(view, target, title.replaceAll(' ', '-'))))
      }
    }
    await view.close()
  }
  const paper = await browser.newPage()
  for (const page of pages) {
    if (!wanted.every((word) => `${page} printed`.includes(word))) continue
    await paper.goto(server.url + page)
    const file = page.replace('.html', '.pdf')
    const margin = { top: '18mm', bottom: '18mm', left: '20mm', right: '20mm' }
    await paper.pdf({ path: join(target, file), format: 'A4', margin })
    rows.push(`<h2><a href="${file}">${page}, printed</a></h2>`)
  }
  const look = 'body{font:14px sans-serif}div{display:flex;flex-wrap:wrap;gap:8px}img{max-width:420px}'
  const sheet = `<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>${look}</style>`
  await writeFile(join(target, 'index.html'), sheet + rows.join('\n'))
}

const row = (title: string, files: readonly string[]): string =>
  `<h2>${title}</h2><div>${files.map((file) => `<img loading="lazy" src="${file}" alt="${file}">`).join('')}</div>`

/**
 * Pictures of the page's first screen and of its figures, those with a player also with it open; their names.
 */
async function pictures(view: Page, target: string, name: string): Promise<string[]> {
  const files = [`${name}.png`]
  await view.screenshot({ path: join(target, files[0]) })
  for (const figure of await view.locator('figure[id]').all()) {
    const file = `${name}-${await figure.getAttribute('id')}.png`
    await figure.screenshot({ path: join(target, file) })
    files.push(file)
    const play = figure.getByRole('button', { name: /^Play/ }).first()
    if ((await play.count()) === 0) continue
    await play.click()
    await view.waitForTimeout(300)
    await figure.screenshot({ path: join(target, `playing-${file}`) })
    files.push(`playing-${file}`)
    await figure
      .getByRole('button', { name: /^Pause/ })
      .first()
      .click({ timeout: 1000 })
      .catch(() => {})
  }
  return files
}

/** The top of the article, small enough for a repository. */
async function readmePicture(): Promise<void> {
  const view = await browser.newPage({ viewport: { width: 1440, height: 1180 } })
  await view.goto(server.url)
  const picture = await view.screenshot()
  await mkdir('docs', { recursive: true })
  await sharp(picture).resize(960).png({ palette: true, quality: 80, effort: 10 }).toFile('docs/site.png')
}

const [site = 'dist', folder, ...wanted] = process.argv.slice(2)
const server = await serve(site)
const browser = await launch()
try {
  if (folder) await everyView(folder)
  else await readmePicture()
} finally {
  await browser.close()
  await server.close()
}
