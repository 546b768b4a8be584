/**
 * What a person wrote, as a folder: its pages, its bibliography, its images, and what is wrong with any of
 * them.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import sharp from 'sharp'
import { readSettings } from '../site/settings.ts'
import { bibliographyKeys, bibliographyProblems } from './bibliography.ts'
import { addressOf } from './links.ts'
import { pageProblems, type Surroundings } from './page.ts'
import { Mistakes, type Problem, pointAt } from './problem.ts'
import type { Vocabulary } from './vocabulary.ts'
import { pagesWithWords, wordsFile, wordsIn } from './words.ts'

/** Where things lie, from the project's root. */
const content = 'content'
const bibliography = 'references.bib'

interface Content extends Surroundings {
  readonly problems: readonly Problem[]
  readonly bibtex: string
}

/**
 * The mistakes in what a person wrote, by file and line.
 *
 * @param root the project's folder
 */
export async function contentProblems(root: string, vocabulary: Vocabulary): Promise<readonly Problem[]> {
  const { problems, bibtex, ...surroundings } = await readContent(root, vocabulary)
  const inBibliography = bibliographyProblems(bibtex).map(({ at, reason }) => ({
    file: `${content}/${bibliography}`,
    ...at,
    reason,
  }))
  const inPages = [...surroundings.pages].flatMap(([page, source]) =>
    pageProblems(`${content}/${page}`, source, surroundings),
  )
  const settings = problemsIn(() => readSettings(root))
  return [...problems, ...settings, ...(await wordsProblems(root)), ...inBibliography, ...inPages]
}

/** The mistakes in the words of the pages that the site's own code makes. */
async function wordsProblems(root: string): Promise<readonly Problem[]> {
  const found = pagesWithWords.map(async (page) => {
    const file = wordsFile(page)
    const source = await readFile(join(root, file), 'utf8').catch(() => undefined)
    return source === undefined
      ? [{ file, line: 1, column: 1, reason: `there is no such file, but the site has a page of it` }]
      : problemsIn(() => wordsIn(page, source))
  })
  return (await Promise.all(found)).flat()
}

function problemsIn(read: () => unknown): readonly Problem[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof Mistakes) return error.problems
    throw error
  }
}

/** The mistakes of one page. @param path of its file */
export async function problemsOfPage(
  root: string,
  path: string,
  vocabulary: Vocabulary,
): Promise<readonly Problem[]> {
  const surroundings = await readContent(root, vocabulary)
  const page = relative(join(root, content), path)
  const file = `${content}/${page}`
  const own = surroundings.problems.filter((problem) => problem.file === file)
  return [...own, ...pageProblems(file, surroundings.pages.get(page) ?? '', surroundings)]
}

/** @throws Mistakes with all that is wrong in what a person wrote */
export async function checkContent(root: string, vocabulary: Vocabulary): Promise<void> {
  const problems = await contentProblems(root, vocabulary)
  if (problems.length > 0) throw new Mistakes(problems)
}

async function readContent(root: string, vocabulary: Vocabulary): Promise<Content> {
  const folder = join(root, content)
  const files = (await readdir(folder)).sort()
  // Pages and files that the site's own code makes, under their names: lab.astro, robots.txt.ts.
  const own = (await readdir(join(root, 'src/pages'), { recursive: true })).filter((name) =>
    /^[^[\]]+\.(?:astro|[a-z]+\.ts)$/.test(name),
  )
  const published = existsSync(join(root, 'public'))
    ? await readdir(join(root, 'public'), { recursive: true })
    : []
  const problems: Problem[] = []
  const report = (name: string, reason: string, at = { line: 1, column: 1 }) =>
    problems.push({ file: `${content}/${name}`, ...at, reason })

  const pages = new Map<string, string>()
  for (const name of files) {
    if (!/\.(?:mdx|md|markdown)$/i.test(name) || name === 'README.md') continue
    const wanted = slug(name)
    const same = files.find((other) => other !== name && slug(other) === wanted)
    const taken = own.find((page) => page.replace(/astro$/, 'html') === addressOf(wanted))
    if (name !== wanted)
      report(
        name,
        `a page is named by its address: lower-case letters, digits and hyphens, then .mdx. ${same ? `It would be ${addressOf(wanted)}, as ${content}/${same} is` : `Rename it to ${content}/${wanted}`}.`,
      )
    else if (taken)
      report(name, `its address ${addressOf(name)} is that of src/pages/${taken}. Give it another name.`)
    else if (name === 'index.mdx') report(name, `its address index.html is that of ${content}/article.mdx.`)
    else pages.set(name, await read(name))
  }
  if (!pages.has('article.mdx')) report('article.mdx', 'there is no such file, but it is the front page')
  const bibtex = files.includes(bibliography) ? await read(bibliography) : ''
  if (!files.includes(bibliography))
    report(bibliography, 'there is no such file, but citations are looked up in it')
  for (const name of files.filter((file) => /\.(?:avif|gif|jpe?g|png|tiff|webp)$/i.test(file)))
    await sharp(join(folder, name))
      .metadata()
      .catch((error) => report(name, `the image cannot be read: ${error.message.split('\n')[0]}`))
  return {
    vocabulary,
    citations: bibliographyKeys(bibtex),
    pages,
    addresses: [...own.map((name) => name.replace(/\.ts$/, '').replace(/astro$/, 'html')), ...published],
    beside: (path) => existsSync(join(folder, path)),
    problems,
    bibtex,
  }

  async function read(name: string): Promise<string> {
    const bytes = await readFile(join(folder, name))
    const text = bytes.toString('utf8')
    const odd = /[\uFFFD\0]/.exec(text)
    if (odd) report(name, 'there is a sign here that is no text in UTF-8', pointAt(text, odd.index))
    return text
  }
}

/** The name that a page's file would have to have. */
const slug = (name: string): string =>
  `${
    name
      .replace(/\.(?:mdx|md|markdown)$/i, '')
      .normalize('NFKD')
      .replace(/[\u0300-\u036f]/g, '')
      .replace(/ß/g, 'ss')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'page'
  }.mdx`
