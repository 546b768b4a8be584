/** What the articles of `content/` take from the results. */
import { getCollection, render } from 'astro:content'
import type { Quoted } from './markdown/number.ts'

/** The figures and the statistics that any article shows, each once. */
export async function quoted(): Promise<Quoted> {
  const pages: Parameters<typeof render>[0][] = await getCollection('pages')
  const all: Quoted[] = await Promise.all(
    pages.map(async (page) => (await render(page)).remarkPluginFrontmatter.quoted),
  )
  return {
    figures: all.flatMap(({ figures }) => figures),
    statistics: [...new Set(all.flatMap(({ statistics }) => statistics))].sort(),
  }
}
