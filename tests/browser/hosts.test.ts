import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import { createServer as createListener } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sirv from 'sirv'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { whyNoBrowser } from '../../scripts/browser.ts'
import { readHeaders } from '../../src/build/headers.ts'
import { siteInBrowser } from './browser.ts'

/** Why nginx cannot be tried here; undefined where it can. */
function whyNoNginx(): string | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no nginx on the path'
  }
}
const missing = whyNoNginx()

const site = inject('site')
const folder = '/a/paper/'
const bare = folder.slice(0, -1)

interface Answer {
  readonly status: number | undefined
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly bytes: number
}

const ask = (url: string, headers = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes }))
    }).on('error', reject)
  })

async function freePort(): Promise<number> {
  const server = createListener()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Follows every link of a site as a browser does: where it led, and the addresses that lead nowhere. */
async function crawl(start: string): Promise<{ pages: string[]; dead: string[] }> {
  const [asked, pages, dead]: [Set<string>, string[], string[]] = [new Set([start]), [], []]
  for (const address of asked) {
    const response = await fetch(address)
    const html = response.headers.get('content-type')?.startsWith('text/html')
    const text = html ? await response.text() : void (await response.body?.cancel())
    if (!response.ok) dead.push(address)
    if (!text) continue
    pages.push(response.url)
    for (const [, link] of text.matchAll(/ (?:href|src)="([^"#]+)/g)) {
      const { origin, href } = new URL(link.replaceAll('&#x26;', '&'), response.url)
      if (origin === new URL(start).origin) asked.add(href)
    }
  }
  return { pages, dead }
}

describe('the configuration for nginx, below a path of a host', () => {
  const visited = siteInBrowser()
  let place: string
  let base: string
  let server: ReturnType<typeof spawn> | undefined
  beforeAll(async () => {
    if (missing) return
    place = await mkdtemp(join(tmpdir(), 'nginx-'))
    const port = await freePort()
    const shipped = await readFile('deploy/nginx.conf', 'utf8')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${join(place, kind)};`)
      .join(' ')
    const file = join(place, 'nginx.conf')
    await writeFile(
      file,
      shipped
        .replaceAll('/srv/site', site)
        .replace('listen 8080', `listen 127.0.0.1:${port}`)
        .replace('location / {', `location ${folder} {`)
        .replace('#location = /paper { return 301 /paper/', `location = ${bare} { return 301 ${folder}`)
        .replace('http {', `http { access_log off; ${temporary}`),
    )
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    const settings = `daemon off; pid ${join(place, 'pid')}; error_log stderr; ${user}`
    await promisify(execFile)('nginx', ['-t', '-p', place, '-c', file, '-g', settings])
    server = spawn('nginx', ['-p', place, '-c', file, '-g', settings], { stdio: 'ignore' })
    base = `http://127.0.0.1:${port}${folder}`
    await vi.waitFor(() => ask(base), { timeout: 5_000 })
  })
  afterAll(async () => {
    if (server?.exitCode === null) {
      const ended = new Promise((resolve) => server?.once('exit', resolve))
      server.kill('SIGTERM')
      await ended
    }
    if (place) await rm(place, { recursive: true })
  })
  beforeEach(({ skip }) => skip(missing !== undefined, missing))

  test('sends every file with the headers of the site, and says how long it keeps', async () => {
    const headers = readHeaders(await readFile(join(site, '_headers'), 'utf8'))
    for (const file of ['', 'index.html', 'data/statistics.json', 'icon.svg']) {
      const answer = await ask(base + file)
      expect(answer.status).toBe(200)
      for (const [name, value] of Object.entries(headers))
        expect(answer.headers[name.toLowerCase()]).toBe(value)
      expect(answer.headers['cache-control']).toBe('no-cache')
    }
    const script = /_astro\/[^"]+\.js/.exec(await readFile(join(site, 'lab.html'), 'utf8'))?.[0]
    expect((await ask(base + script)).headers['cache-control']).toContain('immutable')
  })

  test('sends the compressed copies, and names each kind of file', async () => {
    const packed = await ask(`${base}index.html`, { 'accept-encoding': 'gzip' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(packed.bytes).toBe((await readFile(join(site, 'index.html.gz'))).length)
    const plain = await ask(`${base}index.html`)
    expect(plain.bytes).toBe((await readFile(join(site, 'index.html'))).length)
    const kinds = {
      'index.html': 'text/html; charset=utf-8',
      'manifest.webmanifest': 'application/manifest+json',
      'cite.bib': 'text/x-bibtex; charset=utf-8',
    }
    for (const [file, kind] of Object.entries(kinds))
      expect((await ask(base + file)).headers['content-type']).toBe(kind)
  })

  test('shows the page for what is not there, at any depth, and keeps its own files', async () => {
    const page = (await readFile(join(site, '404.html'))).length
    for (const file of ['nothing.html', 'deep/down/nothing', '_headers', '.written-by-build'])
      expect(await ask(base + file)).toMatchObject({ status: 404 })
    expect((await ask(`${base}deep/down/nothing`)).bytes).toBe(page)
  })

  test('gives a site whose links all lead somewhere, from its folder without the last slash', async () => {
    const { pages, dead } = await crawl(base.slice(0, -1))
    expect(dead).toEqual([])
    expect(pages).toContain(`${base}lab.html`)
  })

  test('gives pages that have nothing to complain of, that of no address included', async ({ skip }) => {
    skip(whyNoBrowser !== undefined, whyNoBrowser)
    const page = await visited.browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
    for (const file of ['index.html', 'method.html', 'lab.html', 'provenance.html'])
      await page.goto(base + file, { waitUntil: 'networkidle' })
    expect(complaints).toEqual([])
    const nowhere = `${base}deep/down/nothing`
    await page.goto(nowhere, { waitUntil: 'networkidle' })
    expect(await page.getByRole('heading').innerText()).toBe('There is no page at this address.')
    expect(complaints.filter((line) => !/status of 404/.test(line))).toEqual([`404 ${nowhere}`])
    await page.close()
  })
})

test('links hold on a host that shows pages without .html', async () => {
  const files = sirv(site)
  const server = createServer((request, response) => {
    const stripped = request.url?.replace(/(?:\/index)?\.html$/, '').replace(/^\/a\/b$/, '/a/b/')
    if (stripped !== request.url) {
      response.writeHead(301, { location: stripped }).end()
      return
    }
    request.url = stripped?.replace('/a/b/', '/')
    files(request, response, () => void response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const address = server.address()
    const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/a/b`
    const { pages, dead } = await crawl(base)
    expect(dead).toEqual([])
    expect(pages).toContain(`${base}/lab`)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})
