/** How Vite is to bundle the scripts of the pages. */
import type { AstroUserConfig } from 'astro'

export const bundling: NonNullable<AstroUserConfig['vite']> = {
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
}
