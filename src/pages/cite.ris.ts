/** The article's citation in the RIS format of reference managers. */
import type { APIRoute } from 'astro'
import { citedArticle } from '../site/article.ts'
import { ris } from '../site/citation.ts'

export const GET: APIRoute = async () => new Response(ris(await citedArticle()))
