/** How long an arrow is drawn for a gradient of a given length. */
import type { Gradient } from '../data/field.ts'

/** Pixels on paper for a gradient's length, cost per parameter unit. */
export type LengthScale = (length: number) => number

/** In proportion: the longest gradient is drawn `pixels` long. */
export const linearLength =
  (longest: number, pixels: number): LengthScale =>
  (length) =>
    longest === 0 ? 0 : (pixels * length) / longest

/**
 * By the square root, so that the direction of short arrows can still be read: a gradient of a quarter of the
 * length is drawn half as long. The longest is drawn `pixels` long.
 */
export const rootLength =
  (longest: number, pixels: number): LengthScale =>
  (length) =>
    longest === 0 ? 0 : pixels * Math.sqrt(length / longest)

/** Length of a compass's longest arrow, as a part of the compass's width. */
export const roseRadius = 0.46

/** How far a gradient's arrow reaches, in pixels to the right and up. */
export function reach(
  gradient: Gradient,
  scale: LengthScale,
): { readonly right: number; readonly up: number } {
  const length = Math.hypot(...gradient)
  const pixels = length === 0 ? 0 : scale(length) / length
  return { right: gradient[0] * pixels, up: gradient[1] * pixels }
}
