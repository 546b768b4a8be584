/**
 * After the build: pages that work from any folder, with faces that carry only the characters the pages use,
 * and a policy that lets nothing run but what the build wrote, also as headers for the host.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AstroIntegration } from 'astro'
import type { Element, Nodes, Root } from 'hast'
import { toHtml } from 'hast-util-to-html'
import subsetFont from 'subset-font'
import { SKIP, visit } from 'unist-util-visit'
import { headersFile, headersOf, nginxHeaders } from './headers.ts'
import { readPage } from './markup.ts'
import { addPolicy, joinStyles, stylesAsClasses } from './policy.ts'

/** Characters that a script may write into a page after it was built. */
const written = `${String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i))}\u00a0\u2212\u2013\u2014\u00d7\u00b0\u2026`

export function leanPages(): AstroIntegration {
  return {
    name: 'lean-pages',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const folder = fileURLToPath(dir)
        const files = (await readdir(folder, { recursive: true })).sort()
        const pages = new Map<string, Root>()
        for (const file of files.filter((name) => name.endsWith('.html')))
          pages.set(file, readPage(await readFile(join(folder, file), 'utf8')))
        const everything: Root = {
          type: 'root',
          children: [...pages.values()].flatMap(({ children }) => children),
        }
        const faces = new Map<string, string>()
        let [before, after] = [0, 0]
        for (const file of files.filter((name) => name.endsWith('.woff2'))) {
          const whole = await readFile(join(folder, file))
          const { family, weight } = declared(file, everything)
          const subset = await subsetOf(whole, family, weight, everything)
          await rm(join(folder, file))
          if (isMathematics(family)) {
            // No formula is in the first screen, so its face need not hold up what is.
            const name = `_astro/mathematics.${hashOf(subset)}.woff2`
            await writeFile(join(folder, name), subset)
            faces.set(`/${file}`, `/${name}`)
          } else faces.set(`/${file}`, `data:font/woff2;base64,${subset.toString('base64')}`)
          before += whole.length
          after += subset.length
        }
        for (const [file, page] of pages) {
          const { file: shared, sheet } = shareFaces(page, faces)
          if (sheet) await writeFile(join(folder, shared), sheet)
          makeRelative(page, file.split('/').length - 1)
          stylesAsClasses(page)
          joinStyles(page)
          addPolicy(page)
          await writeFile(join(folder, file), toHtml(page))
        }
        await rm(join(folder, '_astro', 'fonts'), { recursive: true, force: true })
        const headers = headersOf(everything)
        await writeFile(join(folder, '_headers'), headersFile(headers))
        await writeFile(join(folder, 'headers.nginx.conf'), nginxHeaders(headers))
        logger.info(`faces: ${Math.round(before / 1000)} kB made ${Math.round(after / 1000)} kB`)
      },
    },
  }
}

type Weight = number | { readonly min: number; readonly max: number }

const isMathematics = (family: string) => /math/i.test(family)

/** A face with what the pages use of it: the characters of the formulas, or those of all text at its weights.
 * */
const subsetOf = (face: Uint8Array, family: string, weight: Weight, pages: Root): Promise<Buffer> =>
  subsetFont(
    face,
    isMathematics(family) ? withItalics(charactersOf(formulas(pages))) : charactersOf(pages, written),
    {
      targetFormat: 'woff2',
      // A face of mathematics is of one weight.
      ...(!isMathematics(family) && { variationAxes: { wght: weight } }),
    },
  )

/** The family and the weights that the pages' style sheets declare for a face's file. */
export function declared(file: string, pages: Nodes): { readonly family: string; readonly weight: Weight } {
  for (const { value } of styles(pages))
    for (const [rule] of value.matchAll(/@font-face\s*\{[^}]*\}/g)) {
      if (!rule.includes(file)) continue
      const [, min, max] = /font-weight:\s*(\d+)(?:\s+(\d+))?/.exec(rule) ?? []
      const family = /font-family:\s*["']?([^"';}]+)/.exec(rule)?.[1] ?? ''
      return { family, weight: max === undefined ? Number(min) : { min: Number(min), max: Number(max) } }
    }
  throw new Error(`No page declares a face whose file is ${file}.`)
}

/**
 * Gives a page's faces the addresses that they have by now. Those that are data go into a style sheet that
 * all pages share, for which the first paint waits, so that it is set in them and nothing shifts.
 *
 * @param faces new addresses by old ones
 * @returns the sheet, and the name of its file, which has a hash of its content
 */
export function shareFaces(page: Root, faces: ReadonlyMap<string, string>): { file: string; sheet: string } {
  let sheet = ''
  visit(page, 'element', ({ properties: { rel, as } }, index, parent) => {
    if (![rel].flat().includes('preload') || as !== 'font') return
    parent?.children.splice(index ?? 0, 1)
    return [SKIP, index ?? 0]
  })
  for (const style of styles(page))
    style.value = style.value.replace(/@font-face\s*\{[^}]*\}/g, (rule) => {
      const [before, now] = [...faces].find(([address]) => rule.includes(`"${address}"`)) ?? []
      const changed = now === undefined ? rule : rule.replace(`"${before}"`, `"${now}"`)
      if (!now?.startsWith('data:')) return changed
      sheet += changed
      return ''
    })
  const file = `_astro/faces.${hashOf(sheet)}.css`
  visit(page, 'element', ({ tagName, children }) => {
    if (tagName !== 'head' || !sheet) return
    const first = children.findIndex((child) => child.type === 'element' && child.tagName === 'style')
    const properties = { rel: ['stylesheet'], href: `/${file}` }
    children.splice(first, 0, { type: 'element', tagName: 'link', properties, children: [] })
    return SKIP
  })
  return { file, sheet }
}

const hashOf = (content: string | Uint8Array) =>
  createHash('sha256').update(content).digest('base64url').slice(0, 8)

/**
 * Makes the addresses that begin at the site's root, in attributes and in style sheets, relative to a page
 * `depth` folders below it.
 */
export function makeRelative(page: Root, depth: number): void {
  const up = depth === 0 ? './' : '../'.repeat(depth)
  const relative = (address: string) => address.replace(/^\/(?!\/)/, up)
  visit(page, 'element', ({ properties }) => {
    for (const name of ['href', 'src']) {
      const address = properties[name]
      if (typeof address === 'string') properties[name] = relative(address)
    }
    const set = properties.srcSet
    if (typeof set === 'string') properties.srcSet = set.split(/,\s*/).map(relative).join(', ')
  })
  for (const style of styles(page)) style.value = style.value.replace(/(?<=url\(["']?)\/(?!\/)/g, up)
}

/** The distinct characters of a page's text, scripts and style sheets included, and of `others`. */
export function charactersOf(page: Nodes, others = ''): string {
  let text = others
  visit(page, 'text', ({ value }) => {
    text += value
  })
  return [...new Set(text)].sort().join('')
}

/** Letters of mathematics in italics, which browsers set for the letters of formulas, by the letter that they
 * stand for. */
const italics = new Map<string, string>()
for (const [first, last] of [
  [0x210e, 0x210e],
  [0x1d434, 0x1d467],
  [0x1d6e2, 0x1d71b],
])
  for (let code = first; code <= last; code++) {
    const italic = String.fromCodePoint(code)
    const plain = italic.normalize('NFKC')
    italics.set(plain, (italics.get(plain) ?? '') + italic)
  }

/** Characters of formulas, and those that browsers show in their place. */
export const withItalics = (characters: string): string =>
  [...characters].map((one) => one + (italics.get(one.normalize('NFKC')) ?? '')).join('')

/** The formulas of a page. */
export function formulas(page: Nodes): Root {
  const children: Element[] = []
  visit(page, 'element', (element) => {
    if (element.tagName !== 'math') return
    children.push(element)
    return SKIP
  })
  return { type: 'root', children }
}

function* styles(page: Nodes): Generator<{ value: string }> {
  const found: { value: string }[] = []
  visit(page, 'element', ({ tagName, children: [content] }) => {
    if (tagName === 'style' && content?.type === 'text') found.push(content)
  })
  yield* found
}
