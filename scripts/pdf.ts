/** The article on paper: printed from the built site by a browser, with all that a document to file needs. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PDFDocument } from '@cantoo/pdf-lib'
import { settings } from '../src/site/index.ts'
import { launch } from './browser.ts'
import { serve } from './serve.ts'

/** The file's name in the site's folder. */
const pdfName = 'article.pdf'

const line = 'font: 8px sans-serif; color: #5d5f66; width: 100%; margin: 0 20mm; display: flex'

/**
 * Prints the front page of a built site: tagged, with an outline, running heads, numbers and metadata.
 * @param file where to; in the site's folder unless given
 * @throws where there is no browser, saying why
 */
export async function printArticle(site: string, file = join(site, pdfName)): Promise<void> {
  const server = await serve(site)
  const browser = await launch()
  try {
    const page = await browser.newPage({ colorScheme: 'light' })
    await page.goto(server.url, { waitUntil: 'networkidle' })
    const [title, summary] = await page.evaluate(() => [
      document.title,
      document.querySelector<HTMLMetaElement>('meta[name=description]')?.content ?? '',
    ])
    const name = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    await page.pdf({
      path: file,
      format: 'A4',
      margin: { top: '20mm', bottom: '20mm', left: '20mm', right: '20mm' },
      tagged: true,
      outline: true,
      displayHeaderFooter: true,
      headerTemplate: `<div style="${line}"><span>${name}</span></div>`,
      footerTemplate: `<div style="${line}; justify-content: center"><span class="pageNumber"></span>&nbsp;/&nbsp;<span class="totalPages"></span></div>`,
    })
    const printed = await PDFDocument.load(await readFile(file), { updateMetadata: false })
    printed.setTitle(title, { showInWindowTitleBar: true })
    printed.setSubject(summary)
    printed.setLanguage(settings.language)
    if (settings.authors.length > 0) printed.setAuthor(settings.authors.map(({ name }) => name).join(', '))
    await writeFile(file, await printed.save())
  } finally {
    await browser.close()
    await server.close()
  }
}
