import { describe, expect, test } from 'vitest'
import { layOut } from '../../../src/pictures/layout.ts'
import { resolveColours } from '../../../src/pictures/paint.ts'

/** Every letter half an em wide. */
const measure = (text: string) => text.length / 2
const panel = (size: string, content = '') => `<svg class="panel" viewBox="0 0 ${size}">${content}</svg>`

/** Where each text begins, from the corner of the whole. */
function places(svg: string): { words: string; x: number; y: number }[] {
  const found: { words: string; x: number; y: number }[] = []
  const open: [number, number][] = [[0, 0]]
  for (const [, close, kind, rest, words] of svg.matchAll(/<(\/?)(g|text)([^>]*)>([^<]*)/g)) {
    const [x, y] = open.at(-1) ?? [0, 0]
    const shift = /translate\(([-\d.]+),([-\d.]+)\)/.exec(rest)
    const at = (name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(rest)?.[1] ?? 0)
    if (kind === 'text' && !close) found.push({ words, x: x + at('x'), y: y + at('y') })
    if (kind === 'g') {
      if (close) open.pop()
      else open.push([x + Number(shift?.[1] ?? 0), y + Number(shift?.[2] ?? 0)])
    }
  }
  return found
}

describe('a picture as one drawing', () => {
  test('has its panels in the columns that the page gives them, as wide as there is room', () => {
    const two = `<div class="panels two">${panel('340 170')}${panel('340 170')}</div>`
    const { svg, height } = layOut(two, 720, measure)
    expect(height).toBeCloseTo(175, 3)
    expect(svg.match(/scale\(1\.0294\)/g)).toHaveLength(2)
    expect(svg).toContain('translate(370,0)')
  })

  test('gives a wide panel the room of two, and begins a row where a panel has no room', () => {
    const one = `<div>${panel('100 100')}</div>`
    const small = `<div class="panels small four"><div class="wide">${panel('100 100')}</div>${one.repeat(3)}</div>`
    const { height } = layOut(small, 720, measure)
    expect(height).toBeCloseTo(350 + 20 + 165, 3)
  })

  test('puts the rest into what the last row of panels has left, or into a row of its own', () => {
    const rest = `<div class="rest">${panel('100 50')}</div>`
    const small = (count: number) =>
      layOut(
        `<div class="panels small three">${`<div>${panel('100 100')}</div>`.repeat(count)}${rest}</div>`,
        640,
        measure,
      )
    // A column is 200 wide.
    expect(small(2).height).toBeCloseTo(200, 3)
    expect(small(1).height).toBeCloseTo(210, 3)
    expect(small(3).height).toBeCloseTo(200 + 20 + 320, 3)
  })

  test('sets a distribution one and a half times as wide as the rose beside it, both on one line', () => {
    const { svg, height } = layOut(
      `<div class="compass"><p>key</p>${panel('100 100')}${panel('150 100')}</div>`,
      260,
      measure,
    )
    const corners = [...svg.matchAll(/translate\(([\d.]+),([\d.]+)\)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ])
    expect(corners.map(([x]) => x).filter((x) => x > 0)).toEqual([116])
    expect(height - Math.max(...corners.map(([, y]) => y))).toBeCloseTo(96, 3)
  })

  test('breaks words where the line ends, and never a key that fits', () => {
    const { svg } = layOut(
      '<p class="keys"><span class="key">one two</span><span class="key">three four</span></p>',
      130,
      measure,
    )
    const found = places(svg)
    expect(found.map(({ words }) => words)).toEqual(['one', 'two', 'three', 'four'])
    expect(found.map(({ x }) => x)).toEqual([0, 28, 0, 42])
    expect(found[2].y).toBeGreaterThan(found[1].y)
    expect(found[3].y).toBe(found[2].y)
  })

  test('starts the panels of a row on one line, however long their titles are', () => {
    const titled = (title: string) => `<div><p class="over">${title}</p>${panel('100 100')}</div>`
    const { svg } = layOut(
      `<div class="panels two">${titled('a')}${titled('word '.repeat(20))}</div>`,
      200,
      measure,
    )
    const first = places(svg).find(({ words }) => words === 'a')
    const last = places(svg).at(-1)
    expect(first?.y).toBe(last?.y)
  })

  test('needs neither a style sheet nor the colours of a page', () => {
    const { svg } = layOut(
      panel(
        '10 10',
        '<path class="opposed" d="M0 0h1"/><path d="M0 0h2" stroke="color-mix(in oklab,var(--agree) 90%,var(--panel))"/>',
      ),
      100,
      measure,
    )
    const light = resolveColours(svg, 'light')
    expect(light).toContain('stroke="#c2450a"')
    expect(light).toMatch(/stroke="#[0-9a-f]{6}"/)
    expect(light).not.toMatch(/class=|style=|var\(|color-mix/)
    expect(resolveColours(svg, 'dark')).toContain('stroke="#ff9a63"')
  })
})
