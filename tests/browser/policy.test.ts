import type { ElementHandle } from 'playwright-core'
import { expect, test } from 'vitest'
import { siteInBrowser } from './browser.ts'

const visited = siteInBrowser()

const controls = 'summary, button, select, input, [role="slider"], a[download], #lab a[href*="?"]'

/** Uses a control as a reader might: all that a list has, both ends of a slider, a click on the rest. */
async function use(control: HTMLElement): Promise<void> {
  const values =
    control instanceof HTMLSelectElement
      ? [...control.options].filter(({ disabled }) => !disabled).map(({ value }) => value)
      : control instanceof HTMLInputElement
        ? { range: [control.max, control.min], text: ['5'] }[control.type]
        : undefined
  if (!values) control.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
  for (const value of values ?? []) {
    Object.assign(control, { value })
    for (const event of ['input', 'change']) control.dispatchEvent(new Event(event, { bubbles: true }))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test.each(['index.html', 'lab.html'])(
  'whatever control of %s is used, nothing goes against the policy',
  { timeout: 240_000 },
  async (file) => {
    const context = await visited.browser.newContext({ permissions: ['clipboard-write'] })
    const page = await context.newPage()
    const against: string[] = []
    await page.exposeFunction('goesAgainst', (what: string) => void against.push(what))
    await page.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
        const { goesAgainst } = window as unknown as { goesAgainst(what: string): void }
        goesAgainst(`${effectiveDirective}: ${blockedURI} ${sample}`)
      }),
    )
    // Of workers, too, which have no such event.
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) against.push(message.text())
    })
    try {
      const response = await page.goto(visited.url + file, { waitUntil: 'networkidle' })
      expect(response?.headers()['content-security-policy']).toContain("frame-ancestors 'none'")
      // Before its first measurement the laboratory has controls that do nothing yet.
      if (file === 'lab.html') await page.locator('#lab[aria-busy="false"]').waitFor({ timeout: 60_000 })
      const used: string[] = []
      for (;;) {
        // Those that came by the use of others, too; of a table's rows one.
        const found = await page.evaluateHandle(
          ([controls, used]) =>
            [...document.querySelectorAll<HTMLElement>(controls)].find((one) => {
              const name = one.getAttribute('aria-label') ?? one.getAttribute('name') ?? one.textContent
              const place = one.closest('[id]')?.id
              one.dataset.called = `${place} ${one.tagName} ${name?.replace(/\d+/, '')}`
              return !used.includes(one.dataset.called) && one.checkVisibility() && !one.matches(':disabled')
            }),
          [controls, used] as const,
        )
        const control = found.asElement()
        if (!control) break
        used.push((await control.getAttribute('data-called')) ?? '')
        await (control as ElementHandle<HTMLElement>).evaluate(use)
      }
      expect(used.length).toBeGreaterThan(20)
      expect(against).toEqual([])
      // The guard itself: what the policy forbids is noticed.
      await page.evaluate(() => document.body.setAttribute('style', 'color: red'))
      await expect.poll(() => against.join()).toContain('style-src')
    } finally {
      await context.close()
    }
  },
)
