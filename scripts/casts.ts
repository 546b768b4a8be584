/**
 * `npm run check:casts`: how often the code tells the compiler what a value is, with `as` (but not `as
 * const`) and with `!`, a thousand lines; an error above the limits. With --list, each place.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Uses in a thousand lines; below these, each is one that a type cannot spare: see CONTRIBUTING.md. */
const limits = { as: 6, '!': 3 }

const folders = ['experiments', 'native', 'pipeline', 'src', 'scripts', 'bench']
const files = execFileSync('git', ['ls-files', ...folders.map((folder) => `${folder}/**.ts`)], {
  encoding: 'utf8',
})
let lines = 0
const found: { readonly kind: keyof typeof limits; readonly place: string }[] = []
for (const file of files.trim().split('\n')) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  lines += source.getLineStarts().length - 1
  const visit = (node: ts.Node): void => {
    const kind = ts.isNonNullExpression(node)
      ? '!'
      : ts.isAsExpression(node) && node.type.getText() !== 'const'
        ? 'as'
        : undefined
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart())
    if (kind)
      found.push({ kind, place: `${file}:${line + 1}:${character + 1}: ${node.getText().split('\n')[0]}` })
    ts.forEachChild(node, visit)
  }
  visit(source)
}

for (const [kind, limit] of Object.entries(limits)) {
  const places = found.filter((one) => one.kind === kind)
  const rate = (1000 * places.length) / lines
  if (process.argv.includes('--list')) for (const { place } of places) console.log(place)
  console.log(
    `${places.length} times ${kind} in ${lines} lines: ${rate.toFixed(1)} a thousand; below ${limit} may be`,
  )
  if (rate >= limit) process.exitCode = 1
}
