import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkCheckout, checkTarget, discard, markName, openWorkspace, place } from '../../scripts/target.ts'

let [folder, root] = ['', '']

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'target-test-')))
  root = join(folder, 'paper')
  for (const name of ['content', '.cache', 'notes']) await mkdir(join(root, name), { recursive: true })
  await writeFile(join(root, 'content', 'article.mdx'), 'prose')
  await writeFile(join(root, 'notes', 'mine.txt'), 'mine')
  execFileSync('git', ['init', '-q'], { cwd: root })
  execFileSync('git', ['add', 'content'], { cwd: root })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** Writes a site of these files as a build does. */
async function build(out: string, files: { readonly [path: string]: string }): Promise<void> {
  const site = await checkTarget(root, out)
  const workspace = await openWorkspace(site)
  await mkdir(workspace.site)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(workspace.site, path)), { recursive: true })
    await writeFile(join(workspace.site, path), text)
  }
  await place(workspace, site)
}

/** Paths and contents of all files of a site but the mark. */
async function written(site: string): Promise<{ [path: string]: string }> {
  const entries = (await readdir(site, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith(markName))
  const files = paths.map(
    async (path) => [path.slice(site.length + 1), await readFile(path, 'utf8')] as const,
  )
  return Object.fromEntries(await Promise.all(files))
}

describe('a build is refused', () => {
  test.each([
    ['the checkout', '.', "it is the project's own folder"],
    ['the folder that it lies in', '..', "it is the project's own folder, or one that contains it"],
    ['the root of the file system', '/', "it is the project's own folder, or one that contains it"],
    ['a folder that git tracks', 'content', 'content belongs to the project'],
    ['a place in a folder that git tracks', 'content/site', 'content belongs to the project'],
    ['the history', '.git', '.git belongs to the project'],
    ['a place in the cache', '.cache/site', '.cache belongs to the project'],
    ['a folder with files that nobody built', 'notes', 'it has files, and not the mark of a build'],
    ['a file', 'notes/mine.txt', 'it is a file'],
  ])('%s as its target, and nothing is touched', async (_, out, why) => {
    const before = await written(folder)
    const complaint = await checkTarget(root, out).catch((error) => error.message)
    expect(complaint).toMatch(why)
    expect(complaint).toMatch(
      /^--out .* is refused: .* Choose a folder that is empty or does not exist yet\.$/,
    )
    expect(await written(folder)).toEqual(before)
  })

  test('a site in which a person has put something of their own', async () => {
    await build('dist', { 'index.html': '1' })
    await writeFile(join(root, 'dist', 'CNAME'), 'example.org')
    await expect(checkTarget(root, 'dist')).rejects.toThrow(/it has what no build wrote \(CNAME; /)
    await rm(join(root, 'dist', 'CNAME'))
    await mkdir(join(root, 'dist', 'empty'))
    await expect(checkTarget(root, 'dist')).rejects.toThrow(/\(empty; /)
  })

  test('a link to one of those', async () => {
    await symlink('content', join(root, 'link'))
    await expect(checkTarget(root, 'link')).rejects.toThrow(/content belongs to the project/)
    await symlink('../..', join(root, 'notes', 'up'))
    await expect(checkTarget(root, 'notes/up')).rejects.toThrow(/contains it/)
  })

  test('without git, a place in any folder that is there', async () => {
    await rm(join(root, '.git'), { recursive: true })
    await expect(checkTarget(root, 'notes/site')).rejects.toThrow(/notes belongs to the project/)
    expect(await checkTarget(root, 'dist')).toBe(join(root, 'dist'))
  })
})

describe('no site is made', () => {
  test.each(['#1', 'why?', '*', 'two\nlines'])('of a checkout in a folder named %j', async (name) => {
    const odd = join(folder, name, 'paper')
    await mkdir(odd, { recursive: true })
    await expect(checkCheckout(odd)).rejects.toThrow(
      /^No site can be made in the folder .* Move or rename it\.$/s,
    )
  })

  test('of some checkout, but of others it is', async () => {
    const odd = join(folder, "Größe 日本 a'b;c$d %41 [x] {y} (z) !&+", 'paper')
    await mkdir(odd, { recursive: true })
    await checkCheckout(odd)
  })

  test.skipIf(!canMount())('where nothing may be written', async () => {
    const site = join(folder, 'mounted')
    await mkdir(site)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', site])
    try {
      await expect(checkCheckout(site)).rejects.toThrow(/^The checkout .* may not be written/)
      for (const out of ['../mounted', '../mounted/deep/er'])
        await expect(checkTarget(root, out)).rejects.toThrow(`the folder ${site} may not be written`)
    } finally {
      execFileSync('umount', ['-l', site])
    }
  })
})

describe('a site is written', () => {
  test.each(['dist', 'sites/one', '../paper-site', '../pap', '../beside/it'])(
    'into %s, and replaced there',
    async (out) => {
      const site = join(root, out)
      await build(out, { 'index.html': '1', 'old/page.html': '1' })
      expect(await written(site)).toEqual({ 'index.html': '1', 'old/page.html': '1' })
      await build(out, { 'index.html': '2' })
      expect(await written(site)).toEqual({ 'index.html': '2' })
      expect((await readdir(dirname(site))).filter((name) => name.includes('unfinished'))).toEqual([])
    },
  )

  test('into the folder that a link stands for; the link stays', async () => {
    await symlink('../elsewhere', join(root, 'dist'))
    for (const text of ['1', '2']) await build('dist', { 'index.html': text })
    expect(await written(join(folder, 'elsewhere'))).toEqual({ 'index.html': '2' })
    expect(await realpath(join(root, 'dist'))).toBe(join(folder, 'elsewhere'))
  })

  test.skipIf(!canMount())('into a mount point, which is filled', async () => {
    const site = join(folder, 'mounted')
    await mkdir(site)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', site])
    try {
      await build('../mounted', { 'index.html': '1', 'old/page.html': '1' })
      await build('../mounted', { 'index.html': '2', 'new/page.html': '2' })
      expect(await written(site)).toEqual({ 'index.html': '2', 'new/page.html': '2' })
      await writeFile(join(site, 'CNAME'), 'example.org')
      await expect(checkTarget(root, '../mounted')).rejects.toThrow(/CNAME/)
    } finally {
      execFileSync('umount', ['-l', site])
    }
  })
})

describe('a build that was killed', () => {
  test('leaves the last site, and the next one removes what it left', async () => {
    await build('dist', { 'index.html': '1' })
    await openWorkspace(join(root, 'dist'))
    expect(await written(join(root, 'dist'))).toEqual({ 'index.html': '1' })
    await build('dist', { 'index.html': '2' })
    expect((await readdir(root)).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  test('between moving the last site away and the new one in, has the last one put back', async () => {
    await build('dist', { 'index.html': '1' })
    const site = join(root, 'dist')
    const { folder: workspace } = await openWorkspace(site)
    await rename(site, join(workspace, 'old'))
    discard((await openWorkspace(site)).folder, site)
    expect(existsSync(workspace)).toBe(false)
    expect(await written(site)).toEqual({ 'index.html': '1' })
  })

  test('does not make a folder of a person look like a leftover', async () => {
    await mkdir(join(root, 'dist.unfinished-notes'))
    await writeFile(join(root, 'dist.unfinished-notes', 'mine.txt'), 'mine')
    await build('dist', { 'index.html': '1' })
    expect(await readFile(join(root, 'dist.unfinished-notes', 'mine.txt'), 'utf8')).toBe('mine')
  })
})

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
