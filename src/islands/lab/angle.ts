/**
 * The answer as a picture: two arrows from one point, as far apart as the gradients of the two minibatches.
 */
import { degrees } from '../../../experiments/grades.ts'
import { arrowPath, pair } from '../../drawing/arrow.ts'

/** Half the picture's width and its whole height, and an arrow's length. */
export const angleSize = { half: 60, height: 74, arrow: 46 } as const

/**
 * What the picture has in it; nothing where there is no angle. The arrows stand to both sides of straight up.
 */
export function angleMarkup(cosine: number | undefined): string {
  if (cosine === undefined) return ''
  const { arrow } = angleSize
  const half = (degrees(cosine) / 2 / 180) * Math.PI
  const role = cosine < 0 ? 'opposed' : 'agree'
  const ends = [-half, half].map((turn) => [Math.sin(turn), -Math.cos(turn)] as const)
  const arrows = ends.map(([x, y]) => arrowPath(0, 0, arrow * x, arrow * y, 8)).join('')
  const [[ax, ay], [bx, by]] = ends
  const arc = `M${pair(16 * ax, 16 * ay)}A16 16 0 0 1 ${pair(16 * bx, 16 * by)}`
  // A letter stands outside its arrow's end, and beside the other's where they end together.
  const aside = half < 0.2 ? 8 : 0
  const letter = (name: string, [x, y]: readonly [number, number], by: number) =>
    `<text x="${((arrow + 9) * x + by).toFixed(1)}" y="${((arrow + 9) * y + 4).toFixed(1)}">${name}</text>`
  return `<path class="arc" d="${arc}"/><path class="${role}" d="${arrows}"/>${letter('A', [ax, ay], -aside)}${letter('B', [bx, by], aside)}`
}
