/** What a host is to send with every file of the site, in the notations of the common hosts. */
import type { Root } from 'hast'
import { policyOf, referrers } from './policy.ts'

interface Headers {
  readonly [name: string]: string
}

/** What no page needs, refused to it and to whatever may be brought into it. */
const refused = ['camera', 'display-capture', 'geolocation', 'microphone', 'midi', 'payment', 'usb']

/** Files whose name changes with their content, as a path that begins with this. */
export const hashed = '/_astro/'

export const forever = 'public, max-age=31536000, immutable'

/**
 * The headers of every file. The policy is that of all pages together: each has its own, narrower one in
 * itself, and both hold. Only a header can say in whose frames a page may be shown.
 */
export const headersOf = (pages: Root): Headers => ({
  'Content-Security-Policy': `${policyOf(pages)}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': refused.map((feature) => `${feature}=()`).join(', '),
  'Referrer-Policy': referrers,
  'X-Content-Type-Options': 'nosniff',
})

/** For Netlify, Cloudflare Pages and others that read a file `_headers`. */
export function headersFile(headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`)
  return `/*\n${lines.join('')}\n${hashed}*\n  Cache-Control: ${forever}\n`
}

/** For nginx, to be included where the site is served. */
export function nginxHeaders(headers: Headers): string {
  const quoted = (value: string) => `"${value.replaceAll(/["\\$]/g, '\\$&')}"`
  return Object.entries(headers)
    .map(([name, value]) => `add_header ${name} ${quoted(value)} always;\n`)
    .join('')
}

/** The headers that a file `_headers` gives to all of a site. */
export function readHeaders(file: string): Headers {
  const [, ofAll = ''] = /^\/\*\n((?: {2}.*\n)*)/.exec(file) ?? []
  return Object.fromEntries(
    [...ofAll.matchAll(/^ {2}([^:]+): (.*)$/gm)].map(([, name, value]) => [name, value]),
  )
}
