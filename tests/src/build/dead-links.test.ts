import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deadLinks } from '../../../src/build/dead-links.ts'

let site: string

beforeEach(async () => {
  site = await mkdtemp(join(tmpdir(), 'links-'))
  await mkdir(join(site, 'data'))
  await writeFile(join(site, 'data/a b.csv'), '')
  await writeFile(join(site, 'method.html'), '<h1 id="top">Title</h1><h2 id="größe">Size</h2>')
})

afterEach(() => rm(site, { recursive: true }))

/** What is dead in a front page with this in its body. */
async function dead(html: string): Promise<string[]> {
  await writeFile(join(site, 'index.html'), `<!doctype html><title>T</title><body id="body">${html}`)
  return deadLinks(site)
}

describe('the links of the built site', () => {
  test.each([
    '<a href="./method.html">x</a> <a href="method.html?a=1#top">x</a> <a href="#body">x</a> <a href="?q">x</a>',
    '<a href="method.html#gr%C3%B6%C3%9Fe">x</a> <a href="./data/a%20b.csv">x</a> <a href="./">x</a>',
    '<a href="https://example.org/x">x</a> <a href="mailto:a@example.org">x</a> <img src="data:image/png;base64,AA">',
    '<img srcset="method.html 1x, ./index.html 2x" alt=""> <label for="f">x</label><input id="f">',
    '<style>a { background: url(data:image/png;base64,AA); src: url("./method.html") }</style>',
  ])('lead somewhere: %s', async (html) => {
    expect(await dead(html)).toEqual([])
  })

  test.each([
    ['<a href="./labb.html">x</a>', 'index.html: href="./labb.html": there is no such file'],
    [
      '<a href="/method.html">x</a>',
      'index.html: href="/method.html": begins at the root of the host, where the site may not lie',
    ],
    ['<a href="method.html#no">x</a>', 'index.html: href="method.html#no": method.html has no such place'],
    ['<a href="#no">x</a>', 'index.html: href="#no": index.html has no such place'],
    ['<a href="../x.html">x</a>', 'index.html: href="../x.html": there is no such file'],
    ['<a href="method">x</a>', 'index.html: href="method": there is no such file'],
    ['<img src="a.png" alt="">', 'index.html: src="a.png": there is no such file'],
    ['<img srcset="method.html 1x, a.png 2x" alt="">', 'index.html: srcSet="a.png": there is no such file'],
    [
      '<div data-played="./data/no.safetensors">',
      'index.html: dataPlayed="./data/no.safetensors": there is no such file',
    ],
    ['<section aria-labelledby="body no">', 'index.html: ariaLabelledBy="no": index.html has no such place'],
    [
      '<style>@font-face { src: url("./a.woff2") }</style>',
      'index.html: url("./a.woff2"): there is no such file',
    ],
  ])('are told of where they lead nowhere: %s', async (html, expected) => {
    expect((await dead(html)).map((line) => line.replace('index.html: #no', '#no'))).toEqual([expected])
  })
})
