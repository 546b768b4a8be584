import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { paper } from '../../experiments/protocol.ts'
import { bibliographyKeys, bibliographyProblems } from '../../src/markdown/bibliography.ts'
import { pageProblems } from '../../src/markdown/page.ts'
import { vocabulary } from '../../src/markdown/vocabulary.ts'
import { type Fault, proseFaults } from './prose.ts'
import { withoutPlace } from './protocol.ts'

const seed = Number(process.env.FAULT_SEED ?? 1)
const count = Number(process.env.FAULT_CASES ?? 90)
const content = new URL('../../content/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, content), 'utf8')
const pages = readdirSync(content).filter((file) => file.endsWith('.mdx'))
const sources = new Map(pages.map((file) => [file, read(file)]))

/** The lines and reasons of what is wrong with a file when its text is this. */
async function problems({ file, text }: Pick<Fault, 'file' | 'text'>) {
  if (file.endsWith('.bib'))
    return bibliographyProblems(text).map(({ at, reason }) => ({ line: at.line, reason }))
  return pageProblems(file, text, {
    vocabulary: vocabulary(paper),
    citations: bibliographyKeys(read('references.bib')),
    pages: sources,
    addresses: ['lab.html', 'provenance.html'],
    beside: () => false,
  })
}

describe('what an author may get wrong', () => {
  test('is not found in what is right', async () => {
    for (const file of [...pages, 'references.bib'])
      expect(await problems({ file, text: read(file) })).toEqual([])
  })

  test(`is found in its line, ${count} times from seed ${seed}`, async () => {
    const faults = proseFaults(seed, count, read)
    expect(faults.length).toBeGreaterThan(count / 2)
    for (const fault of faults) {
      const found = await problems(fault)
      const right = found.some(({ line, reason }) => line === fault.line && fault.reason.test(reason))
      if (!right)
        expect({ kind: fault.kind, line: fault.line, file: fault.file, found }).toBe('told in its line')
    }
  })
})

test('the grammar of edits of the protocol finds all that it would edit', () => {
  const protocol = readFileSync(new URL('../../experiments/protocol.ts', import.meta.url), 'utf8')
  expect(withoutPlace(protocol)).toEqual([])
})
