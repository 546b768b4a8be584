import { defineCollection } from 'astro:content'
import { glob } from 'astro/loaders'
import { z } from 'astro/zod'

/**
 * Every .mdx file of `content/` is a page; `article.mdx` is the front page. The frontmatter is checked with the prose (src/markdown/frontmatter.ts), where its
 * lines are known.
 */
const pages = defineCollection({
  loader: glob({ pattern: '*.mdx', base: './content' }),
  schema: z.record(z.string(), z.unknown()),
})

export const collections = { pages }
