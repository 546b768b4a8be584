/**
 * How words grade the angle between two gradients: the same words with the same bounds wherever the site has
 * them.
 */
import type { Protocol } from './protocol.ts'

/** From the same direction to the opposite one. */
export const grades = ['with', 'unrelated', 'against', 'opposite'] as const
export type Grade = (typeof grades)[number]

/** The angle that has this cosine, in degrees, 0 to 180. */
export const degrees = (cosine: number): number =>
  (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI

/**
 * The grade of two gradients with this cosine. That a pair is counted as opposed, cosine < 0, is another
 * matter.
 */
export function gradeOf(cosine: number, { opposite, unrelated }: Protocol['grades']): Grade {
  const angle = degrees(cosine)
  if (angle >= opposite) return 'opposite'
  if (angle > 90 + unrelated) return 'against'
  return angle >= 90 - unrelated ? 'unrelated' : 'with'
}
