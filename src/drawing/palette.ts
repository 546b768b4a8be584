/** A colour's value on light and on dark paper. */
interface Shade {
  readonly light: string
  readonly dark: string
}

/**
 * Every colour of the site, by role. Blue and orange stay apart for all common kinds of colour blindness, and
 * differ in lightness too; each keeps a contrast of at least 4.5 : 1 against the paper, so it can also colour
 * words.
 */
export const palette = {
  paper: { light: '#fffffc', dark: '#14161a' },
  /** The ground of a picture's panel, a code block, a note. */
  panel: { light: '#f5f4ef', dark: '#1d2026' },
  ink: { light: '#1c1d20', dark: '#e7e5df' },
  /** Words of lesser weight: captions, axes, provenance. */
  muted: { light: '#5d5f66', dark: '#a3a29c' },
  /** Rules, grid lines, borders. */
  grid: { light: '#dcdad2', dark: '#353941' },
  /** What points with the mean gradient, or with the other minibatch; also links. */
  agree: { light: '#1c63a8', dark: '#79b8f0' },
  /** What points against the mean gradient, or against the other minibatch: opposition. */
  opposed: { light: '#c2450a', dark: '#ff9a63' },
  /** What was measured of networks and records, where no arrow's side is meant. */
  measured: { light: '#5b3f9e', dark: '#b9a3f2' },
  /** What is true: the model's parameters, the rule y = 10 d. */
  truth: { light: '#0f7a5a', dark: '#5fd0a8' },
} as const satisfies Record<string, Shade>

/** A role of the palette. */
export type Role = keyof typeof palette

/** How a picture refers to a colour: a CSS custom property, so that it follows the reader's theme. */
export const colour = (role: Role): string => `var(--${role})`

/**
 * The palette as a style sheet: `--role` on the root, by the reader's colour scheme; always light on printed
 * paper.
 */
export function paletteCss(): string {
  const declare = (theme: keyof Shade) =>
    Object.entries(palette)
      .map(([role, shade]) => `--${role}:${shade[theme]}`)
      .join(';')
  return `:root{color-scheme:light dark;${declare('light')}}@media screen and (prefers-color-scheme:dark){:root{${declare('dark')}}}`
}
