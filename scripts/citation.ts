/**
 * `npm run citation`: writes `CITATION.cff` from content/site.yaml and the article's title and summary, once an
 * author is named. With `--check`, writes nothing and fails if the file says something else.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { parse } from 'yaml'
import { main } from '../pipeline/command.ts'
import { frontmatter } from '../src/markdown/frontmatter.ts'
import { cff } from '../src/site/citation.ts'
import { readSettings } from '../src/site/settings.ts'

const root = join(import.meta.dirname, '..')

const command = new Command('citation')
  .description(
    'Writes CITATION.cff, which repositories show, from content/site.yaml and content/article.mdx.',
  )
  .option('--check', 'only compare')
  .action(async ({ check }: { check?: boolean }) => {
    const [, head] = (await readFile(join(root, 'content/article.mdx'), 'utf8')).split(/^---$/m)
    const { title, summary } = frontmatter.parse(parse(head))
    const expected = cff({ title, abstract: summary, settings: readSettings(root) })
    const file = join(root, 'CITATION.cff')
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === expected) return
    if (check)
      throw new Error(
        expected
          ? 'CITATION.cff does not say what content/site.yaml and content/article.mdx say. Run `npm run citation`.'
          : 'CITATION.cff is there, but content/site.yaml names no author. Name one, or run `npm run citation`.',
      )
    if (expected) await writeFile(file, expected)
    else await rm(file)
  })

await main(command)
