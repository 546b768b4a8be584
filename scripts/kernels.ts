/** Assembles the kernels of `experiments/kernels/` anew, after an edit of their texts. */
import { writeFile } from 'node:fs/promises'
import wabt from 'wabt'
import { texts } from '../experiments/kernels/texts.ts'

const { parseWat } = await wabt()
const entries = Object.entries(texts).map(([name, text]) => {
  const { buffer } = parseWat(`${name}.wat`, text, { simd: true }).toBinary({})
  return `  ${name}:\n    '${Buffer.from(buffer).toString('base64')}',`
})
await writeFile(
  new URL('../experiments/kernels/assembled.ts', import.meta.url),
  `/** The kernels' bytes in base64, written by \`npm run kernels\`. */
export const assembled = {
${entries.join('\n')}
}
`,
)
