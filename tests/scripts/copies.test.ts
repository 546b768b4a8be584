import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { weight, writeCopies } from '../../scripts/copies.ts'

test('text of some size gets copies that unpack to it; what a build wrote is told without them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copies-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const kept = await mkdtemp(join(tmpdir(), 'kept-'))
  onTestFinished(() => rm(kept, { recursive: true }))
  const page = 'to be or not to be '.repeat(200)
  await writeFile(join(folder, 'index.html'), page)
  await writeFile(join(folder, 'tiny.css'), 'a{}')
  await writeFile(join(folder, 'picture.png'), Buffer.alloc(2_000_000))
  await writeCopies(folder, kept)
  expect((await readdir(folder)).sort()).toEqual([
    'index.html',
    'index.html.br',
    'index.html.gz',
    'picture.png',
    'tiny.css',
  ])
  expect(gunzipSync(await readFile(join(folder, 'index.html.gz'))).toString()).toBe(page)
  expect(brotliDecompressSync(await readFile(join(folder, 'index.html.br'))).toString()).toBe(page)
  expect((await weight(folder)).join(' ')).toBe(
    '1 page, 3 files, 2.0 MB, and compressed copies of those that are text; the largest: picture.png 2.0 MB, index.html 4 kB, tiny.css 1 kB.',
  )
})

test('copies that are kept are taken where they are right, made again where not, and go with their files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copies-'))
  const kept = await mkdtemp(join(tmpdir(), 'kept-'))
  for (const made of [folder, kept]) onTestFinished(() => rm(made, { recursive: true }))
  await writeFile(join(folder, 'index.html'), 'a'.repeat(5000))
  await writeCopies(folder, kept)
  const [brotli, gzip] = (await readdir(kept)).sort()
  // As good, but to be told apart.
  const other = gzipSync('a'.repeat(5000), { level: 1 })
  await writeFile(join(kept, gzip), other)
  await writeFile(join(kept, brotli), 'damaged')
  await writeCopies(folder, kept)
  expect(await readFile(join(folder, 'index.html.gz'))).toEqual(other)
  expect(brotliDecompressSync(await readFile(join(folder, 'index.html.br'))).toString()).toBe(
    'a'.repeat(5000),
  )
  await writeFile(join(folder, 'index.html'), 'b'.repeat(5000))
  await writeCopies(folder, kept)
  expect(await readdir(kept)).toHaveLength(2)
  expect(await readdir(kept)).not.toContain(gzip)
})
