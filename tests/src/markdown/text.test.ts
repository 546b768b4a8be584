import { describe, expect, test } from 'vitest'
import { mistakes } from './prose.ts'

const right: [string, string][] = [
  [
    'formulas and amounts',
    'A price of \\$5 and then \\$10, $x$, $ \\$ $ no: `$5` and $2^{10}$.'.replace('$ \\$ $ no: ', ''),
  ],
  ['citations', 'As @kingma2014 and [see @ioffe2015, p. 3; @kingma2014]. Mail to a@example.org.'],
  ['marks of Markdown', '**Bold**, `a ** b`, 2 \\* 3, [words](https://example.org "title"), a_b_c.'],
  ['a comment and a plain value', "{/* to do */}\n\nA{' '}blank."],
  ['tables', '| a | b |\n| - | - |\n| 1 | 2 |\n| 3 |'],
  ['code', '```ts\nconst a = { b: 1 }\n$$\n**\n```\n\nText.'],
  ['headings', '## One\n\n### Two\n\n## Three'],
  [
    'links',
    '[a](method.mdx#data) [b](./method.html) [c](lab.html?a=1#walks) [d](/icon.svg) [e](article.mdx#what-we-found)',
  ],
  ['an image beside the page', '![Words](./picture.png)'],
  ['a link given below', '[words][one]\n\n[one]: https://example.org'],
  ['a reference into another page', '[equation](method.mdx#eq-one)'],
  [
    'a statistic without value',
    '<Stat name="none.accurateFrom" interval /> is none.'.replace(' interval', ''),
  ],
  ['a formula of several lines', '$$\na\n= b\n$$'],
]

const figure = (attributes: string) => `<Figure id="f" title="A finding" ${attributes}>\nWords.\n</Figure>`

/** What is written, where the mistake is, and what is said of it. */
const wrong: [string, string, string][] = [
  ['$5 and then $10 more', '1:1', 'from this $ to the next, "$5 and then $" is read as a formula'],
  ['costs $5 or more', '1:7', 'this $ neither begins nor ends a formula'],
  ['So $x + y.', '1:4', 'this $ neither begins nor ends a formula'],
  ['Words.\n\n$$\nx = 1\n\nMore words.', '3:1', 'the formula that begins here has no $$ below it'],
  [
    '<Equation id="e">\n$$\nx\n</Equation>\n\n$$\ny\n$$',
    '2:1',
    'the formula that begins here has no $$ below it',
  ],
  ['So $\\frac{1}$.', '1:4', 'the formula cannot be typeset'],
  ['$$\n\\foo\n$$', '1:1', 'the formula cannot be typeset: Unsupported function name: \\foo'],
  ['The gr\u00f6\u00dfe $\u00fc$.', '1:11', 'the formula cannot be typeset: Accented Unicode text character'],
  ['As @unknown2020 has it.', '1:4', 'unknown citation "unknown2020"'],
  ['As (@kingma2014) has it.', '1:5', 'write [@kingma2014] for a citation in parentheses'],
  ['As *[@kingma2014]* has it.', '1:6', 'a citation cannot stand in emphasis'],
  ['## See [@kingma2014]', '1:9', 'a citation cannot stand in a heading'],
  ['Not **bold.', '1:5', 'these marks make nothing bold'],
  ['Not `code.', '1:5', 'this ` makes nothing code'],
  ['See [words](a b c).', '1:11', 'this is no link'],
  ['See [words][nowhere].', '1:11', 'no address is given for this link'],
  ['A note[^1].', '1:7', 'this note has no text'],
  ['A&bogus;B', '1:2', 'there is no sign of this name'],
  ['# A title', '1:1', 'the title of the frontmatter is the only heading with one #'],
  ['## One\n\n#### Two', '3:1', 'a heading with #### comes after one with at most ##'],
  ['## ', '1:1', 'the heading is empty'],
  ['Words\n---\nmore.', '1:1', 'a line above --- or === is read as a heading'],
  ['| a | b |\n| - | - |\n| 1 | 2 | 3 |', '3:1', 'this row has 3 cells, and the head of the table 2'],
  ['| a | b |\n| - |\n| 1 | 2 |', '2:1', 'this is no table'],
  ['Words.\n\n```ts\ncode\n\nMore words.', '3:1', 'the code that begins here has no ``` below it'],
  ['If { a < b } then', '1:4', '{ a < b } is code, of which prose has none'],
  ['If { a < } then', '1:10', 'what stands between { and } is read as code: Unexpected token'],
  ['In {braces', '1:4', 'the expression that begins here does not end'],
  ['{Math.PI}', '1:1', '{Math.PI} is code'],
  ['export const a = 1', '1:1', 'prose has no code but imports'],
  ['import A from "./nothing.ts"', '1:1', 'there is no file "./nothing.ts" beside the page'],
  ['import A from "lodash"', '1:1', 'there is no file "lodash" beside the page'],
  ['When a <5 it', '1:9', 'Write \\< for a less-than sign'],
  ['<!-- a comment -->', '1:2', 'to create a comment in MDX, use `{/* text */}`'],
  ['Words <Note>and more.', '1:7', '<Note> is not closed in the paragraph'],
  ['Words\n<Figure id="a"', '2:1', 'the tag that begins here does not end'],
  ['[x](./labb.html)', '1:1', 'unknown address "labb.html". Did you mean "lab.html"'],
  ['[x](metod.mdx)', '1:1', 'unknown page "metod.mdx". Did you mean "method.mdx"'],
  ['[x](method)', '1:1', 'unknown address "method"'],
  ['[x](method.mdx#no-such)', '1:1', 'unknown reference into method.mdx "no-such"'],
  ['[x](article.mdx#dropoutt)', '1:1', 'unknown reference into article.mdx "dropoutt"'],
  ['[x](#nowhere)', '1:1', 'unknown reference "nowhere"'],
  ['[x](/missing.pdf)', '1:1', 'unknown address "missing.pdf"'],
  ['[x](../README.md)', '1:1', 'unknown address "../README.md"'],
  ['[x](javascript:alert(1))', '1:1', 'leads nowhere'],
  ['[x](https://)', '1:1', 'leads nowhere'],
  ['[x](mailto:nobody)', '1:1', 'leads nowhere'],
  ['[x]()', '1:1', 'the link has no address'],
  ['[](method.mdx)', '1:1', 'the link has no words'],
  ['[words][one]\n\n[one]: nothing.html', '3:1', 'unknown address "nothing.html"'],
  ['<a href="nothing.html">x</a>', '1:1', 'unknown address "nothing.html"'],
  ['![Words](/missing.png)', '1:1', 'there is no image "/missing.png" in public/'],
  ['![Words](missing.png)', '1:1', 'there is no image "missing.png" beside the page'],
  ['![Words](https://example.org/a.png)', '1:1', 'an image comes from beside the page'],
  ['![Words](./picture.doc)', '1:1', 'unknown format of an image ".doc"'],
  ['![](./picture.png)', '1:1', 'the image has no words in its place'],
  [
    'A <Verdict name="none.epoch10.r2" yes="a" no="b" />',
    '1:12',
    '"none.epoch10.r2" is a number, which is no verdict',
  ],
  ['A <Verdict name="none.start.agrees" yes="" no="b" />', '1:37', 'yes of <Verdict> is empty'],
  ['A <Stat name="none.start.agrees" />', '1:9', '"none.start.agrees" is a verdict'],
  ['A <Stat name="none.epoch10.r2" interval />', '1:32', '"none.epoch10.r2" has no interval'],
  ['A <Stat name="none.epoch10.r2">text</Stat>', '1:32', '<Stat /> shows its own words'],
  ['A <Stat name="none.epoch10.r2" name="none.epoch10.r2" />', '1:32', '<Stat> has name twice'],
  ['A<Note> </Note>', '1:2', '<Note> is empty'],
  ['<Equation id="e">\nwords\n</Equation>', '1:1', '<Equation> holds one formula'],
  ['Words <Equation id="e">$x$</Equation>', '1:7', '<Equation> stands in lines of its own'],
  [
    figure('kind="training" condition="none"').replace('A finding', ' '),
    '1:16',
    'title of <Figure> is empty',
  ],
  [
    figure('kind="batch-size" condition="batch-norm-before"'),
    '1:52',
    'cannot be drawn of the condition "batch-norm-before". Valid: none, dropout.',
  ],
  [
    figure('kind="walk" condition="dropout"'),
    '1:46',
    'a figure of kind "walk" cannot be drawn of the condition "dropout"',
  ],
]

describe('what an author may write', () => {
  test.each(right)('%s', (_, text) => {
    expect(mistakes(text)).toEqual([])
  })
})

describe('what is said where an author errs', () => {
  test.each(wrong)('%j at %s', (text, place, reason) => {
    const found = mistakes(text).find((line) => line.includes(reason))
    expect(found ?? mistakes(text).join('\n')).toContain(`content/article.mdx:${place}: `)
    expect(found).toContain(reason)
  })
})
