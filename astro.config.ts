import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unified } from '@astrojs/markdown-remark'
import mdx from '@astrojs/mdx'
import { defineConfig, fontProviders } from 'astro/config'
import rehypeCitation from 'rehype-citation'
import rehypeKatex from 'rehype-katex'
import remarkMath from 'remark-math'
import { cacheFolder } from './pipeline/cache.ts'
import { checkProse } from './src/build/check-prose.ts'
import { leanPages } from './src/build/lean-pages.ts'
import { openResults } from './src/data/results.ts'
import { rehypeJoinMathematics } from './src/markdown/mathematics.ts'
import { remarkNumber } from './src/markdown/number.ts'
import { rehypeReferences } from './src/markdown/references.ts'
import { vocabulary } from './src/markdown/vocabulary.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const lastRun = join(cacheFolder(), 'last-run.json')
const content = fileURLToPath(new URL('content', import.meta.url))

export default defineConfig({
  site: process.env.SITE_URL || undefined,
  build: { format: 'file', inlineStylesheets: 'always' },
  devToolbar: { enabled: false },
  vite: {
    // Addresses inside scripts, too, hold from any folder.
    experimental: {
      renderBuiltUrl: (_, { hostType }) => (hostType === 'js' ? { relative: true } : undefined),
    },
    build: {
      rolldownOptions: {
        // Astro's own directive in compiled MDX, which has been obeyed by then.
        onLog: (level, log, report) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && report(level, log),
      },
    },
  },
  markdown: {
    processor: unified({
      remarkPlugins: [remarkMath, remarkNumber],
      rehypePlugins: [
        rehypeKatex,
        rehypeJoinMathematics,
        [rehypeCitation, { bibliography: 'references.bib', path: content, linkCitations: true }],
        rehypeReferences,
      ],
    }),
  },
  fonts: [
    {
      provider: fontProviders.local(),
      name: 'Source Serif',
      cssVariable: '--serif',
      fallbacks: ['Georgia', 'serif'],
      // The built page carries its faces, so there is nothing to wait for, and nothing that another face could stand in for.
      display: 'block',
      options: {
        variants: [
          {
            src: ['@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2'],
            weight: '400 600',
            style: 'normal',
          },
          {
            src: ['@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2'],
            weight: '400',
            style: 'italic',
          },
        ],
      },
    },
    {
      provider: fontProviders.local(),
      name: 'Source Sans',
      cssVariable: '--sans',
      fallbacks: ['system-ui', 'sans-serif'],
      display: 'block',
      options: {
        variants: [
          {
            src: ['@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2'],
            weight: '400 600',
            style: 'normal',
          },
        ],
      },
    },
  ],
  integrations: [
    checkProse({ root, vocabulary: await vocabulary(await openResults()) }),
    mdx(),
    leanPages(),
    {
      name: 'results',
      hooks: {
        // New results: read the vocabulary and draw the figures anew.
        'astro:config:setup': ({ addWatchFile }) => addWatchFile(lastRun),
        // The watcher looks only below the project of its own accord, and the cache may lie elsewhere.
        'astro:server:setup': ({ server }) => void server.watcher.add(lastRun),
      },
    },
  ],
})
