import { fromHtml } from 'hast-util-from-html'
import { describe, expect, test } from 'vitest'
import { headersFile, headersOf, nginxHeaders, readHeaders } from '../../../src/build/headers.ts'
import { policyOf } from '../../../src/build/policy.ts'

const pages = fromHtml('<script>let a</script><script>let b</script><style>a{}</style>')

describe('the headers of a site', () => {
  test('are the policy of all its pages, closed to frames, and refusals', () => {
    const headers = headersOf(pages)
    expect(headers['Content-Security-Policy']).toBe(`${policyOf(pages)}; frame-ancestors 'none'`)
    expect(headers['Content-Security-Policy'].match(/sha256-/g)).toHaveLength(3)
    expect(headers['Permissions-Policy']).toContain('camera=()')
  })

  test('are read from the file that they are written to', () => {
    const headers = headersOf(pages)
    expect(readHeaders(headersFile(headers))).toEqual(headers)
  })

  test('have what nginx would read as its own signs escaped', () => {
    expect(nginxHeaders({ 'X-One': 'a "b" $c \\d; e' })).toBe(
      'add_header X-One "a \\"b\\" \\$c \\\\d; e" always;\n',
    )
  })
})
