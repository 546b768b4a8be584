import { describe, expect, test } from 'vitest'
import { networkStrip } from '../../../src/drawing/networks.ts'
import { drawnArrows, parse } from '../fields.ts'

const percent = (value: number) => `${Math.round(100 * value)}%`
const strip = { values: [0.1, 0.3, 0.5], interval: [0.2, 0.4], bound: 0.05, domain: [0, 0.5] } as const
const path = (html: string, role: string) => parse(html).querySelector(`path[stroke="var(--${role})"]`)

describe('a strip of networks', () => {
  test('has a dot for each network, apart in proportion to the values', () => {
    const [low, middle, high] = drawnArrows(path(networkStrip(strip, percent), 'agree')).map(
      ({ from }) => from[0],
    )
    expect(high - middle).toBeCloseTo(middle - low, 0)
  })

  test('puts equal values on top of each other', () => {
    const dots = drawnArrows(path(networkStrip({ ...strip, values: [0.2, 0.2, 0.2] }, percent), 'agree'))
    expect(new Set(dots.map(({ from }) => from[0])).size).toBe(1)
    expect(new Set(dots.map(({ from }) => from[1])).size).toBe(3)
  })

  test('draws the interval and the bound where they are', () => {
    const html = networkStrip(strip, percent)
    const dot = (value: number) =>
      drawnArrows(path(networkStrip({ ...strip, values: [value] }, percent), 'agree'))[0].from[0]
    const [from, to] = path(html, 'ink')!
      .getAttribute('d')!
      .match(/[\d.]+/g)!
      .filter((_, i) => i !== 1)
    expect([Number(from), Number(to)]).toEqual([dot(0.2), dot(0.4)])
    expect(path(html, 'opposed')!.getAttribute('d')).toMatch(new RegExp(`^M${dot(0.05)} `))
    const neither = networkStrip({ ...strip, interval: null, bound: null }, percent)
    expect(path(neither, 'ink') ?? path(neither, 'opposed')).toBeNull()
  })

  test('shows a value outside its domain as an arrow that leaves it', () => {
    const [dot] = drawnArrows(path(networkStrip({ ...strip, values: [0.9] }, percent), 'agree'))
    expect(dot.by[0]).toBeGreaterThan(0)
  })

  test('says in words what it shows', () => {
    expect(parse(networkStrip(strip, percent)).querySelector('svg')!.getAttribute('aria-label')).toBe(
      '3 networks: 10% to 50%; interval of the median 20% to 40%; bound 5%',
    )
    expect(networkStrip({ ...strip, values: [], interval: null, bound: null }, percent)).toContain(
      'no network',
    )
  })

  test('refuses a domain that does not go upwards', () => {
    expect(() => networkStrip({ ...strip, domain: [1, 1] }, percent)).toThrow('not from 1 to 1')
  })
})
