/** HTML and SVG as text, element by element. */

const childless = new Set(['input', 'br'])

/**
 * An element as text. Attributes that are undefined or false are left out, true ones written bare, the quotes
 * of others escaped; children are markup already.
 */
export function tag(
  name: string,
  attributes: { readonly [name: string]: string | number | boolean | undefined },
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    if (value === undefined || value === false) return ''
    const text = String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;')
    return value === true ? ` ${key}` : ` ${key}="${text}"`
  })
  const opening = `<${name}${written.join('')}>`
  return childless.has(name) ? opening : `${opening}${children.join('')}</${name}>`
}
