import { magnitude, numberHtml } from '../number.ts'
import { arrowPath, shortNumber } from './arrow.ts'
import type { LengthScale } from './length.ts'
import type { Role } from './palette.ts'

/** The largest of 1, 2 and 5 times a power of ten that is at most `value`; what a length key shows. */
export function roundLength(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([5, 2, 1].find((step) => step * power <= value * (1 + 1e-12)) ?? 1)
}

/**
 * Says how long the arrows are that stand for round gradient lengths: the longest round one and, where the scale is not in proportion, a quarter of it beside it.
 *
 * @param scale what the picture draws with
 * @param longest length of its longest gradient
 * @param size width of a panel in the scale's pixels; the style sheet's `--panel-width` is its width on the page, so that the key shrinks and grows with the panels
 * @param unit words after the lengths; empty where another key beside it has them
 */
export function lengthKey(
  scale: LengthScale,
  longest: number,
  size: number,
  unit = 'per parameter unit',
): string {
  if (longest === 0) return '<span class="key">every gradient is exactly 0</span>'
  const round = roundLength(longest)
  const proportional = Math.abs(scale(round / 4) * 4 - scale(round)) < 1e-6
  const values = proportional ? [round] : [round, round / 4]
  const arrows = values
    .map((value) => `${keyArrow(scale(value), size)}<span>${writeRound(value)}</span>`)
    .join('')
  return `<span class="key">${arrows}${unit && `<span>${unit}</span>`}</span>`
}

function keyArrow(pixels: number, size: number): string {
  const width = pixels + 4
  return `<svg viewBox="-2 -4 ${shortNumber(width)} 8" style="width:calc(var(--panel-width)*${(width / size).toFixed(3)})" aria-hidden="true"><path class="agree" d="${arrowPath(0, 0, pixels, 0, 4.5)}"/></svg>`
}

/** Without the zeros that a fixed number of digits would add: 0.2, not 0.20; a quarter of 5 keeps its three digits. */
function writeRound(value: number): string {
  const { style } = magnitude(value)
  const text = numberHtml(value, { ...style, digits: (style.digits ?? 0) + 1 })
  return text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '')
}

/** Names a role's colour. */
export function colourKey(role: Role, words: string): string {
  return `<span class="key"><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="var(--${role})"/></svg><span>${words}</span></span>`
}
