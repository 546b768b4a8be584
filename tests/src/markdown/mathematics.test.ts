import { describe, expect, test } from 'vitest'
import { prose } from './prose.ts'

describe('a formula in a line of text', () => {
  test('is joined to the bracket before it and the punctuation after it', async () => {
    const { code } = await prose('So ($x$), then.')
    expect(code).toContain(
      '{"So "}<_components.span className="joined">{"("}<_components.span className="katex">',
    )
    expect(code).toContain('{"),"}</_components.span>{" then."}')
  })

  test('is left alone where nothing touches it, or where it may itself be broken', async () => {
    expect((await prose('So $x$ is (with $a = b$).')).code).not.toContain('joined')
  })
})
