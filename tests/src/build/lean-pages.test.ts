import { describe, expect, test } from 'vitest'
import {
  charactersOf,
  mathematicsOf,
  relativeAddresses,
  weightOf,
  withFaces,
  woff2Only,
} from '../../../src/build/lean-pages.ts'

describe('a built page', () => {
  test('has addresses relative to its folder, and leaves those of other hosts and places', () => {
    const html = `<link href="/a.css"><img src='/b.png'><a href="#c"><a href="//d.org/"><a href="https://e.org/"><style>x{src:url(/f.woff2)}y{src:url("/g")}</style>`
    expect(relativeAddresses(html, 0)).toBe(
      `<link href="./a.css"><img src='./b.png'><a href="#c"><a href="//d.org/"><a href="https://e.org/"><style>x{src:url(./f.woff2)}y{src:url("./g")}</style>`,
    )
    expect(relativeAddresses('<a href="/x">', 2)).toBe('<a href="../../x">')
    expect(relativeAddresses('<img srcset="/a.webp 1x, /b.webp 2x, //c.org/d 3x">', 1)).toBe(
      '<img srcset="../a.webp 1x, ../b.webp 2x, //c.org/d 3x">',
    )
  })

  test('asks for faces as WOFF2 only', () => {
    expect(
      woff2Only(
        'src:url(/a.woff2)format("woff2"),url(/a.woff)format("woff"),url(/a.ttf) format("truetype")}',
      ),
    ).toBe('src:url(/a.woff2)format("woff2")}')
  })
})

describe('the characters of a page', () => {
  test('are each counted once, however they are written', () => {
    expect(charactersOf('baba&#233;&#xe9;é')).toContain('é')
    expect(charactersOf('aab')).toBe('ab')
  })

  test('of its mathematics are those that KaTeX typeset, and none after it', () => {
    const formula =
      '<span class="katex-html" aria-hidden="true"><span class="base"><span>θ</span><span class="s"></span>x</span></span>'
    expect(mathematicsOf(`<p>before <span class="katex"><math>θ=x</math>${formula}</span> after</p>`)).toBe(
      'θx',
    )
    expect(mathematicsOf('<p>none</p>')).toBe('')
  })
})

describe('the faces of a page', () => {
  const css = `@font-face{font-family:"Serif";src:url("/_astro/fonts/a.woff2") format("woff2");font-weight:400 600;font-style:normal;}@font-face{font-family:"Serif";src:url("/_astro/fonts/b.woff2");font-weight:400;font-style:italic;}@font-face{font-family:KaTeX_Main;font-weight:700;src:url(/_astro/KaTeX_Main-Bold.woff2)format("woff2")}`

  test('of its text are narrowed to the weights that are declared; those of mathematics are not faces of text', () => {
    expect(weightOf(css, '_astro/fonts/a.woff2')).toEqual({ min: 400, max: 600 })
    expect(weightOf(css, '_astro/fonts/b.woff2')).toBe(400)
    expect(weightOf(css, '_astro/KaTeX_Main-Bold.woff2')).toBeUndefined()
  })

  test('of its text are carried by it, and not asked for ahead', () => {
    const page = `<link rel="preload" href="/_astro/fonts/a.woff2" as="font" type="font/woff2" crossorigin><style>${css}</style>`
    const carried = withFaces(page, new Map([['/_astro/fonts/a.woff2', 'data:font/woff2;base64,QUJD']]))
    expect(carried).toContain('src:url("data:font/woff2;base64,QUJD") format("woff2")')
    expect(carried).not.toContain('preload')
    expect(carried).toContain('"/_astro/fonts/b.woff2"')
  })
})
