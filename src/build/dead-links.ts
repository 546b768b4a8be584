/** Links, anchors and files of the built site that lead nowhere. */
import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Element } from 'hast'
import { visit } from 'unist-util-visit'
import { readPage } from './markup.ts'

/**
 * Attributes that hold one address; that hold several, each followed by a size; and that name an element of
 * the page.
 */
const addresses = ['href', 'src', 'poster', 'data', 'dataPlayed']
const sets = ['srcSet', 'imageSrcSet']
const names = ['ariaLabelledBy', 'ariaDescribedBy', 'ariaControls', 'htmlFor', 'popoverTarget']

interface Page {
  readonly ids: ReadonlySet<string>
  readonly links: readonly { readonly said: string; readonly address: string }[]
}

/**
 * What leads nowhere, a line each: `method.html: href="./labb.html": there is no such file`. Addresses that
 * begin at the host's root count as such, since the site may lie in any folder of it.
 *
 * @param folder of the built site
 */
export async function deadLinks(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).map((file) => file.split('\\').join('/'))
  const pages = new Map<string, Page>()
  for (const file of files.filter((name) => name.endsWith('.html')))
    pages.set(file, read(await readFile(join(folder, file), 'utf8')))
  const there = new Set(files)
  const found = [...pages].flatMap(([file, { ids, links }]) =>
    links.flatMap(({ said, address }) => {
      const reason = whyDead(address, file, ids)
      return reason ? [`${file}: ${said}: ${reason}`] : []
    }),
  )
  return [...new Set(found)]

  function whyDead(address: string, file: string, ids: ReadonlySet<string>): string | undefined {
    if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(address)) return undefined
    if (address.startsWith('/')) return 'begins at the root of the host, where the site may not lie'
    const [, path, label] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(address) ?? []
    const target = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path))
    const landed = /(?:^|\/)$|^\.$/.test(target) ? posix.join(target, 'index.html') : target
    if (!there.has(landed)) return 'there is no such file'
    const known = landed === file ? ids : pages.get(landed)?.ids
    return label && known && !known.has(decodeURIComponent(label)) ? `${landed} has no such place` : undefined
  }
}

function read(html: string): Page {
  const ids = new Set<string>()
  const links: { said: string; address: string }[] = []
  const named: { said: string; id: string }[] = []
  visit(readPage(html), 'element', (element: Element) => {
    const { properties, tagName } = element
    const text = (name: string): string | undefined => {
      const value = properties[name]
      return typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : undefined
    }
    const id = text('id')
    if (id !== undefined) ids.add(id)
    for (const name of addresses) {
      const address = text(name)
      if (address !== undefined) links.push({ said: `${name}="${address}"`, address })
    }
    for (const name of sets)
      for (const part of text(name)?.split(',') ?? []) {
        const [address] = part.trim().split(/\s/)
        links.push({ said: `${name}="${address}"`, address })
      }
    for (const name of names)
      for (const one of text(name)?.split(/\s+/) ?? []) named.push({ said: `${name}="${one}"`, id: one })
    const [styles] = element.children
    if (tagName === 'style' && styles?.type === 'text')
      for (const [said, , quoted, bare] of styles.value.matchAll(/url\((?:(["'])(.*?)\1|([^"')]+))\)/g))
        links.push({ said, address: quoted ?? bare })
  })
  return { ids, links: [...links, ...named.map(({ said, id }) => ({ said, address: `#${id}` }))] }
}
