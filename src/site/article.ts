/** The article itself, as others cite it. */
import { articles } from '../articles.ts'
import type { Cited } from './citation.ts'
import { settings } from './index.ts'

/** @throws when `content/` has no article.mdx */
export async function citedArticle(): Promise<Cited> {
  const article = (await articles()).find(({ page }) => page === 'index')
  if (!article) throw new Error('content/article.mdx is missing: it is the front page.')
  return { title: article.title, abstract: article.summary, settings }
}
