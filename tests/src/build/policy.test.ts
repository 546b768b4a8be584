import { createHash } from 'node:crypto'
import { fromHtml } from 'hast-util-from-html'
import { toHtml } from 'hast-util-to-html'
import { describe, expect, test } from 'vitest'
import { readPage } from '../../../src/build/markup.ts'
import { addPolicy, joinStyles, policyOf, stylesAsClasses } from '../../../src/build/policy.ts'

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('a page’s policy', () => {
  test('allows what stands in the page by its hash, and nothing else inline', () => {
    const page = fromHtml(
      '<head><meta charset="utf-8"><style>a{}</style></head><script>let a</script><script src="./b.js"></script>',
    )
    const policy = policyOf(page)
    expect(policy).toContain(`script-src 'self' ${hash('let a')};`)
    expect(policy).toMatch(new RegExp(`style-src 'self' ${hash('a{}').replaceAll(/[+/]/g, '\\$&')}$`))
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  test('says nothing of data in the page, which is not run', () => {
    expect(policyOf(fromHtml('<script type="application/ld+json">{}</script>'))).toContain(
      "script-src 'self';",
    )
  })

  test('stands before all that it concerns', () => {
    const page = fromHtml('<head><meta charset="utf-8"><script>a</script></head>')
    addPolicy(page)
    expect(toHtml(page)).toMatch(
      /<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="[^"]+"><meta name="referrer"/,
    )
  })
})

test('style attributes become classes, one for each style, beside those that are there', () => {
  const page = fromHtml(
    '<p style="color:red">a<b class="c d" style="color:red"></b><svg style="width:1em"></svg>',
  )
  stylesAsClasses(page)
  const html = toHtml(page)
  expect(html).toContain('<p class="style-1">a<b class="c d style-1"></b><svg class="style-2"></svg></p>')
  expect(html).toContain('<style>.style-1:not(#\\ ){color:red}.style-2:not(#\\ ){width:1em}</style></head>')
})

test('what lies in a template is part of the page', () => {
  const page = readPage('<template><p style="color:red">a</p></template>')
  stylesAsClasses(page)
  expect(toHtml(page)).toContain('<template><p class="style-1">a</p></template>')
})

test('the style sheets of a head become one, in their order', () => {
  const page = fromHtml(
    '<head><style>a{}</style><script>b</script><style>c{}</style></head><body><style>d{}</style>',
  )
  joinStyles(page)
  expect(toHtml(page)).toContain(
    '<head><style>a{}\nc{}</style><script>b</script></head><body><style>d{}</style>',
  )
})
