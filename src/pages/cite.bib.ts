/** The article's citation in BibTeX. */
import type { APIRoute } from 'astro'
import { citedArticle } from '../site/article.ts'
import { bibtex } from '../site/citation.ts'

export const GET: APIRoute = async () => new Response(bibtex(await citedArticle()))
