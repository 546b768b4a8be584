import { describe, expect, test } from 'vitest'
import { mathematics, whyNot } from '../../../src/markdown/mathematics.ts'
import { prose } from './prose.ts'

describe('a formula in a line of text', () => {
  test('is joined to the bracket before it and the punctuation after it', async () => {
    const { code } = await prose('So ($x$), then.')
    expect(code).toContain('{"So "}<_components.span className="joined">{"("}<_components.math>')
    expect(code).toContain('{"),"}</_components.span>{" then."}')
  })

  test('is left alone where nothing touches it', async () => {
    expect((await prose('So $x$ is.')).code).not.toContain('joined')
  })

  test('may be broken after a relation, and one by itself may not', () => {
    const pieces = (html: string) =>
      html.match(/^<math[^>]*>(.*)<\/math>$/)?.[1].split('</mrow><mrow>').length
    expect(pieces(mathematics('a = b', false))).toBe(2)
    expect(pieces(mathematics('a = b', true))).toBe(1)
  })
})

describe('why a formula cannot be typeset', () => {
  test.each([
    ['\\frac{1}', "Unexpected end of input in a macro argument, expected '}'"],
    ['x \\foo{y}', 'Unsupported function name: \\foo'],
    ['a_b_c', 'Double subscript'],
    ['\u00fc', 'Accented Unicode text character "\u00fc" used in math mode'],
    ['\\href{javascript:alert(1)}{x}', 'Unsupported function name: \\href'],
  ])('is said in a few words: %s', (formula, reason) => {
    expect(whyNot(formula, false)).toBe(reason)
  })

  test('is not there for one that can', () => {
    expect(whyNot('\\sum_{k > B/2} \\binom{B}{k}', true)).toBeUndefined()
  })
})
