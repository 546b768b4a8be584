/**
 * The figures of the built page, and the laboratory as it opens, against pictures that a person has looked
 * at, in `tests/browser/approved`. They are of the smoke profile on the wasm engine, whose numbers are the
 * same on every machine, in the browser that npm has. At most one pixel in ten thousand may differ, where a
 * pixel differs by more than a tenth of the way from black to white and edges that are smoothed otherwise do
 * not count. APPROVE=1 puts the pictures as they are in place of the approved ones: look at them.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pixelmatch from 'pixelmatch'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { siteInBrowser } from './browser.ts'

const approved = join(import.meta.dirname, 'approved')
/** Where a picture that differs is put, with what differs in red. */
const different = join(tmpdir(), 'pictures-that-differ')
const tolerance = 1e-4

const visited = siteInBrowser()

interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
}

const pixelsOf = async (png: Buffer): Promise<Pixels> => {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

/** What differs between two pictures of one size, as a share of their pixels, and a picture of it. */
function difference(a: Pixels, b: Pixels): { readonly share: number; readonly picture: Sharp } {
  const { width, height } = a
  const output = Buffer.alloc(a.data.length)
  const count = pixelmatch(a.data, b.data, output, width, height, { threshold: 0.1 })
  return { share: count / (width * height), picture: sharp(output, { raw: { width, height, channels: 4 } }) }
}

/** Compares a picture with the approved one of its name, or puts it in its place. */
async function compare(name: string, taken: Buffer): Promise<void> {
  const file = join(approved, `${name}.png`)
  if (process.env.APPROVE) {
    await mkdir(approved, { recursive: true })
    await sharp(taken).png({ palette: true, colours: 64, effort: 10 }).toFile(file)
  }
  const known = await readFile(file).catch(() => undefined)
  if (!known) throw new Error(`There is no approved picture ${name}. APPROVE=1 makes it: look at it.`)
  const [now, before] = [await pixelsOf(taken), await pixelsOf(known)]
  const told = join(different, `${name}.png`)
  const size = ({ width, height }: Pixels) => `${width} by ${height}`
  const { share, picture } =
    size(now) === size(before) ? difference(now, before) : { share: 1, picture: sharp(taken) }
  if (share <= tolerance) return
  await mkdir(different, { recursive: true })
  await picture.png().toFile(told)
  const how =
    size(now) === size(before)
      ? `${(100 * share).toFixed(2)}% of its pixels differ`
      : `it is ${size(now)} pixels, not ${size(before)}`
  throw new Error(`${name} is not as approved: ${how}; see ${told}. If it is right, run this with APPROVE=1.`)
}

/** Opens a page as it is looked at here: without movement. */
async function look<T>(address: string, options: BrowserContextOptions, at: (page: Page) => Promise<T>) {
  const context = await visited.browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    // For the style that leaves a figure alone on the page.
    bypassCSP: true,
    ...options,
  })
  const page = await context.newPage()
  await page.goto(visited.url + address, { waitUntil: 'networkidle' })
  return at(page).finally(() => context.close())
}

/** A picture of a figure's drawing, without its words, alone on the page: so always at the same place. */
async function drawing(page: Page, figure: string): Promise<Buffer> {
  const alone = `body > *, main > * { display: none } main, main > #${figure} { display: block; margin: 0 }`
  const style = await page.addStyleTag({ content: alone })
  const picture = await page.locator(`#${figure} .picture`).screenshot()
  await style.evaluate((element) => (element as HTMLStyleElement).remove())
  return picture
}

const drawings = async (page: Page): Promise<Map<string, Buffer>> => {
  const taken = new Map<string, Buffer>()
  for (const { id } of await page.$$eval('figure[id]', (figures) => figures.map(({ id }) => ({ id }))))
    taken.set(id, await drawing(page, id))
  return taken
}

// In another browser letters and edges are drawn otherwise.
describe.skipIf(process.env.CHROME_PATH)('pictures', () => {
  test('the figures of the article are drawn as approved, and there is no other approved figure', async () => {
    const taken = await look('', {}, drawings)
    if (process.env.APPROVE) await rm(approved, { recursive: true, force: true })
    for (const [name, picture] of taken) await compare(name, picture)
    const known = (await readdir(approved)).filter((file) => file.startsWith('fig-'))
    expect(known.sort()).toEqual([...taken.keys()].map((name) => `${name}.png`).sort())
  })

  test.each([
    ['dark', { colorScheme: 'dark' }],
    ['forced', { forcedColors: 'active' }],
    ['phone', { viewport: { width: 390, height: 844 } }],
  ] as const)('the opening figure is as approved: %s', async (view, options) => {
    const picture = await look('', options, (page) => drawing(page, 'fig-hero'))
    await compare(`${view}-hero`, picture)
  })

  test.each([
    ['desk', {}],
    ['phone', { viewport: { width: 390, height: 844 } }],
  ] as const)('the laboratory opens as approved: %s', async (view, options) => {
    const picture = await look('lab.html', options, async (page) => {
      const sides: Locator = page.locator('.sides')
      await page.locator('#lab[aria-busy="false"]').waitFor({ timeout: 60_000 })
      return sides.screenshot()
    })
    await compare(`${view}-laboratory`, picture)
  })

  test('an arrow that is turned is noticed', async () => {
    await look('', {}, async (page) => {
      const before = await pixelsOf(await drawing(page, 'fig-hero'))
      await page.locator('#fig-hero .picture').evaluate((element) => {
        const arrow = [...element.querySelectorAll('path')].find((path) => path.getBBox().width > 5)
        const { x, y, width, height } = arrow?.getBBox() ?? { x: 0, y: 0, width: 0, height: 0 }
        arrow?.setAttribute('transform', `rotate(180 ${x + width / 2} ${y + height / 2})`)
      })
      const after = await pixelsOf(await drawing(page, 'fig-hero'))
      expect(difference(before, after).share).toBeGreaterThan(tolerance)
    })
  })
})
