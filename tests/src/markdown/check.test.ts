import { describe, expect, test } from 'vitest'
import { mistakes } from './prose.ts'

const figure =
  '<Figure id="fig-one" kind="minibatches" condition="none" epoch={10} variant="bias" title="A finding">\nWords.\n</Figure>'

describe('the check of the prose', () => {
  test('lets pass what is right', () => {
    const right = `## A heading

A number <Stat name="none.epoch10.layer2.cosine" interval />, a verdict <Verdict name="none.start.agrees" yes="agree" no="do not" /> and a source [see @kingma2014; @ioffe2015, p. 3].<Note>With *words*.</Note>

<Equation id="eq-rule">
$$
y = 10d
$$
</Equation>

${figure}

As <Ref to="fig-one" />, <Ref to="eq-rule" />, <Ref to="a-heading" />, [here](#fig-one), [there](method.mdx#data) and [elsewhere](https://example.org).

<details><summary>More</summary>An address such as someone@example.org.</details>
`
    expect(mistakes(right)).toEqual([])
  })

  test('names file, line, column, what was written, and the nearest that would be right', () => {
    expect(mistakes('First.\n\nHere <Stat name="none.epoch10.layr2.cosine" />.')).toEqual([
      'content/article.mdx:3:12: unknown statistic "none.epoch10.layr2.cosine". Did you mean "none.epoch10.layer2.cosine" or "none.epoch10.layer1.cosine" or "none.epoch10.r2"? Valid: none.epoch10.layer2.cosine, none.epoch10.layer1.cosine, none.epoch10.r2, none.start.agrees, none.accurateFrom.',
    ])
  })

  test('refuses at once a paragraph whose reading would take minutes', () => {
    const sentence = 'As <Stat name="none.epoch10.r2" /> is. '
    expect(mistakes(`Words.\n\n${sentence.repeat(20_000)}`)).toEqual([
      'content/article.mdx:3:1: 780001 characters follow without a blank line; at most 50000 may. Divide them.',
    ])
    expect(mistakes(`${sentence.repeat(40)}\n\n`.repeat(50))).toEqual([])
  })

  test('reports all mistakes of a file at once, in reading order', () => {
    const lines = mistakes('<Figur />\n\nAnd <Stat />, [@kigma2014].\n\n## [x](#nowhere)')
    expect(lines.map((line) => line.slice(0, 40))).toEqual([
      'content/article.mdx:1:1: unknown compone',
      'content/article.mdx:3:5: <Stat> needs th',
      'content/article.mdx:3:16: unknown citati',
      'content/article.mdx:5:4: unknown referen',
    ])
  })

  test.each([
    ['a component', '<Figur />', 'unknown component "Figur". Did you mean "Figure"?'],
    ['an element', '<stong>x</stong>', 'unknown element "stong". Did you mean "strong"?'],
    [
      'an attribute',
      '<Stat nam="none.start.agrees" />',
      'unknown attribute of <Stat> "nam". Did you mean "name"?',
    ],
    [
      'a kind of figure',
      '<Figure id="a" kind="minibatch" title="t" />',
      'unknown kind of figure "minibatch". Did you mean "minibatches"?',
    ],
    [
      'a condition',
      '<Figure id="a" kind="training" condition="dropot" title="t" />',
      'unknown condition "dropot". Did you mean "dropout"?',
    ],
    [
      'an epoch',
      figure.replace('{10}', '{11}'),
      'unknown epoch 11 of the condition "none". Valid: {0}, {10}, {50}, "start", "last".',
    ],
    [
      'a variant that another condition has',
      figure.replace('"bias"', '"fresh"'),
      'unknown variant "fresh" of the condition "none". Valid: "bias", "float32".',
    ],
    [
      'a layer',
      '<Figure id="a" kind="landscape" condition="none" epoch="last" layer={3} title="t" />',
      'unknown layer 3.',
    ],
    [
      'a minibatch to start with',
      '<Figure id="a" kind="minibatches" condition="none" epoch="last" variant="bias" minibatch={51} title="t" />',
      'unknown minibatch 51. They are numbered from 1 to 50',
    ],
    [
      'a minibatch to start with, of a figure without a player',
      '<Figure id="a" kind="training" condition="none" minibatch={5} title="t" />',
      'a figure of kind "training" takes no minibatch',
    ],
    ['a citation', 'As [@kingma2041] has it.', 'unknown citation "kingma2041". Did you mean "kingma2014"?'],
    [
      'a reference',
      `${figure}\n\n<Ref to="fig-on" />`,
      'unknown reference "fig-on". Did you mean "fig-one"?',
    ],
    ['a page', '[method](metod.mdx)', 'unknown page "metod.mdx". Did you mean "method.mdx"?'],
  ])('finds %s that does not exist', (_what, text, message) => {
    expect(mistakes(text).join('\n')).toContain(message)
  })

  test.each([
    [
      'an attribute is missing',
      figure.replace('epoch={10} ', ''),
      'a figure of kind "minibatches" needs the attribute epoch',
    ],
    [
      'an attribute is of no use',
      figure.replace('"minibatches"', '"training"'),
      'a figure of kind "training" takes no epoch',
    ],
    ['a label is used twice', `${figure}\n\n${figure}`, 'the label "fig-one" is used twice'],
    [
      'a label is not one',
      figure.replace('fig-one', 'Figure 1'),
      'the label "Figure 1" must be of lower-case letters, digits and hyphens',
    ],
    ['a value cannot be checked', figure.replace('{10}', '{2 * 5}'), 'epoch must be a plain value'],
    ['attributes come from an expression', '<Stat {...all} />', '<Stat> takes its attributes by name'],
    [
      'a flag has a value',
      '<Stat name="none.start.agrees" interval="yes" />',
      'interval is written alone, without a value',
    ],
    ['a note stands by itself', 'Words.\n\n<Note>Alone.</Note>', '<Note> belongs within a paragraph'],
    [
      'a formula cannot be read',
      'So $\\frc{1}{2}$ it is.',
      'content/article.mdx:1:4: the formula cannot be typeset: Unsupported function name: \\frc',
    ],
  ])('says so when %s', (_what, text, message) => {
    expect(mistakes(text).join('\n')).toContain(message)
  })

  test('leaves components alone that the article imports itself', () => {
    expect(mistakes('import Widget from \'./widget.ts\'\n\n<Widget colour="red" />')).toEqual([])
  })
})
