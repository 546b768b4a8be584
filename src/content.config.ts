import { defineCollection } from 'astro:content'
import { glob } from 'astro/loaders'
import { z } from 'astro/zod'

/**
 * Every .mdx file of `content/` is a page, found under the file's name; `article.mdx` is the front page. What
 * is in a page, its frontmatter included, is checked by src/markdown/page.ts, where lines are known.
 */
const pages = defineCollection({
  loader: glob({
    pattern: '*.mdx',
    base: './content',
    generateId: ({ entry }) => entry.replace(/\.mdx$/, ''),
  }),
  schema: z.record(z.string(), z.unknown()),
})

export const collections = { pages }
