import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { whyNoBrowser } from '../../scripts/browser.ts'
import { printArticle } from '../../scripts/pdf.ts'

describe('the printed article', () => {
  let folder: string
  let reading: ReturnType<typeof getDocument>
  beforeAll(async () => {
    if (whyNoBrowser) return
    folder = await mkdtemp(join(tmpdir(), 'printed-'))
    const file = join(folder, 'article.pdf')
    await printArticle(inject('site'), file)
    reading = getDocument({ data: new Uint8Array(await readFile(file)), verbosity: 0 })
  })
  afterAll(async () => {
    await reading?.destroy()
    if (folder) await rm(folder, { recursive: true })
  })
  beforeEach(({ skip }) => skip(whyNoBrowser !== undefined, whyNoBrowser))

  /** The words of each page with the distance of each from its top left corner, in points. */
  async function pages() {
    const document = await reading.promise
    return Promise.all(
      Array.from({ length: document.numPages }, async (_, i) => {
        const page = await document.getPage(i + 1)
        const [, , width, height] = page.view
        const { items } = await page.getTextContent()
        const words = items.flatMap((item) =>
          'str' in item && item.str.trim() !== ''
            ? [
                {
                  text: item.str,
                  left: item.transform[4],
                  right: item.transform[4] + item.width,
                  top: height - item.transform[5],
                },
              ]
            : [],
        )
        return { words, width, height }
      }),
    )
  }

  test('is tagged, says what it is about, and lists its sections', async () => {
    const document = await reading.promise
    const site = await readFile(join(inject('site'), 'index.html'), 'utf8')
    const { info } = await document.getMetadata()
    expect(info).toMatchObject({ Title: /<title>([^<]*)/.exec(site)?.[1], Language: 'en' })
    expect(info).toHaveProperty('Subject')
    const structure = await (await document.getPage(1)).getStructTree()
    expect(JSON.stringify(structure)).toContain('"role":"H1"')
    const [top] = await document.getOutline()
    const headings = [...site.matchAll(/<h2 id="[^"]*">([^<]*)/g)].map(([, words]) => words)
    expect(headings.length).toBeGreaterThan(5)
    expect(top.items.map(({ title }) => title)).toEqual(expect.arrayContaining(headings))
  })

  test('has its title over every page and its number below, and nothing beyond the margins', async () => {
    const all = await pages()
    for (const [i, { words, width }] of all.entries()) {
      const text = words.map(({ text }) => text).join('')
      expect(text.replaceAll(/\s/g, '')).toContain(`${i + 1}/${all.length}`)
      expect(Math.min(...words.map(({ left }) => left))).toBeGreaterThan(20)
      expect(Math.max(...words.map(({ right }) => right))).toBeLessThan(width - 20)
    }
  })

  test('has no page but the last that is half empty', async () => {
    const all = await pages()
    const filled = all.map(({ words, height }) => {
      const body = words.map(({ top }) => top / height).filter((top) => top < 0.93)
      return Math.max(...body)
    })
    expect(filled.slice(0, -1).filter((share) => share < 0.55)).toEqual([])
  })
})
