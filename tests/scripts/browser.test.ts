import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { browserOptions, whyNoBrowser } from '../../scripts/browser.ts'

describe.skipIf(whyNoBrowser)(`the browser${whyNoBrowser ? ` (left out: ${whyNoBrowser})` : ''}`, () => {
  test('is unpacked once by three that start it at the same time, into the user’s folder and not the temporary one, and again when it is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'browser-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const module = JSON.stringify(new URL('../../scripts/browser.ts', import.meta.url).href)
    const script = `const browser = await (await import(${module})).launch(); console.log(browser.version()); await browser.close()`
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
    const { CHROME_PATH, ...environment } = process.env
    const env = { ...environment, MINIBATCH_COMPOSITION_CACHE: join(folder, 'own'), TMPDIR: folder }
    const started = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, args, { env })),
    )
    expect(started.map(({ stdout }) => stdout)).toEqual(Array(3).fill(expect.stringMatching(/^\d+\./)))
    expect(readdirSync(folder)).toEqual(['own'])

    const [kept] = readdirSync(join(folder, 'own')).filter((name) => !name.endsWith('.lock'))
    truncateSync(join(folder, 'own', String(kept), 'chromium'), 1000)
    expect((await promisify(execFile)(process.execPath, args, { env })).stdout).toMatch(/^\d+\./)
  })

  test('gives pages no more than a reader’s browser does', async () => {
    expect((await browserOptions()).args.join()).not.toMatch(/web-security|insecure|site-isolation/)
  })
})
