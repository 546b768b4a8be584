/**
 * After the build: pages that work from any folder, and faces that carry only the characters the pages use.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AstroIntegration } from 'astro'
import subsetFont from 'subset-font'

/** Characters that a script may write into a page after it was built. */
const written = `${String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i))}\u00a0\u2212\u2013\u2014\u00d7\u00b0\u2026`

export function leanPages(): AstroIntegration {
  return {
    name: 'lean-pages',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const folder = fileURLToPath(dir)
        const files = (await readdir(folder, { recursive: true })).sort()
        const pages = new Map<string, string>()
        for (const file of files.filter((name) => name.endsWith('.html')))
          pages.set(file, woff2Only(await readFile(join(folder, file), 'utf8')))
        for (const file of files.filter((name) => /\.(woff|ttf)$/.test(name))) await rm(join(folder, file))

        const everything = [...pages.values()].join('')
        const text = charactersOf(everything + written)
        const mathematics = charactersOf(mathematicsOf(everything))
        const textFaces = new Map<string, string>()
        let [before, after] = [0, 0]
        for (const file of files.filter((name) => name.endsWith('.woff2'))) {
          const whole = await readFile(join(folder, file))
          const weight = weightOf(everything, file)
          const subset = await subsetFont(whole, weight ? text : mathematics, {
            targetFormat: 'woff2',
            ...(weight && { variationAxes: { wght: weight } }),
          })
          if (weight) {
            textFaces.set(`/${file}`, `data:font/woff2;base64,${subset.toString('base64')}`)
            await rm(join(folder, file))
          } else await writeFile(join(folder, file), subset)
          before += whole.length
          after += subset.length
        }
        for (const [file, html] of pages)
          await writeFile(
            join(folder, file),
            relativeAddresses(withFaces(html, textFaces), file.split('/').length - 1),
          )
        logger.info(`faces: ${Math.round(before / 1000)} kB made ${Math.round(after / 1000)} kB`)
      },
    },
  }
}

/** The weights for which a page's style sheets declare a text face, or undefined for another file. */
export function weightOf(html: string, file: string): number | { min: number; max: number } | undefined {
  const rule = html.match(/@font-face\s*\{[^}]*\}/g)?.find((candidate) => candidate.includes(file))
  const [, min, max] =
    /font-weight:\s*(\d+)(?:\s+(\d+))?/.exec(rule?.includes('KaTeX') ? '' : (rule ?? '')) ?? []
  return min === undefined
    ? undefined
    : max === undefined
      ? Number(min)
      : { min: Number(min), max: Number(max) }
}

/** A page that carries its text faces itself, so that its first paint is set in them and nothing shifts. */
export function withFaces(html: string, faces: ReadonlyMap<string, string>): string {
  let page = html.replace(/<link rel="preload"[^>]* as="font"[^>]*>/g, '')
  for (const [address, data] of faces) page = page.replaceAll(`"${address}"`, `"${data}"`)
  return page
}

/**
 * Addresses that begin at the site's root, in attributes and in style sheets, made relative to a page `depth`
 * folders below it.
 */
export function relativeAddresses(html: string, depth: number): string {
  const up = depth === 0 ? './' : '../'.repeat(depth)
  return html
    .replace(/(?<=\ssrcset=")[^"]*/g, (set) => set.replace(/(^|,\s*)\/(?!\/)/g, `$1${up}`))
    .replace(/((?:\s(?:href|src)=|url\()["']?)\/(?!\/)/g, `$1${up}`)
}

/**
 * Style sheets without the formats of a face that every browser of the last ten years passes over in favour
 * of WOFF2.
 */
export const woff2Only = (html: string): string =>
  html.replace(/,url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, '')

/**
 * The distinct characters of a page, character references decoded as far as HTML written by machine uses
 * them.
 */
export function charactersOf(html: string): string {
  const decoded = html.replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, code: string) =>
    String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)),
  )
  return [...new Set(decoded)].sort().join('')
}

/** The text that KaTeX typeset on a page. */
export function mathematicsOf(html: string): string {
  const opening = '<span class="katex-html"'
  let text = ''
  for (let at = html.indexOf(opening); at >= 0; at = html.indexOf(opening, at + 1)) {
    let depth = 0
    for (const [tag, , between] of html.slice(at).matchAll(/<(\/?[a-z]+)[^>]*>([^<]*)/g)) {
      if (tag.startsWith('<span')) depth += 1
      if (tag.startsWith('</span')) depth -= 1
      if (depth === 0) break
      text += between
    }
  }
  return text
}
