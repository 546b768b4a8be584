import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import lighthouse from 'lighthouse'
import { chromium } from 'playwright-core'
import { browserOptions } from '../../scripts/browser.ts'
import { serve } from '../../scripts/serve.ts'
import { atLeast, atMost, type Line, spread } from '../measure.ts'
import type { Part } from '../part.ts'

const categories = ['performance', 'accessibility', 'best-practices', 'seo']

/**
 * What the article's page loads before a reader does anything, and what Lighthouse says of it. Of the site
 * that the part `build` made just before, or else of dist.
 */
export const page: Part = async (bench) => {
  const folder = [join(bench.scratch, 'site'), join(bench.root, 'dist')].find(existsSync)
  if (!folder)
    throw new Error('There is no site to look at. Run `npm run build`, or the part build of the benchmark.')
  const server = await serve(folder)
  const port = await freePort()
  const options = await browserOptions()
  const browser = await chromium.launch({
    ...options,
    args: [...options.args, `--remote-debugging-port=${port}`],
  })
  try {
    const { bytes, foreign } = await load(await browser.newPage(), server.url)
    const scores: { [category: string]: number[] } = Object.fromEntries(categories.map((name) => [name, []]))
    const shifts: number[] = []
    for (let repeat = 0; repeat < 3; repeat++) {
      const report = await lighthouse(server.url, { port, onlyCategories: categories, logLevel: 'silent' })
      for (const name of categories) scores[name].push(100 * (report!.lhr.categories[name].score ?? 0))
      shifts.push(report!.lhr.audits['cumulative-layout-shift'].numericValue ?? 0)
    }
    const line = (
      what: string,
      unit: string,
      samples: number[],
      budget: (s: ReturnType<typeof spread>) => Line['budget'],
    ) => ({
      part: 'page',
      what,
      unit,
      spread: spread(samples),
      budget: budget(spread(samples)),
    })
    return [
      line('all that the article loads before interaction, compressed', 'KB', [bytes / 1000], (s) =>
        atMost(300, 'KB', s),
      ),
      line('requests to other hosts', '', [foreign], (s) => atMost(0, '', s)),
      line('layout shift', '', shifts, (s) => atMost(0, '', s)),
      ...categories.map((name) =>
        line(`Lighthouse, phone: ${name}`, '', scores[name], (s) => atLeast(100, '', s)),
      ),
    ]
  } finally {
    await browser.close()
    await server.close()
  }
}

async function load(
  page: import('playwright-core').Page,
  url: string,
): Promise<{ bytes: number; foreign: number }> {
  const session = await page.context().newCDPSession(page)
  let [bytes, foreign] = [0, 0]
  // Faces that lie in the page as data are part of it, and no loads of their own.
  const loads = new Set<string>()
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.url.startsWith('data:')) loads.add(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (loads.has(requestId)) bytes += encodedDataLength
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign++
  })
  await session.send('Network.enable')
  await page.goto(url, { waitUntil: 'networkidle' })
  await page.close()
  return { bytes, foreign }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
