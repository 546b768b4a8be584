import { magnitude, numberHtml } from '../number.ts'
import { arrowPath, shortNumber } from './arrow.ts'
import type { LengthScale } from './length.ts'
import { tag } from './markup.ts'
import { colour, type Role } from './palette.ts'

/** The largest of 1, 2 and 5 times a power of ten that is at most `value`; what a length key shows. */
export function roundLength(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([5, 2, 1].find((step) => step * power <= value * (1 + 1e-12)) ?? 1)
}

/**
 * Says how long the arrows are that stand for round gradient lengths: the longest round one and, where the
 * scale is not in proportion, a quarter of it beside it.
 *
 * @param scale what the picture draws with
 * @param longest length of its longest gradient
 * @param size width of a panel in the scale's pixels; the style sheet's `--panel-width` is its width on the
 *   page, so that the key shrinks and grows with the panels
 * @param unit words after the lengths; empty where another key beside it has them
 */
export function lengthKey(
  scale: LengthScale,
  longest: number,
  size: number,
  unit = 'per parameter unit',
): string {
  if (longest === 0) return tag('span', { class: 'key' }, 'every gradient is exactly 0')
  const round = roundLength(longest)
  const proportional = Math.abs(scale(round / 4) * 4 - scale(round)) < 1e-6
  const values = proportional ? [round] : [round, round / 4]
  const arrows = values.map((value) => `${keyArrow(scale(value), size)}<span>${writeRound(value)}</span>`)
  const rule = proportional ? '' : ', drawn by square root'
  return tag('span', { class: 'key' }, ...arrows, unit && `<span>${unit}${rule}</span>`)
}

function keyArrow(pixels: number, size: number): string {
  const width = pixels + 4
  const style = `width:calc(var(--panel-width)*${(width / size).toFixed(3)})`
  const arrow = tag('path', { class: 'agree', d: arrowPath(0, 0, pixels, 0, 4.5) })
  return tag('svg', { viewBox: `-2 -4 ${shortNumber(width)} 8`, style, 'aria-hidden': 'true' }, arrow)
}

/**
 * Without the zeros that a fixed number of digits would add: 0.2, not 0.20; a quarter of 5 keeps its three
 * digits.
 */
function writeRound(value: number): string {
  const { style } = magnitude(value)
  const text = numberHtml(value, { ...style, digits: (style.digits ?? 0) + 1 })
  return text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '')
}

/** Names a shape of the picture, drawn in a square of 10. */
export function shapeKey(shape: string, words: string): string {
  const svg = tag('svg', { viewBox: '0 0 10 10', width: 10, height: 10, 'aria-hidden': 'true' }, shape)
  return tag('span', { class: 'key' }, svg, words)
}

/** Names a role's colour. */
export const colourKey = (role: Role, words: string): string =>
  shapeKey(tag('circle', { cx: 5, cy: 5, r: 4, fill: colour(role) }), words)

/** Names a line of the picture by its dashes. */
export function lineKey(dashes: string, words: string, role: Role = 'ink'): string {
  const path = tag('path', { d: 'M0 5h24', stroke: colour(role), 'stroke-dasharray': dashes || undefined })
  const svg = tag('svg', { viewBox: '0 0 24 10', width: 24, height: 10, 'aria-hidden': 'true' }, path)
  return tag('span', { class: 'key' }, svg, words)
}

/** Names what has no panel, since all its gradients are rounding errors. */
export const withoutGradient = (names: readonly string[]): string =>
  names.length === 0 ? '' : tag('p', { class: 'count' }, `No gradient beyond rounding: ${names.join('; ')}.`)

/** Which way arrows point, wherever some are drawn. */
export const uphillKey = tag(
  'span',
  { class: 'key' },
  'Arrows point uphill; a step of training goes the other way.',
)
