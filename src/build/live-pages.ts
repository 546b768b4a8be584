/**
 * The development server's view of the content: the bibliography concerns every page, and so does a page that
 * comes or goes; and no page is made while Astro still has the frontmatter that was there before.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { AstroIntegration } from 'astro'

type Server = Parameters<NonNullable<AstroIntegration['hooks']['astro:server:setup']>>[0]['server']

/**
 * Milliseconds after the file is written in which Astro forgets what it had, and after which it is waited for
 * no longer.
 */
const forgetting = 300
const patience = 3000

/** Watches `content/` of the folder `root`. */
export function livePages(root: string): AstroIntegration {
  const content = join(root, 'content')
  return {
    name: 'live-pages',
    hooks: {
      'astro:server:setup': ({ server }) => {
        const heads = new Map(
          readdirSync(content)
            .map((name) => join(content, name))
            .filter((file) => extname(file) === '.mdx')
            .map((file) => [file, headOf(file)]),
        )
        let taken = Promise.resolve()
        server.middlewares.use((_request, _response, next) => void taken.then(() => next()))
        server.watcher.on('all', (event, file) => {
          // Editors leave files of their own for a moment.
          if (!file.startsWith(content) || /^\.|~$/.test(basename(file))) return
          if (event !== 'change' || extname(file) === '.bib') makeAnew(server)
          const head = headOf(file)
          if (extname(file) !== '.mdx' || head === heads.get(file)) return
          heads.set(file, head)
          taken = storeIsWritten(server, join(root, '.astro', 'data-store.json'))
        })
      },
    },
  }
}

/** The frontmatter of a page; undefined where there is no such file. */
function headOf(file: string): string | undefined {
  try {
    return /^---\r?\n.*?\n---/s.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  } catch {
    return undefined
  }
}

/**
 * A page that is made while Astro writes what it has read of the pages keeps it from forgetting what it had.
 */
function storeIsWritten({ watcher }: Server, store: string): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      watcher.off('all', look)
      resolve()
    }
    const look = (_event: string, file: string) => void (file === store && setTimeout(end, forgetting))
    watcher.on('all', look)
    setTimeout(end, patience)
  })
}

function makeAnew({ environments }: Server): void {
  for (const { hot, moduleGraph } of Object.values(environments)) {
    for (const module of moduleGraph.idToModuleMap.values())
      if (module.file?.endsWith('.mdx')) moduleGraph.invalidateModule(module)
    hot.send({ type: 'full-reload' })
  }
}
