import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm run preview -- ...` until its first words. */
async function preview(...options: string[]) {
  const args = ['--disable-warning=ExperimentalWarning', 'scripts/preview.ts', ...options]
  const child = spawn(process.execPath, args, { cwd: root })
  onTestFinished(() => void child.kill())
  const [said] = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  return String(said)
}

test('the preview serves the folder that it is given, and its page for what is not there', async () => {
  const site = mkdtempSync(join(tmpdir(), 'preview-'))
  onTestFinished(() => rmSync(site, { recursive: true }))
  writeFileSync(join(site, 'index.html'), 'the front page')
  writeFileSync(join(site, '404.html'), 'nothing here')
  const said = await preview(site, '--port', '0')
  expect(said).toMatch(/^\S+ is served at http:\/\/127\.0\.0\.1:\d+\/\n$/)
  expect(said).toContain(site)
  const [url] = /http\S+/.exec(said) ?? []
  expect(await (await fetch(String(url))).text()).toBe('the front page')
  const missing = await fetch(`${url}missing.html`)
  expect([missing.status, await missing.text()]).toEqual([404, 'nothing here'])
})

test('the preview says what to do where there is no site', async () => {
  expect(await preview('no/such/folder')).toMatch(
    /^There is no site in \S+no\/such\/folder\. `npm run build` writes one\.\n$/,
  )
})
