/** The articles of `content/`: each .mdx file there is a page. */
import { getCollection, render } from 'astro:content'
import { type Frontmatter, frontmatter } from './markdown/frontmatter.ts'
import type { Quoted } from './markdown/number.ts'

type Entry = Parameters<typeof render>[0]

export interface Article extends Frontmatter {
  /** The page's file name without its ending; `index` for `article.mdx`. */
  readonly page: string
  readonly entry: Entry
}

/** All articles, `article.mdx` first. */
export async function articles(): Promise<Article[]> {
  const entries: Entry[] = await getCollection('pages')
  return entries
    .map((entry) => ({
      ...frontmatter.parse(entry.data),
      page: entry.id === 'article' ? 'index' : entry.id,
      entry,
    }))
    .sort((a, b) => Number(b.page === 'index') - Number(a.page === 'index') || a.page.localeCompare(b.page))
}

/** What an article takes from the results. */
export async function quotedBy({ entry }: Article): Promise<Quoted> {
  return (await render(entry)).remarkPluginFrontmatter.quoted
}

/** The figures and the statistics that the articles show, each statistic once. */
export async function quoted(): Promise<Quoted> {
  const all = await Promise.all((await articles()).map(quotedBy))
  return {
    figures: all.flatMap(({ figures }) => figures),
    statistics: [...new Set(all.flatMap(({ statistics }) => statistics))].sort(),
    claims: all.flatMap(({ claims }) => claims),
  }
}
