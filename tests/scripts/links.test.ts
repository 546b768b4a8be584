import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressesIn, ask, report } from '../../scripts/links.ts'

let server: Server
let host: string

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/there' })
    else if (request.url === '/no-head') response.statusCode = request.method === 'HEAD' ? 405 : 200
    else if (request.url === '/slow') return
    else response.statusCode = request.url === '/there' ? 200 : 404
    response.end('words')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

describe('the web addresses of a text', () => {
  test('end where the sentence or the brackets around them do', () => {
    const text =
      'See [x](https://a.org/b_(c)), <https://a.org/d>.\nurl = {https://a.org/e},\n(https://a.org/f?g=1#h).'
    expect(addressesIn(text, 'f.md')).toEqual([
      { address: 'https://a.org/b_(c)', place: 'f.md:1' },
      { address: 'https://a.org/d', place: 'f.md:1' },
      { address: 'https://a.org/e', place: 'f.md:2' },
      { address: 'https://a.org/f?g=1#h', place: 'f.md:3' },
    ])
  })
})

describe('an address that is asked', () => {
  test.each([
    ['/there', 200],
    ['/moved', 200],
    ['/no-head', 200],
    ['/nothing', 404],
  ])('%s answers %i', async (path, status) => {
    expect((await ask(host + path)).status).toBe(status)
  })

  test('may not answer, which is told', async () => {
    expect((await ask(`${host}/slow`, 0.05)).failure).toMatch(/timeout/)
    expect((await ask('http://127.0.0.1:1/')).failure).toBeTruthy()
  })
})

test('what is gone is told from what could not be reached', () => {
  const named = ['a', 'b', 'c', 'a'].map((address, line) => ({ address, place: `f:${line + 1}` }))
  const date = '2026-01-01'
  const answers = new Map([
    ['a', { date, status: 404 }],
    ['b', { date, failure: 'no such host' }],
    ['c', { date, status: 200 }],
  ])
  expect(report(named, answers)).toEqual({
    gone: true,
    lines: [
      'f:1, f:4: a is gone (404)',
      'f:2: b could not be reached (no such host)',
      '1 of 3 addresses answered; 1 are gone.',
    ],
  })
  expect(report(named.slice(1, 3), answers).gone).toBe(false)
})
