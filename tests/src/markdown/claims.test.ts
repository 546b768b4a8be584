import { describe, expect, test } from 'vitest'
import { allSayings, checkClaims, checkGuards, unguarded } from '../../../src/markdown/claims.ts'
import { parse } from '../../../src/markdown/parse.ts'
import type { Node, Point } from '../../../src/markdown/tree.ts'

/** The tree of a page with these lines of frontmatter and this text. */
function page(text: string, frontmatter = 'states: {title: nothing, summary: nothing}') {
  const source = `---\ntitle: T\nsummary: S\n${frontmatter}\n---\n\n${text}\n`
  return { source, tree: parse(source) as Node }
}

/** What a check reports of a page, as `line: reason`. */
function said(check: typeof checkClaims, text: string, frontmatter?: string): string[] {
  const { source, tree } = page(text, frontmatter)
  const found: string[] = []
  check(tree, source, (at: Point | undefined, reason: string) => found.push(`${at?.line ?? 0}: ${reason}`))
  return found
}

const figure = (attributes: string) =>
  `<Figure id="f" kind="training" condition="none" title="It learns" ${attributes}>\nWords.\n</Figure>`

describe('words about claims', () => {
  test('name claims and verdicts that exist, in sentences, figures and the frontmatter', () => {
    const text = `<Claim id="none.learns" says="holds">It learns.</Claim>\n\n${figure('claim="none.learns, start.agrees" says="holds"')}`
    expect(said(checkClaims, text)).toEqual([])
    expect(said(checkClaims, 'A <Claim id="none.lerns" says="holds">b</Claim>.')).toEqual([
      expect.stringMatching(/^7: unknown claim "none\.lerns"\. Did you mean "none\.learns"/),
    ])
    expect(said(checkClaims, 'A <Claim id="none.learns" says="hold">b</Claim>.')).toEqual([
      expect.stringMatching(/^7: unknown verdict "hold"\. Did you mean "holds"/),
    ])
    expect(said(checkClaims, figure('says="holds"'))).toEqual([
      '7: says="holds" needs the claim that it is said of: claim="..."',
    ])
    expect(said(checkClaims, 'A.', 'states: {title: nothing, summary: {none.lerns: holds}}')).toEqual([
      expect.stringMatching(/unknown claim "none\.lerns"/),
    ])
  })

  test('are listed with their claims, one verdict for all or one for each', () => {
    const { source, tree } = page(
      figure('claim="none.learns, start.agrees" says="holds, does not hold"'),
      'states: {title: {vote.not-whole: holds}, summary: nothing}',
    )
    expect(allSayings(tree, source).map(({ claim, says }) => [claim, says])).toEqual([
      ['vote.not-whole', 'holds'],
      ['none.learns', 'holds'],
      ['start.agrees', 'does not hold'],
    ])
  })
})

describe('headings, titles and the summary', () => {
  test('name a claim or say that they state nothing', () => {
    expect(said(checkGuards, `## A topic\n\n${figure('says="nothing"')}`)).toEqual([
      expect.stringMatching(/^7: the heading "A topic" names no claim\. Put it in <Claim/),
    ])
    const topics = 'states: {title: nothing, summary: nothing}\ntopics: [A topic]'
    expect(said(checkGuards, '## A topic', topics)).toEqual([])
    expect(said(checkGuards, '## <Claim id="none.learns" says="holds">It learns</Claim>')).toEqual([])
    expect(said(checkGuards, '## <Claim id="none.learns" says="holds">A topic</Claim>', topics)).toEqual([
      expect.stringMatching(/names a claim and is among the topics/),
    ])
    expect(said(checkGuards, 'Words.', topics)).toEqual([
      expect.stringMatching(/there is no heading "A topic"/),
    ])
    expect(said(checkGuards, figure(''))).toEqual([
      expect.stringMatching(/^7: the title of the figure names no claim/),
    ])
    expect(said(checkGuards, 'Words.', 'short: T')).toEqual([
      expect.stringMatching(/^0: the title names no claim/),
      expect.stringMatching(/^0: the summary names no claim/),
    ])
  })
})

test('sentences with numbers, results or comparisons outside of claims are listed with their lines', () => {
  const text =
    'A plain sentence. This one has 12. <Claim id="none.learns" says="holds">This has 13, in a claim.</Claim>\n\nLarger than that? It is <Stat name="x" />.'
  expect(unguarded(page(text).tree).map(({ at, sentence }) => [at?.line, sentence])).toEqual([
    [7, 'This one has 12.'],
    [9, 'Larger than that?'],
    [9, 'It is ….'],
  ])
})
