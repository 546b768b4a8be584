/** How a page's Markdown becomes HTML. */
import { join } from 'node:path'
import { unified } from '@astrojs/markdown-remark'
import rehypeCitation from 'rehype-citation'
import remarkMath from 'remark-math'
import { rehypeMathematics } from '../markdown/mathematics.ts'
import { remarkNumber } from '../markdown/number.ts'
import { rehypeReferences } from '../markdown/references.ts'

/** The processor of the pages in `content/` of the folder `root`. */
export const prose = (root: string) =>
  unified({
    remarkPlugins: [remarkMath, remarkNumber],
    rehypePlugins: [
      rehypeMathematics,
      [rehypeCitation, { bibliography: 'references.bib', path: join(root, 'content'), linkCitations: true }],
      rehypeReferences,
    ],
  })
