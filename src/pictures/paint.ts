/** Pictures that need no style sheet: every colour a value, every rule an attribute. */
import { readFileSync } from 'node:fs'
import { resolve } from '@asamuzakjp/css-color'
import { palette, type Role } from '../drawing/palette.ts'

export type Theme = 'light' | 'dark'

/** A text in which colours of the palette, and mixtures of them, are the values of a theme. */
export function resolveColours(text: string, theme: Theme): string {
  return text
    .replaceAll(/var\(--([a-z]+)\)/g, (reference, role) =>
      Object.hasOwn(palette, role) ? palette[role as Role][theme] : reference,
    )
    .replaceAll(/color-mix\([^()]*\)/g, (mixture) => String(resolve(mixture, { format: 'hex' })))
}

const drawing = readFileSync('src/drawing/drawing.css', 'utf8')

/** What the style sheet of the drawings says of shapes, and SVG has an attribute for. */
const painting = ['fill', 'stroke', 'stroke-width', 'stroke-linecap', 'opacity']

/** Writes what the style sheet of the drawings says of the shapes in an element into their attributes. */
export function paint(picture: Element): void {
  const sheet = picture.ownerDocument.createElement('style')
  sheet.textContent = drawing
  picture.ownerDocument.head.replaceChildren(sheet)
  for (const rule of sheet.sheet?.cssRules ?? []) {
    if (!('selectorText' in rule)) continue
    const { selectorText, style } = rule as CSSStyleRule
    const said = painting.filter((name) => style.getPropertyValue(name))
    if (said.length === 0 || selectorText === '.panel') continue
    for (const shape of picture.querySelectorAll(selectorText))
      for (const name of said) shape.setAttribute(name, style.getPropertyValue(name))
  }
}
