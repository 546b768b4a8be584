import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeptRun } from '../../pipeline/run.ts'
import { remember, resultsOf, sourcesOf, unchanged } from '../../scripts/unchanged.ts'

let root: string
let site: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'unchanged-'))
  site = join(root, 'dist')
  for (const folder of ['content', 'src/pages', 'dist/assets'])
    await mkdir(join(root, folder), { recursive: true })
  await writeFile(join(root, 'content/article.mdx'), 'Words.')
  await writeFile(join(root, 'src/pages/index.astro'), '<p>')
  await writeFile(join(site, 'index.html'), '<p>Words.')
  await writeFile(join(site, 'assets/a.js'), '1')
  await remember(root, site, { sources: await sourcesOf(root), run: 'a run' })
})
afterEach(() => rm(root, { recursive: true, force: true }))

const found = async () => (await unchanged(root, site, await sourcesOf(root)))?.run

describe('a site', () => {
  test('is known again with its run', async () => {
    expect(await found()).toBe('a run')
  })

  test.each([
    ['a page is edited', () => writeFile(join(root, 'content/article.mdx'), 'Wordz.')],
    ['a page is added', () => writeFile(join(root, 'content/other.mdx'), '')],
    [
      'a source changes its name',
      () => rename(join(root, 'src/pages/index.astro'), join(root, 'src/index.astro')),
    ],
    ['the packages are others', () => writeFile(join(root, 'package-lock.json'), '{}')],
    ['a file of the site is touched', () => writeFile(join(site, 'assets/a.js'), '2')],
    ['a file of the site is gone', () => rm(join(site, 'index.html'))],
    ['a file was put into the site', () => writeFile(join(site, 'note.txt'), '')],
    ['the site is gone', () => rm(site, { recursive: true })],
    ['what is known of it is damaged', () => writeNotes('{')],
    ['what is known of it is of another form', () => writeNotes('[]')],
  ])('is to be written again where %s', async (_, change) => {
    await change()
    expect(await found()).toBeUndefined()
  })

  test('at another address is another site', async () => {
    process.env.SITE_URL = 'https://example.org'
    try {
      expect(await found()).toBeUndefined()
    } finally {
      delete process.env.SITE_URL
    }
  })

  test('is not known in another folder', async () => {
    expect(await unchanged(root, join(root, 'elsewhere'), await sourcesOf(root))).toBeUndefined()
  })
})

async function writeNotes(text: string): Promise<void> {
  const folder = join(root, '.astro/sites')
  for (const name of await readdir(folder)) await writeFile(join(folder, name), text)
}

test('the results of a run are the same whenever it was, and others where one of them is', () => {
  const run = (date: string, digest: string): KeptRun => ({
    id: date,
    profile: 'smoke',
    engine: { name: 'wasm', version: '1' },
    date,
    seconds: 1,
    stages: [
      { name: 'dataset', status: 'fresh', key: 'k', digest, parameters: {}, inputs: {}, engine: null },
    ],
  })
  expect(resultsOf(run('2026-01-01', 'a'))).toBe(resultsOf(run('2026-01-02', 'a')))
  expect(resultsOf(run('2026-01-01', 'a'))).not.toBe(resultsOf(run('2026-01-01', 'b')))
})
