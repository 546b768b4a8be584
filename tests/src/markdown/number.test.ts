import { describe, expect, test } from 'vitest'
import { prose } from './prose.ts'

const figure = (id: string, more = '') =>
  `<Figure id="${id}" kind="minibatches" condition="none" epoch={10} variant="bias" title="A finding"${more}>\nWords with <Stat name="none.start.agrees" />.\n</Figure>`

describe('numbering', () => {
  test('counts figures, equations and notes apart, in reading order, and letters the figures that the source does not have', async () => {
    const { code } = await prose(
      [
        'First.<Note>One.</Note>',
        figure('a'),
        '<Equation id="e">\n$$\nx\n$$\n</Equation>',
        figure('b', ' added'),
        figure('c'),
        'Second.<Note>Two.</Note>',
      ].join('\n\n'),
    )
    const numbers = (name: string) =>
      [...code.matchAll(new RegExp(`<${name}[^>]*? number="(\\w+)"`, 'g'))].map(([, number]) => number)
    expect(numbers('Figure')).toEqual(['1', 'A', '2'])
    expect(numbers('Equation')).toEqual(['1'])
    expect(numbers('Note')).toEqual(['1', '2'])
  })

  test('goes on after the 26th letter with two', async () => {
    const { code } = await prose(
      Array.from({ length: 54 }, (_, at) => figure(`f-${at}`, ' added')).join('\n\n'),
    )
    const letters = [...code.matchAll(/<Figure[^>]*? number="(\w+)"/g)].map(([, number]) => number)
    expect(letters.slice(24, 29)).toEqual(['Y', 'Z', 'AA', 'AB', 'AC'])
    expect(letters.slice(51)).toEqual(['AZ', 'BA', 'BB'])
  })

  test('gives references their words, also to what comes later', async () => {
    const { code } = await prose(
      [
        '<Ref to="b" /> <Ref to="e" /> <Ref to="what-we-found" />',
        figure('a'),
        figure('b'),
        '<Equation id="e">\n$$\nx\n$$\n</Equation>',
        '## What we *found*',
      ].join('\n\n'),
    )
    expect([...code.matchAll(/words="([^"]*)"/g)].map(([, words]) => words)).toEqual([
      'Figure 2',
      'equation (1)',
      'What we found',
    ])
  })

  test('makes links between content files links between pages', async () => {
    const { code } = await prose('[a](method.mdx) [b](./article.mdx#x) [c](https://example.org/a.mdx)')
    expect([...code.matchAll(/href="([^"]*)"/g)].map(([, address]) => address)).toEqual([
      './method.html',
      './index.html#x',
      'https://example.org/a.mdx',
    ])
  })

  test('lists what the article takes from the results', async () => {
    const { quoted } = await prose(`${figure('a')}\n\n<Stat name="none.epoch10.layer1.cosine" />`)
    expect(quoted).toEqual({
      figures: [{ kind: 'minibatches', condition: 'none', epoch: 10, variant: 'bias' }],
      statistics: ['none.start.agrees', 'none.epoch10.layer1.cosine'],
      claims: [],
    })
  })
})
