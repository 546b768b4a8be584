import { magnitude, numberHtml } from '../number.ts'
import { shortNumber } from './arrow.ts'
import type { Role } from './palette.ts'

/** The largest of 1, 2 and 5 times a power of ten that is at most `value`; what a length key shows. */
export function roundLength(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([5, 2, 1].find((step) => step * power <= value * (1 + 1e-12)) ?? 1)
}

/** Says how long an arrow is that stands for one round gradient length. `pixels` is the length on paper of a gradient of length 1. */
export function lengthKey({ pixels, atMost, role = 'agree' }: { pixels: number; atMost: number; role?: Role }): string {
  if (!Number.isFinite(pixels)) return '<span class="key">every gradient is exactly 0</span>'
  const value = roundLength(atMost / pixels)
  const length = shortNumber(value * pixels)
  const measured = magnitude(value)
  // Not two digits of a round number: 0.2, not 0.20.
  const digits = Math.max(0, (measured.style.digits ?? 0) - 1)
  const written = numberHtml(value, { ...measured.style, digits })
  return `<span class="key"><svg viewBox="-2 -4 ${shortNumber(value * pixels + 4)} 8" width="${shortNumber(value * pixels + 4)}" height="8" aria-hidden="true"><path class="${role}" d="M0 0h${length}l-4-2m4 2l-4 2"/></svg> ${written} per parameter unit</span>`
}

/** Names a role's colour. */
export function colourKey(role: Role, words: string): string {
  return `<span class="key"><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="var(--${role})"/></svg> ${words}</span>`
}
