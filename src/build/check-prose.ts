/**
 * The development server tells of the mistakes in what a person wrote: in the terminal, and on the page that
 * has them.
 */
import { join } from 'node:path'
import type { AstroIntegration } from 'astro'
import { openResults } from '../data/results.ts'
import { contentProblems, problemsOfPage } from '../markdown/content.ts'
import { Mistakes } from '../markdown/problem.ts'
import { vocabulary } from '../markdown/vocabulary.ts'

/** @param root the project's folder, with a slash at its end */
export function checkProse(root: string): AstroIntegration {
  const content = join(root, 'content/')
  const names = async () => vocabulary((await openResults()).protocol)
  return {
    name: 'prose',
    hooks: {
      'astro:config:setup': ({ command, updateConfig }) => {
        if (command !== 'dev') return
        const check = {
          name: 'check-prose',
          // Before the compiler of MDX, which would stop at its first difficulty.
          enforce: 'pre' as const,
          transform: {
            filter: { id: /\.mdx$/ },
            async handler(_code: string, id: string) {
              if (!id.startsWith(content)) return
              const problems = await problemsOfPage(root, id, await names())
              if (problems.length === 0) return
              const { line, column } = problems[0]
              throw Object.assign(new Mistakes(problems), { id, loc: { file: id, line, column } })
            },
          },
        }
        updateConfig({ vite: { plugins: [check] } })
      },
      'astro:server:setup': ({ server, logger }) => {
        let said = ''
        const tell = async () => {
          const { message } = new Mistakes(await contentProblems(root, await names()))
          if (message !== said && message !== '') logger.error(`\n${message}`)
          if (message === '' && said !== '') logger.info('no mistakes are left')
          said = message
        }
        void tell()
        server.watcher.on('all', (_event, path) => void (path.startsWith(content) && tell()))
      },
    },
  }
}
