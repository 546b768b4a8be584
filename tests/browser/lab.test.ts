import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import { siteInBrowser } from './browser.ts'

const visited = siteInBrowser()

/** Opens the laboratory, waits for its first measurement, and looks at it; fails if the page complained. */
async function visit<T>(
  query: string,
  look: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  const context = await visited.browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  try {
    await page.goto(`${visited.url}lab.html${query}`)
    if (options.javaScriptEnabled !== false) await settled(page)
    const seen = await look(page)
    expect(complaints).toEqual([])
    return seen
  } finally {
    await context.close()
  }
}

const part = (page: Page, name: string) => page.locator(`[data-part="${name}"]`)
const words = async (page: Page, name: string) => (await part(page, name).textContent()) ?? ''

/** Waits until nothing is being measured and the address says what is shown. */
async function settled(page: Page): Promise<void> {
  await page.locator('#lab[aria-busy="false"]').waitFor({ timeout: 30_000 })
  await page.waitForTimeout(200)
  await page.locator('#lab[aria-busy="false"]').waitFor({ timeout: 30_000 })
}

/** The arrows of a landscape, by colour. */
const arrows = (page: Page, side: string) =>
  part(page, `panel-${side}`)
    .locator('path.agree, path.opposed')
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')))

const query = (page: Page) => decodeURIComponent(new URL(page.url()).search)

/** Does something to the page, and tells what it did to the two landscapes and the address. */
async function effect(page: Page, act: () => Promise<unknown>) {
  const before = { a: await arrows(page, 'a'), b: await arrows(page, 'b') }
  await act()
  await settled(page)
  expect(await words(page, 'problem')).toBe('')
  const after = { a: await arrows(page, 'a'), b: await arrows(page, 'b') }
  const changed = (['a', 'b'] as const).filter((side) => String(before[side]) !== String(after[side]))
  return { changed: changed.join(''), query: query(page) }
}

const set = async (page: Page, name: string, value: string) => {
  const control = page.locator(`[name="${name}"]`)
  if ((await control.evaluate((element) => element.tagName)) === 'SELECT') await control.selectOption(value)
  else {
    await control.fill(value)
    await control.press('Tab')
  }
}

describe('the laboratory', () => {
  test('draws, from its own calculation, the very arrows that the build drew', async () => {
    const built = await visit('', async (page) => [await arrows(page, 'a'), await arrows(page, 'b')], {
      javaScriptEnabled: false,
    })
    const here = await visit('', async (page) => [await arrows(page, 'a'), await arrows(page, 'b')])
    expect(here).toEqual(built)
    expect(here.flat().join('').length).toBeGreaterThan(2000)
  })

  test('says the same with and without JavaScript, and offers no control that would do nothing', async () => {
    const said = (page: Page) =>
      Promise.all([words(page, 'answer'), words(page, 'evidence'), words(page, 'description-a')])
    const without = await visit(
      '',
      async (page) => {
        expect(await page.locator('button:visible, select:visible, input:visible').count()).toBe(0)
        return said(page)
      },
      { javaScriptEnabled: false },
    )
    expect(await visit('', said)).toEqual(without)
  })

  test('measures how its field agrees with the article’s: to the last bit, until the network is another', async () => {
    await visit('', async (page) => {
      await page.locator('[data-action="compare"]').click()
      await part(page, 'badge').getByText('just now').waitFor()
      expect(await words(page, 'badge')).toContain('to the last bit')
      await set(page, 'epoch', '0')
      expect(await words(page, 'badge')).toBe('')
    })
  })

  test('follows every control', { timeout: 240_000 }, async () => {
    await visit('', async (page) => {
      await page.locator('.settings summary').click()
      // Which of the two landscapes must change; the other may, since its arrows are coloured by comparison.
      const cases: [name: string, value: string, must: string, query: string][] = [
        ['epoch', '0', 'ab', 'epoch=0'],
        ['layer', '1', 'ab', 'layer=1'],
        ['x-kind', 'weight', 'ab', 'x=weight.'],
        ['x-input', '5', '', '.5'],
        ['y-unit', '7', '', 'y=bias.7'],
        ['x-steps', '3', 'ab', 'grid=3x0.02,10x0.01'],
        ['y-step', '0.02', 'ab', 'grid=3x0.02,10x0.02'],
        ['layer', '0', 'ab', 'layer=0'],
        ['layer', '2', 'ab', 'grid=3x0.02'],
        ['epoch', '10', 'ab', '?grid='],
        ['a-number', '3', '', 'a=published.3'],
        ['b-from', 'draw', 'b', 'b=draw.64.2.0-'],
        ['b-size', '40', 'b', 'b=draw.40.2.'],
        ['b-most', '20', '', '.0-20.any'],
        ['b-least', '10', '', '.10-20.any'],
        ['b-seed', '5', '', 'b=draw.40.5.'],
        ['b-residual', 'below', '', '.below'],
        ['beside', 'difference', '', 'beside=difference'],
        ['beside', 'all', '', 'beside=all'],
        ['condition', 'dropout', 'ab', 'condition=dropout'],
        ['pass', 'evaluation', 'ab', 'pass=evaluation'],
        ['condition', 'batch-norm-before', 'ab', 'condition=batch-norm-before'],
      ]
      for (const [name, value, must, expected] of cases) {
        const { changed, query } = await effect(page, () => set(page, name, value))
        expect({ name, value, query }).toEqual({ name, value, query: expect.stringContaining(expected) })
        expect({ name, value, changed: [...must].filter((side) => changed.includes(side)).join('') }).toEqual(
          {
            name,
            value,
            changed: must,
          },
        )
      }
      expect(await words(page, 'evidence')).toContain('training examples')
      expect(await part(page, 'third').isVisible()).toBe(true)
      expect(await words(page, 'parts-a')).toBe('What each example adds is shown for biases and weights.')
      const redrawn = await effect(page, () => page.locator('[data-action="redraw-b"]').click())
      expect(redrawn.query).toContain('b=draw.40.6.')
    })
  })

  test('draws fresh masks at every point, and others when asked', { timeout: 120_000 }, async () => {
    const small = '?condition=dropout&grid=2x0.02,2x0.02&a=draw.8.1.0-99.any&b=draw.8.2.0-99.any'
    await visit(small, async (page) => {
      const held = await arrows(page, 'a')
      const fresh = await effect(page, () => set(page, 'pass', 'fresh'))
      expect(fresh.changed).toBe('ab')
      expect(await arrows(page, 'a')).not.toEqual(held)
      const others = await effect(page, () => page.locator('[data-action="masks"]').click())
      expect(others).toMatchObject({ changed: 'ab', query: expect.stringContaining('masks=2') })
    })
  })

  test('moves the parameters with the mouse, the keys and the sliders, and back', async () => {
    await visit('', async (page) => {
      const handle = part(page, 'panel-a').locator('.handle')
      await handle.scrollIntoViewIfNeeded()
      const box = (await handle.boundingBox())!
      const centre = [box.x + box.width / 2, box.y + box.height / 2]
      await page.mouse.move(centre[0], centre[1])
      await page.mouse.down()
      const frame = () => part(page, 'panel-a').locator('svg > g').first().textContent()
      const drawn = [await frame(), await arrows(page, 'a')]
      for (let i = 1; i <= 10; i++) await page.mouse.move(centre[0] + 4 * i, centre[1] - 2 * i)
      await page.mouse.up()
      await settled(page)
      expect([await frame(), await arrows(page, 'a')]).toEqual(drawn)
      const moved = new URLSearchParams(query(page)).get('moved')!.split(',').map(Number)
      expect(moved[0]).toBeGreaterThan(0)
      expect(moved[1]).toBeGreaterThan(0)
      expect(await page.locator('[name="moved-x"]').inputValue()).toBe(String(moved[0]))

      await handle.focus()
      await page.keyboard.press('Home')
      await settled(page)
      expect(query(page)).toBe('')
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('Shift+ArrowDown')
      await settled(page)
      expect(query(page)).toBe('?moved=-0.002,-0.01')
      expect(await handle.getAttribute('aria-valuetext')).toContain('x by -0.0020')

      await page.locator('[name="moved-y"]').focus()
      await page.keyboard.press('ArrowRight')
      await settled(page)
      expect(query(page)).toBe('?moved=-0.002,-0.009')
      await page.locator('[data-action="reset"]').click()
      await settled(page)
      expect(query(page)).toBe('')
    })
  })

  test('moves the parameters by touch, while the page stays where it is', async () => {
    await visit(
      '',
      async (page) => {
        const handle = part(page, 'panel-b').locator('.handle')
        await handle.scrollIntoViewIfNeeded()
        const box = (await handle.boundingBox())!
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
        const scrolled = await page.evaluate(() => scrollY)
        const devtools = await page.context().newCDPSession(page)
        const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', by: number) =>
          devtools.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: type === 'touchEnd' ? [] : [{ x: x + by, y: y + by }],
          })
        await touch('touchStart', 0)
        for (const by of [10, 20, 30]) await touch('touchMove', by)
        await touch('touchEnd', 30)
        await settled(page)
        const moved = new URLSearchParams(query(page)).get('moved')!.split(',').map(Number)
        expect(moved[0]).toBeGreaterThan(0)
        expect(moved[1]).toBeLessThan(0)
        expect(await page.evaluate(() => scrollY)).toBe(scrolled)
      },
      { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true },
    )
  })

  test('settles the reader’s question, and sends a link that shows it', async () => {
    const shown = await visit('', async (page) => {
      await page.getByRole('link', { name: 'few deliverers against many' }).click()
      await settled(page)
      expect(await words(page, 'exactness-a')).toContain('by more than')
      await page.locator('[data-action="link"]').click()
      await page.waitForFunction(
        () => document.querySelector('[data-part="taken"]')!.textContent === 'The link is copied.',
      )
      const link = await page.evaluate(() => navigator.clipboard.readText())
      return {
        link,
        answer: await words(page, 'answer'),
        evidence: await words(page, 'evidence'),
        a: await arrows(page, 'a'),
      }
    })
    expect(shown.answer).toMatch(/^(With each other|Unrelated|Against each other|Opposite|No direction)$/)
    const { search } = new URL(shown.link)
    expect(search).toContain('a=draw.')
    await visit(search, async (page) => {
      expect(await words(page, 'answer')).toBe(shown.answer)
      expect(await words(page, 'evidence')).toBe(shown.evidence)
      expect(await arrows(page, 'a')).toEqual(shown.a)
    })
  })

  test('takes single examples out of a minibatch, and shows a record', async () => {
    await visit('', async (page) => {
      await part(page, 'examples-a').locator('> summary').click()
      await part(page, 'table-a').locator('summary').click()
      const rows = part(page, 'table-a').locator('tbody tr')
      await rows.first().waitFor()
      expect(await rows.count()).toBe(64)
      await rows
        .first()
        .getByRole('button', { name: /^Show record/ })
        .click()
      await rows.first().getByText('Total Deliverers').waitFor()
      const out = await effect(page, () =>
        rows
          .first()
          .getByRole('button', { name: /^Take out record/ })
          .click(),
      )
      expect(out.query).toMatch(/^\?a=list(\.[\d-]+)+$/)
      expect(await rows.count()).toBe(63)
      expect(
        await rows
          .first()
          .locator('.out')
          .evaluate((button) => button === document.activeElement),
      ).toBe(true)
      const listed = (await page.locator('[name="a-records"]').inputValue()).split(', ')
      // Rows are sorted by deliverers.
      const still = await rows.nth(62).locator('th').textContent()
      await rows.nth(62).locator('.out').click()
      await settled(page)
      expect(
        await rows
          .last()
          .locator('.out')
          .evaluate((button) => button === document.activeElement),
      ).toBe(true)
      expect(await page.locator('[name="a-records"]').inputValue()).not.toContain(`${still},`)
      const two = await effect(page, () => set(page, 'a-records', listed.slice(0, 2).join(' ')))
      expect(two.query).toMatch(/^\?a=list(\.\d+){2}$/)
      expect(await words(page, 'description-a')).toMatch(/^2 deliveries/)
    })
  })

  test('gives the pictures and the numbers away', async () => {
    await visit('', async (page) => {
      const download = async (action: string) => {
        const [saved] = await Promise.all([
          page.waitForEvent('download'),
          page.locator(`[data-action="${action}"]`).click(),
        ])
        return { name: saved.suggestedFilename(), content: await readFile(await saved.path()) }
      }
      const svg = await download('svg')
      expect(svg.name).toMatch(/^landscape-none-10-layer2\.svg$/)
      expect(String(svg.content)).toContain('Minibatch A')
      expect(String(svg.content)).not.toContain('var(--')
      const [agree, opposed] = await arrows(page, 'a')
      expect(String(svg.content)).toContain(agree || opposed)
      const png = await download('png')
      expect(png.content.subarray(1, 4).toString()).toBe('PNG')
      expect(png.content.length).toBeGreaterThan(10_000)
      const csv = String((await download('csv')).content)
        .trim()
        .split('\n')
      const table = csv.filter((line) => !line.startsWith('# '))
      expect(table).toHaveLength(1 + 2 * 11 * 21)
      expect(table[0]).toBe('minibatch,x,y,gradient x,gradient y')
      // All that it takes to make them again, and nothing cut off.
      const account = csv.filter((line) => line.startsWith('# ')).join(' ')
      const said = String(svg.content)
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/\s+/g, ' ')
      for (const text of [
        'no regularizer, epoch 10',
        'published.1',
        'published.2',
        'bias of unit',
        'seed of the study',
      ])
        expect({ text, there: [account.includes(text), said.includes(text)] }).toEqual({
          text,
          there: [true, true],
        })
      expect(account).toContain(visited.url)
      expect(said).toContain('Lengths by square root')
    })
  })

  test('opens with what is right, and says so, when a link says what cannot be', async () => {
    await visit('?condition=dropuot&layer=1', async (page) => {
      expect(await words(page, 'problem')).toContain('condition=“dropuot”')
      expect(await page.locator('[name="condition"]').inputValue()).toBe('none')
      expect(await page.locator('[name="layer"]').inputValue()).toBe('1')
    })
  })

  test.each([
    ['a-number', '5000', 'a=published.5000', 'whole number from 1 to'],
    ['a-number', '', 'a=published.', 'not nothing'],
    ['b-records', '-5', 'b=list.-5', '“-5” is neither'],
  ])(
    'says of %s “%s” at the control what a link with %s is told, and keeps what is shown',
    async (name, typed, link, message) => {
      await visit('', async (page) => {
        if (name === 'b-records') await effect(page, () => set(page, 'b-from', 'list'))
        const before = { arrows: await arrows(page, 'a'), query: query(page) }
        await set(page, name, typed)
        await settled(page)
        expect(await words(page, 'wrong')).toContain(message)
        expect(await page.locator(`[name="${name}"]`).getAttribute('aria-invalid')).toBe('true')
        expect({ arrows: await arrows(page, 'a'), query: query(page) }).toEqual(before)
        const said = await words(page, 'wrong')
        await page.goto(`${visited.url}lab.html?${link}`)
        await settled(page)
        expect(await words(page, 'problem')).toContain(said)
      })
    },
  )

  test('does not grow wider for a long value in the address', async () => {
    await visit(
      `?a=${'x'.repeat(3000)}`,
      async (page) => {
        expect(await words(page, 'problem')).toContain('The link has a=')
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0)
      },
      { viewport: { width: 320, height: 700 } },
    )
  })

  test('goes back step by step', async () => {
    await visit('', async (page) => {
      const first = await arrows(page, 'a')
      await effect(page, () => set(page, 'a-number', '3'))
      await effect(page, () => set(page, 'epoch', '0'))
      expect(query(page)).toContain('epoch=0')
      await page.goBack()
      await settled(page)
      expect(query(page)).toBe('?a=published.3')
      expect(await page.locator('[name="epoch"]').inputValue()).toBe('10')
      await page.goBack()
      await settled(page)
      expect(query(page)).toBe('')
      expect(await arrows(page, 'a')).toEqual(first)
    })
  })

  test('marks what it shows as old while it measures, and takes it away when that fails', async () => {
    const context = await visited.browser.newContext()
    const page = await context.newPage()
    try {
      await page.goto(`${visited.url}lab.html`)
      await settled(page)
      let answer: (() => void) | undefined
      await page.route('**/network.safetensors', async (route) => {
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        await route.abort()
      })
      await set(page, 'layer', '0')
      await page.locator('#lab[data-old]').waitFor()
      await page.locator('.old').waitFor()
      await expect.poll(() => answer).toBeDefined()
      answer?.()
      await part(page, 'answer').getByText('Not measured').waitFor()
      expect(await words(page, 'problem')).toContain('could not be loaded: the server does not answer')
      expect(await words(page, 'evidence')).toBe('')
      expect((await arrows(page, 'a')).join('')).toBe('')
      await page.locator('[data-action="csv"]').click()
      await part(page, 'taken').getByText('nothing measured').waitFor()
      expect(await page.locator('#lab[data-old]').count()).toBe(0)
    } finally {
      await context.close()
    }
  })

  test.each(['from a file', 'without Worker'])('opened %s, says why it does not calculate', async (how) => {
    const page = await visited.browser.newPage()
    try {
      if (how === 'without Worker') await page.addInitScript('delete globalThis.Worker')
      await page.goto(
        how === 'from a file'
          ? pathToFileURL(join(inject('site'), 'lab.html')).href
          : `${visited.url}lab.html`,
      )
      const why = page.locator(how === 'from a file' ? '[data-why="file"]' : '[data-why="worker"]')
      expect(await why.isVisible()).toBe(true)
      expect(await page.locator('button:visible, select:visible, input:visible').count()).toBe(0)
      expect((await arrows(page, 'a')).join('').length).toBeGreaterThan(1000)
    } finally {
      await page.close()
    }
  })

  test('walks the small network again in another order', async () => {
    await visit('', async (page) => {
      const section = page.locator('#walks')
      await section.scrollIntoViewIfNeeded()
      await part(page, 'walk-words').getByText('in 2 orders').waitFor()
      await page.getByRole('button', { name: 'Shuffle and walk again' }).click()
      await part(page, 'walk-words').getByText('in 3 orders').waitFor()
      expect(await part(page, 'walk-picture').locator('svg circle').count()).toBe(4)
      await page.locator('[name="walk-shuffled"]').selectOption('minibatches')
      await part(page, 'walk-words').getByText('in 2 orders').waitFor()
      await page.locator('[name="walk-start"]').focus()
      await page.keyboard.press('Home')
      expect(await words(page, 'walk-epochs')).toBe('0')
    })
  })

  test.each(['light', 'dark'] as const)(
    'has no barrier that axe can find with everything open, %s',
    async (colorScheme) => {
      await visit(
        '?beside=all',
        async (page) => {
          for (const details of await page.locator('.lab details').all())
            await details.evaluate((element: HTMLDetailsElement) => {
              element.open = true
            })
          await page.locator('#walks').scrollIntoViewIfNeeded()
          await part(page, 'walk-words').getByText('orders').waitFor()
          const { violations } = await new AxeBuilder({ page }).analyze()
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([])
        },
        { colorScheme },
      )
    },
  )
})
