/**
 * The development server tells of the mistakes in what a person wrote: in the terminal, and on the page that
 * has them.
 */
import { join } from 'node:path'
import type { AstroIntegration } from 'astro'
import { contentProblems, problemsOfPage } from '../markdown/content.ts'
import { Mistakes } from '../markdown/problem.ts'
import type { Vocabulary } from '../markdown/vocabulary.ts'

export function checkProse({ root, vocabulary }: { root: string; vocabulary: Vocabulary }): AstroIntegration {
  const content = join(root, 'content/')
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
              const problems = await problemsOfPage(root, id, vocabulary)
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
          const { message } = new Mistakes(await contentProblems(root, vocabulary))
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
