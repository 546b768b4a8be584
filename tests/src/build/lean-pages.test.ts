import { fromHtml } from 'hast-util-from-html'
import { toHtml } from 'hast-util-to-html'
import { describe, expect, test } from 'vitest'
import {
  charactersOf,
  declared,
  formulas,
  makeRelative,
  shareFaces,
  withItalics,
} from '../../../src/build/lean-pages.ts'

const piece = (html: string) => fromHtml(html, { fragment: true })

describe('a built page', () => {
  test.each([
    ['<link href="/a.css"><img src="/b.png">', '<link href="./a.css"><img src="./b.png">'],
    ['<a href="#c"></a><a href="//d.org/"></a>', '<a href="#c"></a><a href="//d.org/"></a>'],
    ['<a href="https://e.org/"></a>', '<a href="https://e.org/"></a>'],
    ['<style>x{src:url(/f)}y{src:url("/g")}</style>', '<style>x{src:url(./f)}y{src:url("./g")}</style>'],
    ['<pre>href="/not-an-address"</pre>', '<pre>href="/not-an-address"</pre>'],
  ])(
    'has addresses relative to its folder, and leaves those of other hosts and places: %s',
    (html, expected) => {
      const page = piece(html)
      makeRelative(page, 0)
      expect(toHtml(page)).toBe(expected)
    },
  )

  test('goes up to the site’s root from where it lies, for each address of a set', () => {
    const page = piece('<img srcset="/a.webp 1x, /b.webp 2x, //c.org/d 3x">')
    makeRelative(page, 2)
    expect(toHtml(page)).toBe('<img srcset="../../a.webp 1x, ../../b.webp 2x, //c.org/d 3x">')
  })
})

describe('the characters of a page', () => {
  test('are each counted once, however they are written, and not those of its markup', () => {
    expect(charactersOf(piece('<p title="z">ba<b>b</b>a&#233;&#xe9;é</p>'), 'c')).toBe('abcé')
  })

  test('of formulas are also the letters in italics that browsers set for them', () => {
    expect(withItalics('+Wh\u03b8\u03f5')).toBe(
      '+W\u{1d44a}h\u210e\u03b8\u{1d703}\u{1d717}\u03f5\u{1d700}\u{1d716}',
    )
  })

  test('of its formulas are those within them', () => {
    const page = piece('<p>before <math><msup><mi>θ</mi><mn>2</mn></msup></math> after</p>')
    expect(charactersOf(formulas(page))).toBe('2θ')
    expect(charactersOf(formulas(piece('<p>none</p>')))).toBe('')
  })
})

describe('the faces of a page', () => {
  const css = `@font-face{font-family:"Serif-1";src:url("/fonts/a.woff2") format("woff2");font-weight:400 600;}@font-face{font-family:"Serif-1";src:url("/fonts/b.woff2");font-weight:400;font-style:italic;}`
  const page = () =>
    fromHtml(
      `<head><link rel="preload" href="/fonts/a.woff2" as="font"><link rel="icon" href="/i"><style>${css}</style></head>`,
    )

  test('are declared with their family and weights', () => {
    expect(declared('fonts/a.woff2', page())).toEqual({ family: 'Serif-1', weight: { min: 400, max: 600 } })
    expect(declared('fonts/b.woff2', page())).toEqual({ family: 'Serif-1', weight: 400 })
    expect(() => declared('fonts/c.woff2', page())).toThrow(
      'No page declares a face whose file is fonts/c.woff2',
    )
  })

  test('that are data lie in a style sheet that pages share; others keep a file; none is asked for ahead', () => {
    const shared = page()
    const { file, sheet } = shareFaces(
      shared,
      new Map([
        ['/fonts/a.woff2', 'data:font/woff2;base64,QUJD'],
        ['/fonts/b.woff2', '/b.hash.woff2'],
      ]),
    )
    expect(file).toMatch(/^_astro\/faces\.[\w-]{8}\.css$/)
    expect(sheet).toBe(
      '@font-face{font-family:"Serif-1";src:url("data:font/woff2;base64,QUJD") format("woff2");font-weight:400 600;}',
    )
    const html = toHtml(shared)
    expect(html).toContain(
      `<link rel="icon" href="/i"><link rel="stylesheet" href="/${file}"><style>@font-face`,
    )
    expect(html).toContain('src:url("/b.hash.woff2")')
    expect(html).not.toContain('preload')
    expect(html).not.toContain('400 600')
  })

  test('need no sheet where there are none', () => {
    const plain = page()
    expect(shareFaces(plain, new Map()).sheet).toBe('')
    expect(toHtml(plain)).not.toContain('stylesheet')
  })
})
