// @ts-check
import { fileURLToPath } from 'node:url'
import mdx from '@astrojs/mdx'
import { defineConfig } from 'astro/config'
import { bundling } from './src/build/bundling.ts'
import { checkProse } from './src/build/check-prose.ts'
import { faces } from './src/build/faces.ts'
import { leanPages } from './src/build/lean-pages.ts'
import { livePages } from './src/build/live-pages.ts'
import { prose } from './src/build/prose.ts'

const root = fileURLToPath(new URL('.', import.meta.url))

export default defineConfig({
  ...(process.env.SITE_URL && { site: process.env.SITE_URL }),
  build: { format: 'file', inlineStylesheets: 'always' },
  devToolbar: { enabled: false },
  fonts: faces,
  markdown: { processor: prose(root) },
  vite: bundling,
  integrations: [checkProse(root), mdx(), leanPages(), livePages(root)],
})
