/** A line of dots, one a network: small enough for a row of a table. */
import { arrowPath, shortNumber } from './arrow.ts'
import { tag } from './markup.ts'
import { colour, type Role } from './palette.ts'

/** What a strip of networks shows, in the unit of the measure. */
export interface NetworkStrip {
  /** One value a network. */
  readonly values: readonly number[]
  /** The interval of their mean, over networks; null where there is none. */
  readonly interval: readonly [low: number, high: number] | null
  /** What the claim's rule compares the interval with; null where it compares with nothing. */
  readonly bound: number | null
  /** The values that the strip spans; values outside are drawn as arrows that leave it. */
  readonly domain: readonly [from: number, to: number]
}

const [width, height, margin, radius] = [168, 34, 8, 2.5]
const floor = height - 9

/**
 * Draws the values as dots, equal ones on top of each other, on a line that spans the domain; the interval as
 * a bar on the line, the bound as a dashed stroke through it. Returns SVG text.
 *
 * @param write how a value is written in the text alternative
 * @throws when the domain is empty
 */
export function networkStrip(
  { values, interval, bound, domain: [from, to] }: NetworkStrip,
  write: (value: number) => string,
): string {
  if (!(to > from)) throw new RangeError(`a strip's domain goes upwards, not from ${from} to ${to}`)
  const inside = (value: number) => Math.min(to, Math.max(from, value))
  const x = (value: number) => margin + ((inside(value) - from) / (to - from)) * (width - 2 * margin)
  const stroke = (d: string, role: Role, rest: { readonly [name: string]: string | number } = {}) =>
    tag('path', { d, stroke: colour(role), ...rest })
  const parts = [stroke(`M${margin} ${floor}h${width - 2 * margin}`, 'muted')]
  if (interval) {
    const [low, high] = interval.map(x)
    const bar = `M${shortNumber(low)} ${floor}H${shortNumber(Math.max(high, low + 1))}`
    parts.push(stroke(bar, 'ink', { 'stroke-width': 5 }))
  }
  if (bound !== null)
    parts.push(stroke(`M${shortNumber(x(bound))} 1V${height - 1}`, 'opposed', { 'stroke-dasharray': '3 2' }))
  const dots = stacked(values.filter(Number.isFinite).map((value) => [x(value), value]))
    .map(([at, level, value]) => {
      const y = shortNumber(floor - 6 - level * 2 * radius)
      if (value < from || value > to) return arrowPath(at, Number(y), value < from ? -6 : 6, 0, 4)
      return `M${shortNumber(at)} ${y}h0`
    })
    .join('')
  const round = { 'stroke-width': 2 * radius, 'stroke-linecap': 'round', 'stroke-opacity': 0.75 }
  parts.push(stroke(dots, 'agree', round))
  const frame = { viewBox: `0 0 ${width} ${height}`, width, height, fill: 'none' }
  const words = describe({ values, interval, bound, domain: [from, to] }, write)
  return tag('svg', { class: 'networks', ...frame, role: 'img', 'aria-label': words }, ...parts)
}

/** The level of each dot, so that dots which would overlap lie on top of each other; at most three levels. */
function stacked(
  dots: readonly (readonly [x: number, value: number])[],
): (readonly [number, number, number])[] {
  const ends = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return [...dots]
    .sort((a, b) => a[0] - b[0])
    .map(([x, value]) => {
      const free = ends.findIndex((end) => end <= x - 2 * radius)
      const level = free < 0 ? ends.indexOf(Math.min(...ends)) : free
      ends[level] = x
      return [x, level, value] as const
    })
}

function describe({ values, interval, bound }: NetworkStrip, write: (value: number) => string): string {
  if (values.length === 0) return 'no network'
  const span = `${write(Math.min(...values))} to ${write(Math.max(...values))}`
  const networks =
    values.length === 1 ? `1 network: ${write(values[0])}` : `${values.length} networks: ${span}`
  const range = interval ? `; interval of the median ${write(interval[0])} to ${write(interval[1])}` : ''
  return `${networks}${range}${bound === null ? '' : `; bound ${write(bound)}`}`
}
