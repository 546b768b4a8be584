import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, inject } from 'vitest'
import { launch, whyNoBrowser } from '../../scripts/browser.ts'
import { serve } from '../../scripts/serve.ts'

/**
 * A browser and a server of the site, for the tests of one file, which are left out where there is no
 * browser.
 */
export function siteInBrowser(): { readonly browser: Browser; readonly url: string } {
  let browser: Browser | undefined
  let server: Awaited<ReturnType<typeof serve>> | undefined
  beforeAll(async () => {
    if (whyNoBrowser) return
    server = await serve(inject('site'))
    browser = await launch()
  })
  beforeEach(({ skip }) => skip(whyNoBrowser !== undefined, whyNoBrowser))
  // What could not be started has no end, whose failure would hide why.
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('The browser is there only while the tests run.')
    return part
  }
  return {
    get browser() {
      return started(browser)
    },
    get url() {
      return started(server).url
    },
  }
}
