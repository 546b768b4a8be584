import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import { serve } from '../../scripts/serve.ts'
import { siteInBrowser } from './browser.ts'

const site = inject('site')
const pages = (await readdir(site)).filter((file) => file.endsWith('.html'))

const visited = siteInBrowser()

/** Opens a page and looks at it; what it said on the console, and what it asked for, are noted. */
async function visit<T>(
  address: string,
  look: (page: Page, seen: { readonly complaints: string[]; readonly requests: string[] }) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  const context = await visited.browser.newContext(options)
  const page = await context.newPage()
  const seen = { complaints: [] as string[], requests: [] as string[] }
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text())
  })
  page.on('pageerror', (error) => seen.complaints.push(String(error)))
  page.on('request', (request) => seen.requests.push(request.url()))
  page.on('response', (response) => {
    if (response.status() >= 400) seen.complaints.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(address, { waitUntil: 'networkidle' })
  return look(page, seen).finally(() => context.close())
}

describe.each(pages)('%s', (file) => {
  test('opens without a complaint on the console, and asks nothing of another host', async () => {
    await visit(visited.url + file, async (_page, { complaints, requests }) => {
      expect(complaints).toEqual([])
      expect(
        requests.filter((request) => !request.startsWith(visited.url) && !request.startsWith('data:')),
      ).toEqual([])
    })
  })

  test.each(['light', 'dark'] as const)('has no barrier that axe can find, %s', async (colorScheme) => {
    await visit(
      visited.url + file,
      async (page) => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([])
      },
      { colorScheme },
    )
  })

  test('never scrolls sideways on a narrow phone', async () => {
    await visit(
      visited.url + file,
      async (page) => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
      },
      { viewport: { width: 360, height: 740 } },
    )
  })

  test('links only to places that are there', async () => {
    const targets = await visit(visited.url + file, (page) =>
      page.evaluate(() =>
        Array.from(document.querySelectorAll('a[href]'), (a) => (a as HTMLAnchorElement).href),
      ),
    )
    const here = targets.filter((target) => target.startsWith(visited.url)).map((target) => new URL(target))
    for (const { pathname, hash } of here) {
      const content = await readFile(join(site, pathname), 'utf8')
      if (hash) expect(content, `${pathname}${hash}`).toContain(`id="${decodeURIComponent(hash.slice(1))}"`)
    }
  })

  test('has one heading of the first level, and no level left out below it', async () => {
    const levels = await visit(visited.url + file, (page) =>
      page.evaluate(() =>
        Array.from(document.querySelectorAll('h1, h2, h3, h4'), ({ tagName }) => Number(tagName[1])),
      ),
    )
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    for (const [index, level] of levels.slice(1).entries())
      expect(level - levels[index]).toBeLessThanOrEqual(1)
  })
})

describe('the article', () => {
  const article = () => `${visited.url}index.html`

  test('shows every figure with a picture, words for it, and numbers to download', async () => {
    await visit(article(), async (page) => {
      const figures = await page.locator('figure').all()
      expect(figures.length).toBeGreaterThan(5)
      for (const figure of figures) {
        await figure.scrollIntoViewIfNeeded()
        const picture = figure.locator('.picture')
        const box = await picture.locator('svg.panel').last().boundingBox()
        expect(box?.width).toBeGreaterThan(20)
        expect(['img', 'group']).toContain(await picture.getAttribute('role'))
        expect((await picture.getAttribute('aria-label'))?.length).toBeGreaterThan(80)
        expect(await figure.locator('.finding').innerText()).toMatch(/^Figure (\d+|[A-Z])\. \S/)
        const data = await figure.getByRole('link', { name: /^Data/ }).getAttribute('href')
        expect((await readFile(join(site, data as string), 'utf8')).split('\n').length).toBeGreaterThan(3)
      }
    })
  })

  test('reads the same without JavaScript', async () => {
    const words = (page: Page) =>
      page.locator('main > p, main > h2, .finding, figcaption > p').allInnerTexts()
    const withScript = await visit(article(), words)
    const without = await visit(article(), words, { javaScriptEnabled: false })
    expect(without).toEqual(withScript)
    const panels = (page: Page) => page.locator('.picture svg path').count()
    expect(await visit(article(), panels, { javaScriptEnabled: false })).toBeGreaterThan(100)
  })

  test('loads at most 300 KB before anyone touches it', async () => {
    const sizes = await visit(article(), (page) =>
      page.evaluate(() =>
        [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(
          (entry) => (entry as PerformanceResourceTiming).transferSize,
        ),
      ),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(300_000)
  })

  test('leaves a second page only its own bytes to load', async () => {
    await visit(article(), async (page) => {
      await page.goto(`${visited.url}method.html`, { waitUntil: 'networkidle' })
      const loaded = await page.evaluate(() =>
        (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
          .filter(({ transferSize }) => transferSize > 0)
          .map(({ name }) => name),
      )
      expect(loaded).toEqual([])
    })
  })

  test('does not shift while it loads and while it is read', async () => {
    const shift = await visit(
      article(),
      async (page) => {
        const height = await page.evaluate(() => document.documentElement.scrollHeight)
        for (let y = 0; y < height; y += 700) await page.mouse.wheel(0, 700)
        await page.waitForTimeout(300)
        return page.evaluate(
          () =>
            new Promise<number>((resolve) => {
              new PerformanceObserver((list) => {
                const shifts = list.getEntries() as (PerformanceEntry & {
                  value: number
                  hadRecentInput: boolean
                })[]
                resolve(
                  shifts.filter((entry) => !entry.hadRecentInput).reduce((sum, { value }) => sum + value, 0),
                )
              }).observe({ type: 'layout-shift', buffered: true })
              setTimeout(() => resolve(0), 500)
            }),
        )
      },
      { viewport: { width: 390, height: 844 } },
    )
    expect(shift).toBeLessThan(0.01)
  })

  test('states each number as the provenance page has it', async () => {
    const quoted = await visit(article(), (page) =>
      page.evaluate(() =>
        Array.from(
          document.querySelectorAll<HTMLAnchorElement>('a.stat:not(.median, .verdict)'),
          ({ hash, textContent }) => ({ name: hash.slice(1), text: textContent }),
        ),
      ),
    )
    const rows = await visit(`${visited.url}provenance.html`, (page) =>
      page.evaluate(() =>
        Object.fromEntries(
          Array.from(document.querySelectorAll('tr[id]'), (row) => [row.id, row.children[1].textContent]),
        ),
      ),
    )
    expect(quoted.length).toBeGreaterThan(50)
    for (const { name, text } of quoted) {
      const exact = Number.parseFloat(rows[name] ?? '')
      if (Number.isNaN(exact)) continue
      const [, digits, power = '0', percent] =
        /^([-\d,.]+)(?: × 10([-\d]+))?( ?%)?/.exec(text.replaceAll('−', '-').replaceAll('\u00a0', ' ')) ?? []
      const scale = 10 ** (Number(power) - (percent ? 2 : 0))
      const decimals = digits?.split('.')[1]?.length ?? 0
      const stated = Number(digits?.replaceAll(',', '')) * scale
      expect(Math.abs(stated - exact), `${name}: ${text}`).toBeLessThanOrEqual(
        0.5001 * scale * 10 ** -decimals,
      )
    }
  })

  test('says that a smoke run is not the published one', async () => {
    expect(
      await visit(article(), (page) =>
        page.locator('.notice', { hasText: 'Not the published results' }).innerText(),
      ),
    ).toContain('“smoke”')
  })

  test('lets a keyboard skip to the text first', async () => {
    await visit(article(), async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the text')
      await page.keyboard.press('Enter')
      await expect.poll(() => new URL(page.url()).hash).toBe('#text')
    })
  })

  test('works from a folder below the root of a host', async () => {
    const root = await mkdtemp(join(tmpdir(), 'site-below-'))
    await symlink(site, join(root, 'below'))
    const host = await serve(root)
    await visit(`${host.url}below/index.html`, async (page, { complaints }) => {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Method' }).click()
      await page.waitForURL('**/below/method.html')
      expect(complaints).toEqual([])
    }).finally(async () => {
      await host.close()
      await rm(root, { recursive: true })
    })
  })
})
