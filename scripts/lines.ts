import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Columns of a line of prose: a comment, or a line of the documentation. Biome breaks code at the same one.
 */
const columns = 110

/** Lines that are comments, at their beginning or as a whole. */
const comment = /^\s*(\/\/|\/?\*)/
/** A row of a table, or a line of an example: these cannot be broken. */
const unbreakable = /^(\||\s*\|| {4}\S)/
/** Comments that a tool reads, which have to be one line. */
const directive = /biome-ignore|@vite-ignore/

const files = execFileSync('git', ['ls-files', '*.ts', '*.astro', '*.css', '*.mjs', '*.md'], {
  encoding: 'utf8',
})
const long = files
  .trim()
  .split('\n')
  .flatMap((file) => {
    const isProse = file.endsWith('.md')
    let fenced = false
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => {
        if (isProse && line.startsWith('```')) fenced = !fenced
        const counts = isProse
          ? !fenced && !unbreakable.test(line)
          : comment.test(line) && !directive.test(line)
        const length = [...line].length
        return counts && length > columns
          ? [`${file}:${i + 1}:${columns + 1}: a line of ${length} columns`]
          : []
      })
  })
for (const line of long) console.error(line)
if (long.length > 0) {
  console.error(`Comments and documentation have lines of at most ${columns} columns.`)
  process.exitCode = 1
}
