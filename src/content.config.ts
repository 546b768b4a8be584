import { defineCollection } from 'astro:content'
import { glob } from 'astro/loaders'
import { z } from 'astro/zod'

/** Every .mdx file of `content/` is a page; `article.mdx` is the front page. */
const pages = defineCollection({
  loader: glob({ pattern: '*.mdx', base: './content' }),
  schema: z.strictObject({
    title: z.string().min(1),
    /** One or two sentences, shown under the title and to search engines. */
    summary: z.string().min(1),
    /** What the links between pages call it; the title unless given. */
    short: z.string().min(1).optional(),
  }),
})

export const collections = { pages }
