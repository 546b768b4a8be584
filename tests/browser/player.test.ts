import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import { siteInBrowser } from './browser.ts'

const site = inject('site')

const visited = siteInBrowser()

interface Visit extends BrowserContextOptions {
  readonly figure?: string
  /** Prepares the page before it is opened. */
  readonly before?: (page: Page) => Promise<unknown>
}

/** Goes to a figure of the article, and uses it once it answers. */
async function visit(
  use: (found: { readonly figure: Locator; readonly player: Locator; readonly page: Page }) => Promise<void>,
  { figure: id = '#fig-none-10', before, ...options }: Visit = {},
): Promise<void> {
  const context = await visited.browser.newContext(options)
  const page = await context.newPage()
  try {
    await before?.(page)
    await page.goto(visited.url)
    const figure = page.locator(id)
    await figure.scrollIntoViewIfNeeded()
    const player = figure.locator('details')
    await player.locator('summary').waitFor()
    await use({ figure, player, page })
  } finally {
    await context.close()
  }
}

/** Opens the player of a figure and uses it once its landscapes are there. */
const play: typeof visit = (use, options) =>
  visit(async (found) => {
    await found.player.locator('summary').click()
    await expect.poll(() => reading(found.player)).toMatch(/^Gradient \(|^The landscapes could not/)
    await use(found)
  }, options)

const part = (player: Locator, name: string) => player.locator(`[data-part=${name}]`)
const place = (player: Locator) => part(player, 'place').textContent()
const reading = (player: Locator) => part(player, 'reading').first().textContent()
const chosen = (grids: Locator) =>
  grids.evaluateAll((all) =>
    all.map(
      (grid) => [...grid.children].findIndex((panel) => panel.getAttribute('aria-selected') === 'true') + 1,
    ),
  )

describe('a player', () => {
  test('starts still, on the first minibatch, and steps back and forward', async () => {
    await play(async ({ player, page }) => {
      await page.waitForTimeout(700)
      expect(await place(player)).toMatch(/^1 of /)
      await part(player, 'forward').click()
      expect(await place(player)).toMatch(/^2 of /)
      await part(player, 'back').click()
      await part(player, 'back').click()
      expect(await place(player)).toMatch(/^1 of /)
    })
  })

  test('starts on the minibatch that its figure names', async () => {
    const named = async (page: Page) =>
      page.route(visited.url, async (route) => {
        const response = await route.fetch()
        const text = await response.text()
        await route.fulfill({ response, body: text.replaceAll('data-minibatch="1"', 'data-minibatch="5"') })
      })
    await play(async ({ player }) => expect(await place(player)).toMatch(/^5 of /), { before: named })
  })

  test('plays when asked, pauses when asked', async () => {
    await play(async ({ player, page }) => {
      await part(player, 'speed').selectOption('8')
      await player.getByRole('button', { name: 'Play', exact: true }).click()
      await expect.poll(() => place(player), { timeout: 10_000 }).not.toMatch(/^1 of /)
      await player.getByRole('button', { name: 'Pause' }).click()
      const stopped = await place(player)
      await page.waitForTimeout(500)
      expect(await place(player)).toBe(stopped)
    })
  })

  test('stops at the last minibatch, and plays from the first again', async () => {
    await play(async ({ player }) => {
      const last = await part(player, 'range').getAttribute('max')
      await part(player, 'range').fill(String(Number(last) - 1))
      await part(player, 'speed').selectOption('8')
      await part(player, 'play').click()
      await player.getByRole('button', { name: 'Play', exact: true }).waitFor()
      expect(await place(player)).toBe(`${last} of ${last}`)
      await part(player, 'play').click()
      expect(await place(player)).toMatch(/^[123] of /)
    })
  })

  test('pauses when it is closed, out of sight, or a minibatch is chosen elsewhere', async () => {
    await play(async ({ player, page, figure }) => {
      const paused = () => part(player, 'play').getAttribute('aria-label')
      await part(player, 'speed').selectOption('1')
      for (const leave of [
        () => player.locator('summary').click(),
        () => page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' })),
        () => figure.locator('.many .panel').nth(6).click(),
      ]) {
        if (!(await player.evaluate((details: HTMLDetailsElement) => details.open)))
          await player.locator('summary').click()
        await player.getByRole('button', { name: 'Play', exact: true }).click()
        expect(await paused()).toBe('Pause')
        await leave()
        await expect.poll(paused).toBe('Play')
      }
      expect(await place(player)).toMatch(/^7 of /)
    })
  })

  test('is scrubbed with its slider', async () => {
    await play(async ({ player }) => {
      await part(player, 'range').fill('6')
      expect(await place(player)).toMatch(/^6 of /)
      expect(await part(player, 'range').getAttribute('aria-valuetext')).toMatch(/^Minibatch 6 of /)
    })
  })

  test('obeys arrow keys, Home, End and space, and says where it is', async () => {
    await play(async ({ player, page }) => {
      const says = () => part(player, 'status').textContent()
      await part(player, 'range').focus()
      await page.keyboard.press('End')
      expect(await place(player)).toMatch(/^(\d+) of \1$/)
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('ArrowLeft')
      expect(await place(player)).toMatch(/^2 of /)
      expect(await says()).toMatch(
        /^Minibatch 2 of \d+\. Hidden layer 1: gradient \(.+; cosine .+ to the mean\. Hidden layer 2: /,
      )
      await page.keyboard.press('Space')
      expect(await part(player, 'play').getAttribute('aria-label')).toBe('Pause')
      expect(await says()).toBe('')
      await page.keyboard.press('Space')
      expect(await part(player, 'play').getAttribute('aria-label')).toBe('Play')
      expect(await says()).toMatch(/^Minibatch /)
    })
  })

  test('leaves the keys of its list of speeds and of its buttons to them', async () => {
    await play(async ({ player, page }) => {
      await part(player, 'speed').focus()
      await page.keyboard.press('End')
      expect(await place(player)).toMatch(/^1 of /)
      await part(player, 'forward').focus()
      await page.keyboard.press('Space')
      expect(await place(player)).toMatch(/^2 of /)
      expect(await part(player, 'play').getAttribute('aria-label')).toBe('Play')
    })
  })

  test('pins a minibatch, draws it below the one shown, and gives their cosine', async () => {
    await play(async ({ player, figure }) => {
      const ghost = () => player.locator('.ghost').first().getAttribute('d')
      await part(player, 'pin').click()
      expect(await ghost()).toBe('')
      const first = await player
        .locator('[data-arrows]')
        .first()
        .locator('path')
        .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')))
      await part(player, 'forward').click()
      expect(await ghost()).toBe(first.join(''))
      expect(await reading(player)).toContain('to minibatch\u00a01')
      expect(await figure.locator('.many').first().locator('.pinned').getAttribute('aria-label')).toMatch(
        /^Minibatch 1\b/,
      )
      await player.getByRole('button', { name: 'Unpin minibatch 1' }).click()
      expect(await reading(player)).not.toContain('to minibatch')
      expect(await ghost()).toBe('')
    })
  })

  test.each(['#fig-none-10', '#fig-dropout-10', '#fig-batch-norm'])(
    'draws the field that %s offers for download',
    async (id) => {
      await play(
        async ({ player, figure }) => {
          const address = await figure.getByRole('link', { name: /^Data/ }).getAttribute('href')
          const [, ...lines] = (await readFile(join(site, address as string), 'utf8')).trim().split('\n')
          const rows = lines.map((line) => line.split(',').map(Number))
          for (const minibatch of [1, 4]) {
            await part(player, 'range').fill(String(minibatch))
            for (const layer of [1, 2]) {
              const all = rows.filter((row) => row[0] === layer)
              const longest = Math.max(...all.map((row) => Math.hypot(row[4], row[5])))
              const expected = all.filter((row) => row[1] === minibatch - 1)
              const svg = player.locator('svg.panel').nth(layer - 1)
              const drawn = await arrowsOf(svg)
              expect(drawn).toHaveLength(expected.length)
              const [centreX, centreY] = await svg
                .locator('circle')
                .evaluate((circle: SVGCircleElement) => [circle.cx.baseVal.value, circle.cy.baseVal.value])
              const [left, bottom] = [
                Math.min(...drawn.map(([x]) => x)),
                Math.max(...drawn.map(([, y]) => y)),
              ]
              const [least, lowest] = [
                Math.min(...expected.map((row) => row[2])),
                Math.min(...expected.map((row) => row[3])),
              ]
              for (const [, , x, y, right, up] of expected) {
                const [fromX, fromY] = [
                  centreX + ((left - centreX) * x) / least,
                  centreY + ((bottom - centreY) * y) / lowest,
                ]
                const arrow = drawn.find(([x, y]) => Math.hypot(x - fromX, y - fromY) < 0.3)
                const length = Math.hypot(right, up)
                const pixels = length === 0 ? 0 : (16 * Math.sqrt(length / longest)) / length
                // Coordinates are rounded to a tenth; an arrow below 0.3 is a dot.
                const tolerance = pixels * length < 0.35 ? 0.4 : 0.08
                expect(Math.abs((arrow?.[2] ?? Number.NaN) - right * pixels)).toBeLessThan(tolerance)
                expect(Math.abs((arrow?.[3] ?? Number.NaN) + up * pixels)).toBeLessThan(tolerance)
              }
            }
          }
        },
        { figure: id },
      )
    },
  )

  test('says what is wrong when the landscapes are not to be had, and tries again when opened again', async () => {
    const lost = (page: Page) => page.route('**/*.safetensors', (route) => route.fulfill({ status: 503 }))
    await play(
      async ({ player, page }) => {
        expect(await reading(player)).toMatch(/^The landscapes could not be loaded: the server answered 503 /)
        await page.unroute('**/*.safetensors')
        await player.locator('summary').click()
        await player.locator('summary').click()
        await expect.poll(() => reading(player), { timeout: 10_000 }).toMatch(/^Gradient \(/)
      },
      { before: lost },
    )
  })

  test('works by touch on a phone, with controls of at least 44 pixels, and does not start by itself where motion is unwelcome', async () => {
    await play(
      async ({ player, page }) => {
        await page.waitForTimeout(1200)
        expect(await place(player)).toMatch(/^1 of /)
        expect(await part(player, 'speed').inputValue()).toBe('1')
        await part(player, 'forward').tap()
        expect(await place(player)).toMatch(/^2 of /)
        for (const control of await player.locator('summary, button, select, input').all()) {
          const box = await control.boundingBox()
          expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
        }
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      },
      { viewport: { width: 390, height: 800 }, hasTouch: true, reducedMotion: 'reduce' },
    )
  })

  test('leads to the two minibatches in the laboratory', async () => {
    await play(async ({ player, page }) => {
      await part(player, 'range').fill('3')
      await part(player, 'pin').click()
      await part(player, 'range').fill('5')
      const readings = await reading(player)
      await part(player, 'lab').click()
      await page.locator('[name=a-number]').waitFor()
      await expect.poll(() => page.locator('[name=a-number]').inputValue()).toBe('5')
      expect(await page.locator('[name=b-number]').inputValue()).toBe('3')
      expect(readings).toContain('to minibatch\u00a03')
    })
  })

  test('is not there without JavaScript', async () => {
    const context = await visited.browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(visited.url)
    expect(await page.locator('.player').first().isVisible()).toBe(false)
    await context.close()
  })
})

describe('the film of training', () => {
  test('is scrubbed and played, and says how good the network is', async () => {
    await visit(
      async ({ player }) => {
        await player.locator('summary').click()
        const text = () => part(player, 'reading').textContent()
        await expect.poll(text).toMatch(/^At the start: R² −?\d/)
        const last = (await part(player, 'range').getAttribute('max')) as string
        await part(player, 'range').fill(last)
        expect(await text()).toMatch(
          new RegExp(`^After epoch ${last}: R² .+, mean absolute error .+ on the test data`),
        )
        await part(player, 'play').click()
        await expect.poll(() => place(player)).not.toBe(`${last} of ${last}`)
        expect(await part(player, 'play').getAttribute('aria-label')).toBe('Pause')
      },
      { figure: '#fig-film' },
    )
  })

  test('draws the predictions that its figure offers for download', async () => {
    await visit(
      async ({ player, figure }) => {
        const address = (await figure.getByRole('link', { name: /^Data/ }).getAttribute('href')) as string
        const [, ...lines] = (await readFile(join(site, address), 'utf8')).trim().split('\n')
        const rows = lines.map((line) => line.split(',').map(Number))
        await player.locator('summary').click()
        const dots = () => player.locator('[data-dots]').getAttribute('d')
        await expect.poll(dots).toMatch(/^M/)
        const most = Math.max(...rows.flat())
        const least = Math.min(0, ...rows.flat())
        const widest = Math.max(...rows.map(([actual, ...predicted]) => Math.max(actual, ...predicted)))
        expect(widest).toBe(most)
        for (const epoch of [0, 3]) {
          await part(player, 'range').fill(String(epoch))
          const drawn = ((await dots()) as string)
            .slice(1)
            .split('M')
            .map((dot) => (dot.match(/-?\d*\.?\d+/g) as string[]).map(Number))
          expect(drawn).toHaveLength(rows.length)
          for (const [n, row] of rows.entries()) {
            expect(drawn[n][0]).toBeCloseTo(62 + (364 * row[0]) / most, 0)
            expect(drawn[n][1]).toBeCloseTo(354 - (344 * (row[epoch + 1] - least)) / (most - least), 0)
          }
        }
      },
      { figure: '#fig-film' },
    )
  })
})

describe('the minibatch chosen', () => {
  test('in one player is the one of all figures: players, small panels, compass', async () => {
    await play(async ({ player, page, figure }) => {
      await part(player, 'range').fill('4')
      const other = page.locator('#fig-none-0')
      await other.scrollIntoViewIfNeeded()
      await other.locator('summary').click()
      expect(await place(other.locator('details'))).toMatch(/^4 of /)
      expect(await chosen(figure.locator('.many'))).toEqual([4, 4])
      expect(await chosen(other.locator('.many'))).toEqual([4, 4])
      const rose = other.locator('.compass .rose').first()
      await rose.waitFor()
      expect(await rose.getAttribute('aria-valuenow')).toBe('4')
    })
  })

  test('is announced by an event of the document', async () => {
    await visit(async ({ figure, page }) => {
      await page.evaluate(() => {
        document.addEventListener('minibatch-chosen', (event) => {
          document.documentElement.dataset.heard = JSON.stringify((event as CustomEvent).detail)
        })
      })
      await figure.locator('.many .panel').nth(2).click()
      expect(await page.evaluate(() => document.documentElement.dataset.heard)).toBe('{"minibatch":2}')
    })
  })

  test('is chosen on a small panel with the mouse, and with the keyboard', async () => {
    await visit(async ({ figure, page }) => {
      const grids = figure.locator('.many')
      expect(await chosen(grids)).toEqual([0, 0])
      await grids.nth(1).locator('.panel').nth(4).click()
      expect(await chosen(grids)).toEqual([5, 5])
      await figure.getByRole('listbox', { name: 'Minibatches in hidden layer 1' }).focus()
      await page.keyboard.press('ArrowLeft')
      expect(await chosen(grids)).toEqual([4, 4])
      const active = await grids.first().getAttribute('aria-activedescendant')
      expect(await page.locator(`#${active}`).getAttribute('aria-label')).toMatch(/^Minibatch 4\b/)
      await page.keyboard.press('Home')
      expect(await chosen(grids)).toEqual([1, 1])
    })
  })

  test('is chosen on the compass by the nearest tip, and with the keyboard', async () => {
    await visit(
      async ({ page, figure }) => {
        const rose = figure.locator('.rose').first()
        await rose.scrollIntoViewIfNeeded()
        await rose.focus()
        await page.keyboard.press('ArrowRight')
        await page.keyboard.press('ArrowUp')
        await page.keyboard.press('ArrowUp')
        expect(await chosen(figure.locator('.many'))).toEqual([3, 3])
        const path = (await rose.locator('path').last().getAttribute('d')) as string
        const [x, y, right, down] = (path.match(/-?\d*\.?\d+/g) as string[]).map(Number)
        await page.keyboard.press('Home')
        expect(await chosen(figure.locator('.many'))).toEqual([1, 1])
        const box = await rose.boundingBox()
        const pixel = (box?.width ?? 0) / 220
        await rose.click({ position: { x: (x + right) * pixel, y: (y + down) * pixel } })
        expect(await rose.locator('path').last().getAttribute('d')).toBe(path)
        expect(await rose.getAttribute('aria-valuetext')).toMatch(/^Minibatch 3, cosine .+ to the mean$/)
      },
      { figure: '#fig-none-10' },
    )
  })
})

describe('the article with all its players open', () => {
  test.each(['light', 'dark'] as const)('has no barrier that axe can find, %s', async (colorScheme) => {
    await play(
      async ({ page, player }) => {
        await part(player, 'pin').click()
        await part(player, 'forward').click()
        const figures = page.locator('figure[data-played]')
        for (const figure of await figures.all()) {
          await figure.scrollIntoViewIfNeeded()
          const summary = figure.locator('summary')
          if ((await summary.count()) > 0 && !(await figure.locator('details[open]').count()))
            await summary.click()
        }
        await page.locator('.rose').first().waitFor()
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([])
      },
      { colorScheme },
    )
  })

  test('needs at most 60 KB of script', async () => {
    const context = await visited.browser.newContext()
    const page = await context.newPage()
    let bytes = 0
    page.on('response', async (response) => {
      if (response.request().resourceType() === 'script') bytes += (await response.body()).length
    })
    await page.goto(visited.url, { waitUntil: 'networkidle' })
    for (const figure of await page.locator('figure').all()) await figure.scrollIntoViewIfNeeded()
    await page.waitForLoadState('networkidle')
    const inline = await page
      .locator('script:not([src])')
      .evaluateAll((all) => all.reduce((sum, script) => sum + (script.textContent?.length ?? 0), 0))
    await context.close()
    expect(bytes + inline).toBeGreaterThan(5000)
    expect(bytes + inline).toBeLessThanOrEqual(60_000)
  })
})

/** The arrows of a panel: where each starts and how far it reaches, to the right and down. */
async function arrowsOf(svg: Locator): Promise<number[][]> {
  const paths = await svg
    .locator('[data-arrows] path:not(.ghost)')
    .evaluateAll((all) => all.map((path) => path.getAttribute('d') as string))
  return paths
    .join('')
    .split('M')
    .slice(1)
    .map((arrow) => {
      const [x, y, right = 0, down = 0] = (arrow.match(/-?\d*\.?\d+/g) as string[]).map(Number)
      return [x, y, right, down]
    })
}
