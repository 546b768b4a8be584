import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import { cell, cellsSize, cornerOf } from '../../src/drawing/cells.ts'
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
    const player = figure.locator('.player')
    await player.locator('input[type=range]').first().waitFor()
    await use({ figure, player, page })
  } finally {
    await context.close()
  }
}

/** Opens the player of a figure and uses it once its landscapes are there. */
const play: typeof visit = (use, options) =>
  visit(async (found) => {
    await part(found.player, 'enlarge').click()
    await expect.poll(() => reading(found.player)).toMatch(/^Gradient \(|^The landscapes could not/)
    await use(found)
  }, options)

const part = (player: Locator, name: string) => player.locator(`[data-part=${name}]`)
const place = (player: Locator) => part(player, 'place').textContent()
const reading = (player: Locator) => part(player, 'reading').first().textContent()
/** The number of the cell that is outlined as chosen, in each picture. */
const chosen = (pictures: Locator) =>
  pictures.evaluateAll((all) =>
    all.map((picture) => Number(picture.querySelector<SVGElement>('.chosen')?.dataset.minibatch ?? 0)),
  )

/** Where in a picture of small panels the one with this number lies, in its pixels. */
async function inCell(picture: Locator, number: number) {
  const box = await picture.boundingBox()
  const count = Number(await picture.getAttribute('data-count'))
  const [x, y] = cornerOf(number - 1, count)
  const pixel = (box?.width ?? 0) / cellsSize(count)[0]
  return { x: (x + cell.size / 2) * pixel, y: (y + cell.size / 2) * pixel }
}

describe('a player', () => {
  test('starts still, on the first minibatch, and steps back and forward', async () => {
    await play(async ({ player, page }) => {
      await page.waitForTimeout(700)
      expect(await place(player)).toMatch(/^Minibatch 1 of /)
      await part(player, 'forward').click()
      expect(await place(player)).toMatch(/^Minibatch 2 of /)
      await part(player, 'back').click()
      await part(player, 'back').click()
      expect(await place(player)).toMatch(/^Minibatch 1 of /)
    })
  })

  test('starts on the minibatch that its figure names', async () => {
    const named = async (page: Page) =>
      page.route(visited.url, async (route) => {
        const response = await route.fetch()
        const text = await response.text()
        await route.fulfill({ response, body: text.replaceAll('data-minibatch="1"', 'data-minibatch="5"') })
      })
    await play(async ({ player }) => expect(await place(player)).toMatch(/^Minibatch 5 of /), {
      before: named,
    })
  })

  test('plays at once when asked, large, and pauses when asked', async () => {
    await visit(async ({ player, page }) => {
      await part(player, 'speed').selectOption('1')
      await player.getByRole('button', { name: 'Play', exact: true }).click()
      expect(await place(player)).toMatch(/^Minibatch [234] of /)
      expect(await part(player, 'stage').isVisible()).toBe(true)
      await player.getByRole('button', { name: 'Pause' }).click()
      const stopped = await place(player)
      await page.waitForTimeout(1300)
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
      expect(await place(player)).toBe(`Minibatch ${last} of ${last}`)
      // Slowly, so that it is still at the beginning when it is looked at.
      await part(player, 'speed').selectOption('1')
      await part(player, 'play').click()
      expect(await place(player)).toMatch(/^Minibatch [123] of /)
    })
  })

  test('pauses when it is closed, out of sight, or a minibatch is chosen elsewhere', async () => {
    await play(async ({ player, page, figure }) => {
      const word = () => part(player, 'play').innerText()
      const cells = figure.locator('.many').first()
      await part(player, 'speed').selectOption('1')
      for (const leave of [
        () => part(player, 'enlarge').click(),
        () => page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' })),
        async () => cells.click({ position: await inCell(cells, 7) }),
      ]) {
        await player.getByRole('button', { name: 'Play', exact: true }).click()
        expect(await word()).toBe('Pause')
        await leave()
        await expect.poll(word).toBe('Play')
      }
      expect(await place(player)).toMatch(/^Minibatch 7 of /)
    })
  })

  test('is scrubbed with its slider', async () => {
    await play(async ({ player }) => {
      await part(player, 'range').fill('6')
      expect(await place(player)).toMatch(/^Minibatch 6 of /)
      expect(await part(player, 'range').getAttribute('aria-valuetext')).toMatch(/^Minibatch 6 of /)
    })
  })

  test('obeys arrow keys, Home, End and space, and says where it is', async () => {
    await play(async ({ player, page }) => {
      const says = () => part(player, 'status').textContent()
      await part(player, 'range').focus()
      await page.keyboard.press('End')
      expect(await place(player)).toMatch(/^Minibatch (\d+) of \1$/)
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('ArrowLeft')
      expect(await place(player)).toMatch(/^Minibatch 2 of /)
      expect(await says()).toMatch(
        /^Minibatch 2 of \d+\. Hidden layer 1: gradient \(.+; cosine .+ to the mean\. Hidden layer 2: /,
      )
      await page.keyboard.press('Space')
      expect(await part(player, 'play').innerText()).toBe('Pause')
      expect(await says()).toBe('')
      await page.keyboard.press('Space')
      expect(await part(player, 'play').innerText()).toBe('Play')
      expect(await says()).toMatch(/^Minibatch /)
    })
  })

  test('leaves the keys of its list of speeds and of its buttons to them', async () => {
    await play(async ({ player, page }) => {
      await part(player, 'speed').focus()
      await page.keyboard.press('End')
      expect(await place(player)).toMatch(/^Minibatch 1 of /)
      await part(player, 'forward').focus()
      await page.keyboard.press('Space')
      expect(await place(player)).toMatch(/^Minibatch 2 of /)
      expect(await part(player, 'play').innerText()).toBe('Play')
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
      expect(await figure.locator('.many').first().locator('.pinned').getAttribute('data-minibatch')).toBe(
        '1',
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
        await part(player, 'enlarge').click()
        await part(player, 'enlarge').click()
        await expect.poll(() => reading(player), { timeout: 10_000 }).toMatch(/^Gradient \(/)
      },
      { before: lost },
    )
  })

  test('works by touch on a phone, with controls of at least 44 pixels, and does not start by itself where motion is unwelcome', async () => {
    await play(
      async ({ player, page }) => {
        await page.waitForTimeout(1200)
        expect(await place(player)).toMatch(/^Minibatch 1 of /)
        expect(await part(player, 'speed').inputValue()).toBe('1')
        await part(player, 'forward').tap()
        expect(await place(player)).toMatch(/^Minibatch 2 of /)
        for (const control of await player.locator('button:visible, input:visible').all()) {
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

  test('leads to its own two parameters there, and says that they are in another precision', async () => {
    await play(
      async ({ player }) => {
        const link = part(player, 'lab')
        const { searchParams } = new URL((await link.getAttribute('href')) ?? '', visited.url)
        const axes = (await player.locator('svg.panel').first().textContent()) ?? ''
        const units = [...axes.matchAll(/bias of unit (\d+)/g)].map(([, unit]) => `bias.${unit}`)
        expect(units).toHaveLength(2)
        expect([searchParams.get('x'), searchParams.get('y')].sort()).toEqual(units.sort())
        expect(searchParams.get('condition')).toBe('batch-norm-before')
        expect(await link.locator('..').textContent()).toContain('there in double precision')
      },
      { figure: '#fig-batch-norm' },
    )
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
        await part(player, 'enlarge').click()
        const text = () => part(player, 'reading').textContent()
        await expect.poll(text).toMatch(/^At the start: R² −?\d/)
        const last = (await part(player, 'range').getAttribute('max')) as string
        await part(player, 'range').fill(last)
        expect(await text()).toMatch(
          new RegExp(`^After epoch ${last}: R² .+, mean absolute error .+ on the test data`),
        )
        await part(player, 'play').click()
        await expect.poll(() => place(player)).not.toBe(`Epoch ${last} of ${last}`)
        expect(await part(player, 'play').innerText()).toBe('Pause')
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
        await part(player, 'enlarge').click()
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
      await expect.poll(() => place(other.locator('.player'))).toMatch(/^Minibatch 4 of /)
      expect(await chosen(figure.locator('.many'))).toEqual([4, 4])
      expect(await chosen(other.locator('.many'))).toEqual([4, 4])
      expect(await other.locator('.rose path.chosen').first().getAttribute('d')).toMatch(/^M/)
    })
  })

  test('is announced by an event of the document', async () => {
    await visit(async ({ figure, page }) => {
      await page.evaluate(() => {
        document.addEventListener('minibatch-chosen', (event) => {
          document.documentElement.dataset.heard = JSON.stringify((event as CustomEvent).detail)
        })
      })
      const cells = figure.locator('.many').first()
      await cells.click({ position: await inCell(cells, 3) })
      expect(await page.evaluate(() => document.documentElement.dataset.heard)).toBe('{"minibatch":2}')
    })
  })

  test('is chosen on a small panel, which shows its number and opens the player', async () => {
    await visit(async ({ figure, player }) => {
      const pictures = figure.locator('.many')
      expect(await chosen(pictures)).toEqual([0, 0])
      const second = pictures.nth(1)
      await second.hover({ position: await inCell(second, 5) })
      expect(await second.locator('.hovered').textContent()).toBe('5')
      await second.click({ position: await inCell(second, 5) })
      expect(await chosen(pictures)).toEqual([5, 5])
      expect(await pictures.first().locator('.chosen').textContent()).toBe('5')
      expect(await part(player, 'stage').isVisible()).toBe(true)
    })
  })

  test('is chosen with the keyboard on the one slider of a figure, which says what it is', async () => {
    await visit(async ({ figure, page }) => {
      const slider = figure.getByRole('slider', { name: 'Minibatch' })
      await slider.focus()
      await page.keyboard.press('ArrowRight')
      expect(await chosen(figure.locator('.many'))).toEqual([2, 2])
      expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Minibatch 2 of \d+/)
      expect(await figure.locator('.picture [tabindex]').count()).toBe(0)
    })
  })

  test('is chosen on the compass by the nearest tip', async () => {
    await visit(async ({ figure, player }) => {
      const rose = figure.locator('.rose').first()
      await part(player, 'range').fill('3')
      const arrow = async () => {
        const path = (await rose.locator('.chosen').getAttribute('d')) ?? ''
        return (path.match(/-?\d*\.?\d+/g) ?? []).map(Number)
      }
      const [x, y, right, down] = await arrow()
      await part(player, 'range').fill('1')
      const pixel = ((await rose.boundingBox())?.width ?? 0) / 180
      await rose.click({ position: { x: (x + right) * pixel, y: (y + down) * pixel } })
      // Another arrow may end at the same pixel.
      const [, , otherRight, otherDown] = await arrow()
      expect(Math.hypot(otherRight - right, otherDown - down)).toBeLessThan(2)
    })
  })
})

describe('the arrows by epoch', () => {
  const first = { figure: 'figure.hero' }

  test('play at once, and count those that point the other way', async () => {
    await visit(async ({ figure, player, page }) => {
      const slider = part(player, 'range')
      await part(player, 'speed').selectOption('1')
      await slider.fill('0')
      expect(await part(figure, 'moment').textContent()).toBe('Before the first step')
      await part(player, 'play').click()
      expect(await place(player)).toMatch(/^Epoch [12] of /)
      await part(player, 'play').click()
      expect(await part(figure, 'moment').textContent()).toMatch(/^After epoch [1-4]$/)
      await slider.focus()
      await page.keyboard.press('End')
      expect(await place(player)).toMatch(/^Epoch (\d+) of \1$/)
      const [left, right] = await figure
        .locator('.now')
        .first()
        .evaluate((mark: SVGElement) => [mark.getAttribute('transform'), mark.dataset.to])
      expect(left).toBe(`translate(${right} 0)`)
    }, first)
  })

  test('are those that the figure offers for download, at every epoch', async () => {
    await visit(async ({ figure, player }) => {
      const address = (await figure.getByRole('link', { name: /^Data/ }).getAttribute('href')) ?? ''
      const [, ...lines] = (await readFile(join(site, address), 'utf8')).trim().split('\n')
      for (const [epoch, line] of lines.entries()) {
        const [number, , against, minibatches] = line.split(',').map(Number)
        expect(number).toBe(epoch)
        await part(player, 'range').fill(String(epoch))
        const arrows = async (role: string) =>
          ((await figure.locator(`.volley .${role}`).getAttribute('d')) ?? '').split('M').length - 1
        const heads = (await part(figure, 'against').textContent()) ?? ''
        expect(heads).toMatch(against === 0 ? /^all / : new RegExp(`^${against} of ${minibatches} `))
        expect((await arrows('agree')) + (await arrows('opposed'))).toBeGreaterThanOrEqual(minibatches)
      }
    }, first)
  })

  test('stand still without JavaScript', async () => {
    const context = await visited.browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(visited.url)
    expect(await page.locator('.volley path.agree').getAttribute('d')).toMatch(/^M/)
    expect(await page.locator('figure.hero .player').isVisible()).toBe(false)
    await context.close()
  })
})

describe('the article with all its players open', () => {
  test.each(['light', 'dark'] as const)('has no barrier that axe can find, %s', async (colorScheme) => {
    await play(
      async ({ page, player }) => {
        await part(player, 'pin').click()
        await part(player, 'forward').click()
        for (const figure of await page.locator('figure:has(.player)').all()) {
          await figure.scrollIntoViewIfNeeded()
          await figure.locator('input[type=range]').first().waitFor()
          const enlarge = figure.locator('[data-part=enlarge][aria-expanded=false]')
          if (await enlarge.count()) await enlarge.click()
        }
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([])
      },
      { colorScheme },
    )
  })

  test('has at most 2,500 elements besides mathematics before anyone touches it', async () => {
    const page = await visited.browser.newPage()
    await page.goto(visited.url, { waitUntil: 'networkidle' })
    const elements = await page.evaluate(
      () => document.querySelectorAll('*').length - document.querySelectorAll('math, math *').length,
    )
    await page.close()
    expect(elements).toBeLessThanOrEqual(2500)
  })

  test('shows a figure’s numbers as a table when asked', async () => {
    await visit(
      async ({ figure }) => {
        await figure.locator('[data-table] summary').click()
        await figure.locator('[data-table] table').waitFor()
        expect(await figure.locator('[data-table] th').allTextContents()).toContain('epoch')
      },
      { figure: 'figure.hero' },
    )
  })

  test('opened as a file says why its figures stand still, and leaves no hole for players', async () => {
    const page = await visited.browser.newPage()
    await page.goto(pathToFileURL(join(site, 'index.html')).href)
    expect(await page.locator('.only-from-file').isVisible()).toBe(true)
    expect(await page.locator('.player').first().isVisible()).toBe(false)
    await page.goto(visited.url)
    expect(await page.locator('.only-from-file').isVisible()).toBe(false)
    await page.close()
  })

  test('needs at most 60 KB of script', async () => {
    const context = await visited.browser.newContext()
    const page = await context.newPage()
    const bodies: Promise<Buffer>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') bodies.push(response.body())
    })
    await page.goto(visited.url)
    for (const player of await page.locator('figure .player').all()) {
      await player.scrollIntoViewIfNeeded()
      // A player's script has run once its slider is there; until then more of it may be on its way.
      await player.locator('input[type=range]').first().waitFor()
    }
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0)
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
