/** Links and images: that what they name is there. */
import type { Definition, Image, Link } from 'mdast'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import { unknown } from '../../pipeline/nearest.ts'
import type { Report } from './problem.ts'
import { attribute, eachComponent, type Node, type Point } from './tree.ts'

/** What a link of a page may lead to. */
export interface Targets {
  /** The labels of this page. */
  readonly labels: readonly string[]
  /**
   * The labels of a page of the site by the name of its file, or undefined if there is none or it cannot be
   * read.
   */
  labelsOf(page: string): readonly string[] | undefined
  /** The names of the pages' files, such as `method.mdx`. */
  readonly pages: readonly string[]
  /** What else the site has, from its root, such as `provenance.html` and `icon.svg`. */
  readonly addresses: readonly string[]
  /** Whether a file lies beside the page. */
  beside(path: string): boolean
}

/** The formats of images that the site takes. */
const images = ['avif', 'gif', 'jpeg', 'jpg', 'png', 'svg', 'tiff', 'webp']

/** The page of a file's name is found at this address. */
export const addressOf = (page: string): string =>
  page === 'article.mdx' ? 'index.html' : page.replace(/\.mdx$/, '.html')

export function checkLinks(tree: Node, targets: Targets, report: Report): void {
  visit(tree, (node) => {
    const at = node.position?.start
    if (node.type === 'link' || node.type === 'definition') checkLink((node as Link | Definition).url, at)
    if (node.type === 'link' && textOf(node).trim() === '' && !holdsComponent(node as Link))
      report(at, 'the link has no words')
    if (node.type === 'image') {
      checkImage((node as Image).url, at)
      if (!(node as Image).alt?.trim())
        report(at, 'the image has no words in its place: ![what it shows](file)')
    }
  })
  eachComponent(tree, (component) => {
    const address = attribute(component, 'href')
    if (component.name === 'a' && address !== undefined) checkLink(String(address), component.position?.start)
  })

  function checkLink(url: string, at: Point | undefined): void {
    if (url === '') report(at, 'the link has no address')
    else if (url.startsWith('#')) checkLabel(url.slice(1), targets.labels, at)
    else if (url.startsWith('//')) report(at, `write https: before ${url}`)
    else if (/^[a-z][a-z\d+.-]*:/i.test(url)) checkExternal(url, at)
    else checkInternal(url, at)
  }

  function checkInternal(url: string, at: Point | undefined): void {
    const [, path, label] = /^(?:\.?\/)*([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(decoded(url)) ?? []
    const page = targets.pages.find((name) => name === path || addressOf(name) === path)
    if (page) {
      const labels = label === undefined ? undefined : targets.labelsOf(page)
      if (label && labels) checkLabel(label, labels, at, page)
    } else if (!targets.addresses.includes(path))
      report(
        at,
        unknown(path.endsWith('.mdx') ? 'page' : 'address', path, [...targets.pages, ...targets.addresses]),
      )
  }

  function checkLabel(label: string, known: readonly string[], at: Point | undefined, page?: string): void {
    if (!known.includes(decoded(label)))
      report(at, unknown(page ? `reference into ${page}` : 'reference', label, known))
  }

  function checkExternal(url: string, at: Point | undefined): void {
    if (/^mailto:[^@\s]+@[^@\s]+$/i.test(url)) return
    if (!/^https?:/i.test(url) || !URL.canParse(url) || !/\.|localhost/.test(new URL(url).hostname))
      report(at, `the address "${url}" leads nowhere; it may be a page, https://... or mailto:...`)
  }

  function checkImage(url: string, at: Point | undefined): void {
    const path = decoded(url)
    const format = /\.([a-z\d]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
    if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(url))
      report(
        at,
        `an image comes from beside the page, not from elsewhere: "${url}". Put the file into content/.`,
      )
    else if (!images.includes(format)) report(at, unknown('format of an image', `.${format}`, images))
    else if (path.startsWith('/') ? !targets.addresses.includes(path.slice(1)) : !targets.beside(path))
      report(at, `there is no image "${path}" ${path.startsWith('/') ? 'in public/' : 'beside the page'}`)
  }
}

function holdsComponent(link: Link): boolean {
  return link.children.some(
    ({ type }) => type.startsWith('mdxJsx') || type === 'image' || type === 'inlineMath',
  )
}

/** An address as it would be typed; as it is if its escapes are not right. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}
