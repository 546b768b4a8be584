/** In the development server: the bibliography concerns every page, and so does a page that comes or goes. */
import { extname, join } from 'node:path'
import type { AstroIntegration } from 'astro'

/** Makes all pages anew after such an edit in `content/` of the folder `root`. */
export function livePages(root: string): AstroIntegration {
  const content = join(root, 'content')
  return {
    name: 'live-pages',
    hooks: {
      'astro:server:setup': ({ server }) => {
        const makeAnew = () => {
          for (const { hot, moduleGraph } of Object.values(server.environments)) {
            for (const module of moduleGraph.idToModuleMap.values())
              if (module.file?.endsWith('.mdx')) moduleGraph.invalidateModule(module)
            hot.send({ type: 'full-reload' })
          }
        }
        server.watcher.on('all', (event, file) => {
          if (file.startsWith(content) && (event !== 'change' || extname(file) === '.bib')) makeAnew()
        })
      },
    },
  }
}
