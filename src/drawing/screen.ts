/** The panel in which a film of predictions is shown: its geometry, and its dots as a path. */
import type { FilmFile } from '../data/film.ts'
import { pair } from './arrow.ts'

/** Pixels of the panel's own coordinates. */
export const screen = {
  width: 440,
  height: 400,
  marginTop: 10,
  marginRight: 14,
  marginBottom: 46,
  marginLeft: 62,
}

/** The values that the axes span, those of all epochs. */
export function spans({ actual, predicted }: Pick<FilmFile, 'actual' | 'predicted'>) {
  let [least, most] = [0, 0]
  for (const value of actual) most = Math.max(most, value)
  for (const value of predicted) [least, most] = [Math.min(least, value), Math.max(most, value)]
  return { x: [0, most], y: [least, most] } as const
}

/** Prepares a film for drawing; the function returned draws the points of an epoch as dots of a path. */
export function projector(film: Pick<FilmFile, 'actual' | 'predicted'>): (epoch: number) => string {
  const { actual, predicted } = film
  const { x, y } = spans(film)
  const right = (screen.width - screen.marginLeft - screen.marginRight) / (x[1] - x[0])
  const up = (screen.height - screen.marginTop - screen.marginBottom) / (y[1] - y[0])
  return (epoch) => {
    let dots = ''
    actual.forEach((value, n) => {
      const answer = predicted[epoch * actual.length + n]
      dots += `M${pair(screen.marginLeft + right * value, screen.height - screen.marginBottom - up * (answer - y[0]))}h0`
    })
    return dots
  }
}
