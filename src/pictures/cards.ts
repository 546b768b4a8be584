/** The pages, each with the figure that its card shows. */
import { articles, quotedBy } from '../articles.ts'
import type { FigureRequest } from '../figures/index.ts'

export interface CardOf {
  /** The page's file name without its ending. */
  readonly page: string
  readonly title: string
  readonly request: FigureRequest
}

/** A page without a figure shows the first of the article; without any, no page has a card. */
export async function cards(): Promise<CardOf[]> {
  const written = await Promise.all(
    (await articles()).map(async (article) => {
      const { figures } = await quotedBy(article)
      return { page: article.page, title: article.title, request: figures[0] as FigureRequest | undefined }
    }),
  )
  const front = written[0]?.request
  const others = [
    { page: 'lab', title: 'Laboratory', request: undefined },
    { page: 'provenance', title: 'Provenance', request: undefined },
  ]
  return [...written, ...others].flatMap(({ page, title, request = front }) =>
    request ? [{ page, title, request }] : [],
  )
}
