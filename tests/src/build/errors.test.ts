import { describe, expect, test } from 'vitest'
import { inOurWords } from '../../../src/build/errors.ts'

const said = (error: unknown) => inOurWords(error, '/project').message

describe('what is said when the site cannot be built', () => {
  test('is a line for each mistake that the bundler found, with file, line and column', () => {
    const errors = [
      {
        id: '/project/content/article.mdx',
        line: 3,
        column: 5,
        message: '\u001b[31mno such thing\u001b[39m\n  at compiled code',
      },
      { loc: { file: '/project/src/a.ts', line: 1, column: 2 }, message: 'wrong' },
      { id: '/project/src/b.ts?astro', message: 'src/b.ts:1:1: wrong' },
    ]
    expect(said(Object.assign(new Error('Build failed'), { errors }))).toBe(
      'content/article.mdx:3:5: no such thing\nsrc/a.ts:1:2: wrong\nsrc/b.ts:1:1: wrong',
    )
  })

  test('never has undefined in it, whatever is missing', () => {
    const folder = Object.assign(new Error("EACCES: permission denied, mkdir '/project/.astro'"), {
      code: 'EACCES',
      path: '/project/.astro',
    })
    expect(said(folder)).toBe('.astro: the file system says EACCES: permission denied.')
    expect(said(Object.assign(new Error('one\ntwo'), { errors: [{ message: 'x' }] }))).toBe('x')
    expect(said(Object.assign(new Error('one'), { id: '/project/src/a.ts' }))).toBe('src/a.ts: one')
    expect(said(Object.assign(new Error('one'), { id: '/project/src/a.ts', line: 2 }))).toBe(
      'src/a.ts:2: one',
    )
    expect(said(new Error('one\ntwo'))).toBe('one')
    expect(said(Object.assign(new Error('one'), { hint: 'Do this.\nAnd that.' }))).toBe('one Do this.')
    expect(said(new Error(''))).toBe('an error without a message')
    expect(said('words')).toBe('words')
  })

  test('carries no stack of the libraries that threw', () => {
    const { stack } = inOurWords(Object.assign(new Error('x'), { stack: 'x\n at library.js' }), '/project')
    expect(stack).not.toContain('library.js')
  })
})
