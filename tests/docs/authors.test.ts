import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { paper } from '../../experiments/protocol.ts'
import { figureKinds } from '../../src/figures/index.ts'
import { bibliographyKeys, bibliographyProblems } from '../../src/markdown/bibliography.ts'
import { components } from '../../src/markdown/check.ts'
import { frontmatter, frontmatterProblems } from '../../src/markdown/frontmatter.ts'
import { pageProblems } from '../../src/markdown/page.ts'
import { vocabulary } from '../../src/markdown/vocabulary.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const guide = read('docs/authors.md')
const readme = read('README.md')
const examples = (language: string, text = guide) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text)
const head = '---\ntitle: T\nsummary: S\n---\n'

describe('the guide for authors', () => {
  test.each([...examples('mdx'), ...examples('mdx', readme)])(
    'and the README have examples that are right: %s',
    (text) => {
      const names = vocabulary(paper)
      const problems = pageProblems('guide', head + text, {
        vocabulary: names,
        citations: bibliographyKeys(read('content/references.bib')),
        pages: new Map([['method.mdx', read('content/method.mdx')]]),
        addresses: [],
        beside: (path) => path === 'whiteboard.png',
      })
      expect(problems).toEqual([])
    },
  )

  test('has a right frontmatter and a right entry of the bibliography', () => {
    for (const text of examples('yaml')) expect(frontmatterProblems(`---\n${text}---\n`)).toEqual([])
    for (const text of examples('bibtex')) expect(bibliographyProblems(text)).toEqual([])
  })

  test('tells of every component, attribute, kind of figure and key of the frontmatter', () => {
    const missing = [
      ...Object.keys(components).filter((name) => !guide.includes(`<${name}`)),
      ...Object.values(components)
        .flatMap((attributes) => Object.keys(attributes))
        .filter((name) => !guide.includes(`\`${name}\``)),
      ...Object.keys(frontmatter.shape).filter((key) => !guide.includes(`\`${key}\``)),
    ]
    expect(missing).toEqual([])
  })

  test('says what each kind of figure needs, and shows each', () => {
    const shown = examples('mdx').join('\n')
    for (const [kind, { needs }] of Object.entries(figureKinds)) {
      const row = guide.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`))
      const [, , said] = row?.split('|') ?? []
      expect([...(said ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(needs)
      expect(shown).toContain(`kind="${kind}"`)
    }
  })
})
