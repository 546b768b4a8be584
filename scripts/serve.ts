/**
 * A server of built pages, such as any static host is: for a look at them, the browser tests and the
 * benchmark.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sirv, { type Options } from 'sirv'
import { forever, hashed, readHeaders } from '../src/build/headers.ts'

/**
 * Serves a folder, its compressed copies, too, with the headers that it asks for, on 127.0.0.1 and a port of
 * the system's choice if no others are given; with `dev`, also what is put there later.
 * @throws when it cannot listen there
 */
export async function serve(
  folder: string,
  { port = 0, host = '127.0.0.1', dev = false } = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const asked = join(folder, '_headers')
  const headers = existsSync(asked) ? Object.entries(readHeaders(await readFile(asked, 'utf8'))) : []
  const setHeaders: Options['setHeaders'] = (response, path) => {
    if (path.includes(hashed)) response.setHeader('Cache-Control', forever)
  }
  const files = sirv(folder, { dev, setHeaders, brotli: true, gzip: true })
  const notFound = join(folder, '404.html')
  const server = createServer((request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value)
    files(request, response, async () => {
      const page = existsSync(notFound) ? await readFile(notFound) : 'There is no such page.'
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
