import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkContent, contentProblems } from '../../../src/markdown/content.ts'
import { Mistakes } from '../../../src/markdown/problem.ts'
import { surroundings } from './prose.ts'

const { vocabulary } = surroundings
const page = (text = 'Words.') => `---\ntitle: A title\nsummary: What it is about.\n---\n\n${text}\n`
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'content-'))
  for (const folder of ['content', 'src/pages/data', 'public'])
    await mkdir(join(root, folder), { recursive: true })
  await write('article.mdx', page())
  await write('references.bib', '')
  await write('site.yaml', 'name: A site\n')
  for (const file of ['laboratory.yaml', 'provenance.yaml'])
    await copyFile(join('content', file), join(root, 'content', file))
  for (const file of ['lab.astro', '[...page].astro', 'robots.txt.ts', 'data/statistics.json.ts'])
    await writeFile(join(root, 'src/pages', file), '')
  await writeFile(join(root, 'public/icon.svg'), '')
})

afterEach(() => rm(root, { recursive: true }))

const write = (name: string, text: string | Buffer) => writeFile(join(root, 'content', name), text)

const said = async (): Promise<string[]> => {
  const { message } = new Mistakes(await contentProblems(root, vocabulary))
  return message === '' ? [] : message.split('\n')
}

describe('what a person wrote', () => {
  test('may link to other pages, to the site’s own, to their headings and to files', async () => {
    await write(
      'method.mdx',
      page(
        '## Data\n\n[a](article.mdx) [b](./lab.html) [c](/icon.svg) [d](data/statistics.json) [e](robots.txt)',
      ),
    )
    await write('article.mdx', page('[a](method.mdx#data)'))
    await write('README.md', 'No page.')
    expect(await said()).toEqual([])
    await checkContent(root, vocabulary)
  })

  test.each([
    [
      'Method.mdx',
      'content/Method.mdx:1:1: a page is named by its address: lower-case letters, digits and hyphens, then .mdx. It would be method.html, as content/method.mdx is.',
    ],
    [
      'Notes.mdx',
      'content/Notes.mdx:1:1: a page is named by its address: lower-case letters, digits and hyphens, then .mdx. Rename it to content/notes.mdx.',
    ],
    ['my page.mdx', 'Rename it to content/my-page.mdx.'],
    ['Größe.mdx', 'Rename it to content/grosse.mdx.'],
    ['notes.md', 'Rename it to content/notes.mdx.'],
    ['NOTES.MDX', 'Rename it to content/notes.mdx.'],
    [
      'lab.mdx',
      'content/lab.mdx:1:1: its address lab.html is that of src/pages/lab.astro. Give it another name.',
    ],
    ['index.mdx', 'content/index.mdx:1:1: its address index.html is that of content/article.mdx.'],
  ])('has one address for each page: not %s', async (name, expected) => {
    await write('method.mdx', page())
    await write(name, page())
    expect((await said()).join('\n')).toContain(expected)
  })

  test('needs a front page and a bibliography', async () => {
    await rename(join(root, 'content/article.mdx'), join(root, 'content/artikel.mdx'))
    await rm(join(root, 'content/references.bib'))
    expect(await said()).toEqual([
      'content/article.mdx:1:1: there is no such file, but it is the front page',
      'content/references.bib:1:1: there is no such file, but citations are looked up in it',
    ])
  })

  test('may cite what the bibliography has, and nothing else', async () => {
    await write('article.mdx', page('As [@new2026].'))
    expect(await said()).toEqual(['content/article.mdx:6:5: unknown citation "new2026".'])
    await write('references.bib', '@misc{new2026, title={T}, author={A}, year={2026}}')
    expect(await said()).toEqual([])
  })

  test('is text in UTF-8, and images that can be read', async () => {
    const picture = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    await write('right.png', picture)
    await write('wrong.png', Buffer.from('no picture'))
    await write(
      'article.mdx',
      Buffer.concat([Buffer.from(`${page()}Words `), Buffer.from([0xe4]), Buffer.from(' more')]),
    )
    expect(await said()).toEqual([
      'content/article.mdx:7:7: there is a sign here that is no text in UTF-8',
      expect.stringMatching(/^content\/wrong\.png:1:1: the image cannot be read: /),
    ])
  })

  test('is told of by file and line, all of it at once', async () => {
    await write('article.mdx', page('<Stat name="nothing" />').replace('title:', 'titel:'))
    await write('references.bib', '\n@misc{a, title={T}, author={A}, year={2026}}\n@misc{a, title={T}}\n')
    const places = (await said()).map((line) => line.split(': ')[0])
    expect(places).toEqual([
      'content/article.mdx:1:1',
      'content/article.mdx:2:1',
      'content/article.mdx:6:1',
      'content/article.mdx:6:7',
      'content/references.bib:3:1',
    ])
    await expect(checkContent(root, vocabulary)).rejects.toThrow(Mistakes)
  })
})
