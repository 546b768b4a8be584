import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { siteInBrowser } from './browser.ts'

const visited = siteInBrowser()

/** Opens the article, and tells which pages are fetched meanwhile. */
async function read<T>(
  look: (page: Page, fetched: readonly string[]) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  const context = await visited.browser.newContext(options)
  const page = await context.newPage()
  const fetched: string[] = []
  await page.goto(`${visited.url}index.html`, { waitUntil: 'networkidle' })
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
  return look(page, fetched).finally(() => context.close())
}

const preview = (page: Page) => page.locator('#preview')
/** The name of what the link leads to. */
const placeOf = (page: Page, link: string) =>
  page
    .locator(link)
    .first()
    .evaluate((one) => (one as HTMLAnchorElement).hash.slice(1))

describe('a preview', () => {
  test('of a number has its exact value and where it comes from, fetched when it is pointed at', async () => {
    await read(async (page, fetched) => {
      const link = 'main a.stat:not(.median)'
      expect(fetched).toEqual([])
      await page.locator(link).first().hover()
      await preview(page).waitFor()
      expect(fetched).toEqual(['/provenance.html'])
      const name = await placeOf(page, link)
      const { [name]: statistic } = await page.evaluate(async () =>
        (await fetch('data/statistics.json')).json(),
      )
      const words = await preview(page).innerText()
      expect(words).toContain(name)
      expect(words).toContain(String(statistic.value))
      expect(words).toContain(statistic.from[0] ?? 'the protocol')
      await page.mouse.move(1, 1)
      await preview(page).waitFor({ state: 'hidden' })
    })
  })

  test.each([
    ['a claim', 'main p .claim-mark', 'dl'],
    ['an equation', 'main a.reference[href="#eq-sign"]', 'math'],
    ['a figure', 'main p a.reference[href^="#fig-"]', 'img'],
    ['a work', 'main [id^="citation-"] a', '.csl-entry'],
    ['a note', 'main p .note-mark', 'p'],
  ])('of %s shows it', async (_what, link, content) => {
    await read(async (page) => {
      await page.locator(link).first().hover()
      await preview(page).locator(content).first().waitFor()
      const image = preview(page).locator('img')
      if (await image.count())
        await expect
          .poll(() => image.evaluate((one) => (one as HTMLImageElement).naturalWidth))
          .toBeGreaterThan(100)
      expect(await preview(page).locator('[id]').count()).toBe(0)
    })
  })

  test('stays while the pointer is on it, and goes with Escape', async () => {
    await read(async (page) => {
      await page.locator('main [id^="citation-"] a').first().hover()
      await preview(page).hover()
      await page.waitForTimeout(500)
      expect(await preview(page).isVisible()).toBe(true)
      await page.keyboard.press('Escape')
      expect(await preview(page).isVisible()).toBe(false)
    })
  })

  test('opens with a tap, whose second one follows the link', async () => {
    await read(
      async (page) => {
        const link = page.locator('main p a.stat').first()
        await link.tap()
        await preview(page).waitFor()
        expect(await preview(page).getByRole('link', { name: 'Go there' }).count()).toBe(1)
        const { x = 0, width = 0 } = (await preview(page).boundingBox()) ?? {}
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x + width).toBeLessThanOrEqual(390)
        await link.tap()
        await page.waitForURL('**/provenance.html#*')
      },
      { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } },
    )
  })

  test('is reached by one tab stop a paragraph, and by arrow keys within it', async () => {
    await read(async (page) => {
      const paragraph = page.locator('main > p', { has: page.locator('a.stat >> nth=2') }).first()
      const inside = paragraph.locator('a[href*="#"]')
      await inside.first().scrollIntoViewIfNeeded()
      await page.keyboard.press('Tab')
      const stops = await inside.evaluateAll((all) => all.filter(({ tabIndex }) => tabIndex === 0).length)
      expect([await inside.count(), stops]).toEqual([expect.any(Number), 1])
      await inside.first().focus()
      await preview(page).waitFor()
      const first = await preview(page).innerText()
      await page.keyboard.press('ArrowRight')
      await expect.poll(() => preview(page).innerText()).not.toBe(first)
      expect(await inside.nth(1).evaluate((one) => one === document.activeElement)).toBe(true)
      expect(await inside.nth(1).getAttribute('aria-describedby')).toBe('preview')
      expect(await inside.nth(0).getAttribute('aria-describedby')).toBe(null)
    })
  })

  test.each(['light', 'dark'] as const)('has no barrier that axe can find, %s', async (colorScheme) => {
    await read(
      async (page) => {
        await page.locator('main a.stat').first().hover()
        await preview(page).waitFor()
        const { violations } = await new AxeBuilder({ page }).include('#preview').analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([])
      },
      { colorScheme },
    )
  })
})

test('nothing is said in a title attribute only', async () => {
  await read(async (page) => {
    expect(await page.locator('body [title]').count()).toBe(0)
  })
})
