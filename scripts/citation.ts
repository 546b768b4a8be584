/**
 * `npm run citation`: writes `CITATION.cff` from content/site.yaml and the article's title and summary, once
 * an author is named. With `--check`, writes nothing and fails if the file says something else.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { parse } from 'yaml'
import { main } from '../pipeline/command.ts'
import { replaceFile } from '../pipeline/disk.ts'
import { frontmatter } from '../src/markdown/frontmatter.ts'
import { cff } from '../src/site/citation.ts'
import { readSettings } from '../src/site/settings.ts'

const root = join(import.meta.dirname, '..')

/** The first line of a file that this command wrote, and so may replace. */
const mark = '# Written by `npm run citation` from content/site.yaml and content/article.mdx.\n'

const command = new Command('citation')
  .description(
    'Writes CITATION.cff, which repositories show, from content/site.yaml and content/article.mdx.',
  )
  .option('--check', 'only compare')
  .action(async ({ check }: { check?: boolean }) => {
    const [, head] = (await readFile(join(root, 'content/article.mdx'), 'utf8')).split(/^---$/m)
    const { title, summary } = frontmatter.parse(parse(head))
    const written = cff({ title, abstract: summary, settings: readSettings(root) })
    const expected = written && mark + written
    const file = join(root, 'CITATION.cff')
    const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    })
    if (found === expected) return
    if (!expected)
      throw new Error(
        'CITATION.cff is there, but content/site.yaml names no author. Name one there, or remove the file.',
      )
    if (found !== undefined && !found.startsWith(mark))
      throw new Error(
        'CITATION.cff was not written by this command, which leaves it as it is. Put what it says into content/site.yaml and remove it.',
      )
    if (check)
      throw new Error(
        'CITATION.cff does not say what content/site.yaml and content/article.mdx say. Run `npm run citation`.',
      )
    await replaceFile(file, expected)
  })

await main(command)
