import { describe, expect, test } from 'vitest'
import { lengthKey, roundLength } from '../../../src/drawing/key.ts'
import { linearLength, rootLength } from '../../../src/drawing/length.ts'
import { compass } from '../../../src/figures/compass.ts'
import { directions } from '../../../src/figures/directions.ts'
import { landscape } from '../../../src/figures/landscape.ts'
import { minibatches } from '../../../src/figures/minibatches.ts'
import { predictions } from '../../../src/figures/predictions.ts'
import { training } from '../../../src/figures/training.ts'
import { drawnArrows, field, parse } from '../fields.ts'

const paths = (root: ParentNode, role: string) =>
  [...root.querySelectorAll(`.panel path.${role}`)].flatMap((path) => drawnArrows(path))

const texts = (root: ParentNode) => [...root.querySelectorAll('text')].map(({ textContent }) => textContent)

describe('a landscape', () => {
  const picture = parse(landscape({ layer: 1, units: [4, 7], field: field(1, 5, 3, () => [3, 4]) }))
  const arrows = paths(picture, 'agree')

  test('has an arrow for every grid point, all in one path', () => {
    expect(picture.querySelectorAll('path.agree')).toHaveLength(1 + 1) // the panel's and the key's
    expect(arrows).toHaveLength(15)
  })

  test('points up for a positive derivative, though pixels count downwards', () => {
    for (const { by } of arrows) expect(-by[1] / by[0]).toBeCloseTo(4 / 3, 0)
  })

  test('names its axes, and marks the true parameters in the middle of the arrows', () => {
    expect(texts(picture).join(' ')).toContain('bias of unit 4')
    expect(texts(picture).join(' ')).toContain('bias of unit 7')
    const circle = picture.querySelector('circle') as Element
    const [left, right] = [
      Math.min(...arrows.map(({ from }) => from[0])),
      Math.max(...arrows.map(({ from }) => from[0])),
    ]
    expect(Number(circle.getAttribute('cx'))).toBeCloseTo((left + right) / 2, 0)
  })
})

describe('the small panels of many minibatches', () => {
  // Three minibatches go right, the fourth goes left.
  const layer = {
    layer: 2,
    units: [0, 1] as const,
    field: field(4, 5, 5, (minibatch) => [minibatch === 3 ? -1 : 4, 0]),
  }
  const picture = parse(minibatches([{ ...layer, layer: 1 }, layer]))
  const panels = [...picture.querySelectorAll('.layer .many')].map((grid) => [...grid.children])

  test('are one a minibatch and layer', () => {
    expect(panels.map((all) => all.length)).toEqual([4, 4])
    expect(picture.textContent).toContain('Hidden layer 2')
  })

  test('have the colour of opposition, and a tint, just where they point against the mean', () => {
    const [, second] = panels
    expect(second.map((panel) => panel.querySelector('.opposed') !== null)).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(second.map((panel) => panel.classList.contains('against'))).toEqual([false, false, false, true])
  })

  test('share one arrow length: a quarter of the gradient is half of the arrow', () => {
    const [longArrow] = drawnArrows(panels[1][0].querySelector('path'))
    const [shortArrow] = drawnArrows(panels[1][3].querySelector('path'))
    expect(longArrow.by[0] / -shortArrow.by[0]).toBeCloseTo(2, 1)
  })

  test('stay within their frames', () => {
    for (const panel of panels.flat()) {
      for (const { from, by } of drawnArrows(panel.querySelector('path')))
        for (const edge of [from[0], from[1], from[0] + by[0], from[1] + by[1]]) {
          expect(edge).toBeGreaterThanOrEqual(0)
          expect(edge).toBeLessThanOrEqual(64)
        }
    }
  })

  test('say that there is nothing to see where every gradient is zero', () => {
    const zero = { ...layer, field: field(2, 3, 3, () => [0, 0]) }
    const nothing = parse(minibatches([zero]))
    expect(nothing.textContent).toContain('every gradient is exactly 0')
    expect(paths(nothing, 'agree').every(({ by }) => by[0] === 0 && by[1] === 0)).toBe(true)
    expect(nothing.querySelectorAll('.opposed, .against')).toHaveLength(0)
  })
})

describe('a compass', () => {
  const gradients = [
    [1, 0],
    [0.9, 0.1],
    [-1, 0],
  ] as const
  const picture = parse(compass(field(3, 3, 3, (minibatch) => gradients[minibatch])))

  test('has every minibatch’s gradient from one point, by side', () => {
    expect(paths(picture, 'agree')).toHaveLength(2)
    expect(paths(picture, 'opposed')).toHaveLength(1)
    const starts = [...paths(picture, 'agree'), ...paths(picture, 'opposed')].map(({ from }) => from.join())
    expect(new Set(starts).size).toBe(1)
  })

  test('carries the gradients for those who choose on it', () => {
    expect(picture.querySelector('.compass')?.getAttribute('data-centres')).toBe('1 0,0.9 0.1,-1 0')
  })

  test('has a histogram whose bars are the shares of pairs', () => {
    const bars = [...picture.querySelectorAll('rect')].filter((bar) => Number(bar.getAttribute('height')) > 0)
    const heights = bars.map((bar) => Number(bar.getAttribute('height')))
    expect(bars).toHaveLength(2)
    expect(Math.max(...heights) / Math.min(...heights)).toBeCloseTo(2, 1)
  })
})

describe('the directions of minibatches', () => {
  // Twelve minibatches go up, the last of them down after ten epochs.
  const at = (epoch: number) => ({
    epoch,
    landscapes: {
      layer: 2,
      units: [0, 1] as const,
      field: field(12, 3, 3, (minibatch) => [0, epoch > 0 && minibatch === 11 ? -1 : 1]),
    },
  })
  const pictures = [...parse(directions([at(0), at(10)])).querySelectorAll('.layer')]

  test('have an arrow for each minibatch, in rows of ten, at each epoch', () => {
    expect(pictures.map((picture) => picture.textContent)).toEqual([
      expect.stringContaining('Before the first step'),
      expect.stringContaining('After epoch 10'),
    ])
    const tails = paths(pictures[0], 'agree').map(({ from }) => from)
    expect(tails).toHaveLength(12)
    expect(new Set(tails.map(([, y]) => y)).size).toBe(2)
    expect(tails[10][0]).toBeCloseTo(tails[0][0], 5)
  })

  test('have the colour of opposition where they go against the mean', () => {
    expect(paths(pictures[0], 'opposed')).toHaveLength(0)
    const [down, ...others] = paths(pictures[1], 'opposed')
    expect(others).toHaveLength(0)
    expect(down.by[1]).toBeGreaterThan(0)
  })
})

describe('the curves of training', () => {
  const epochs = [0, 1, 2].map((epoch) => ({
    epoch,
    cost: epoch ? 100 / epoch : null,
    testMae: 100 / (epoch + 1),
    testR2: epoch / 2,
  }))
  const picture = parse(training({ epochs: epochs as never, checkpoints: [0, 2] }))

  test('are two, with a circle at each checkpoint', () => {
    expect(picture.querySelectorAll('.panel')).toHaveLength(2)
    expect(
      [...picture.querySelectorAll('.panel')].map((panel) => panel.querySelectorAll('circle').length),
    ).toEqual([2, 2])
  })

  test('say what they show, and in what', () => {
    expect(texts(picture)).toEqual(
      expect.arrayContaining(['epoch', 'mean absolute error on test data', 'R² on test data']),
    )
  })
})

describe('predictions', () => {
  const picture = parse(
    predictions({
      actual: Float32Array.of(0, 50, 100),
      frames: [
        { epoch: 0, predicted: Float32Array.of(0, 0, 0) },
        { epoch: 10, predicted: Float32Array.of(0, 50, 100) },
      ],
    }),
  )
  const panels = [...picture.querySelectorAll('.panel')]
  const dots = (panel: Element) => drawnArrows(panel.querySelector('path.agree')).map(({ from }) => from)

  test('have a panel an epoch, named by it', () => {
    expect([...picture.querySelectorAll('.over')].map(({ textContent }) => textContent)).toEqual([
      'at the start',
      'epoch 10',
    ])
  })

  test('lie on the line of the rule when they are right', () => {
    const line =
      panels[1].querySelector('[stroke="var(--truth)"]')?.querySelector('path') ??
      panels[1].querySelector('path[stroke="var(--truth)"]')
    const [start, end] = [...(line?.getAttribute('d') ?? '').matchAll(/([\d.]+),([\d.]+)/g)].map(
      ([, x, y]) => [Number(x), Number(y)],
    )
    for (const [x, y] of dots(panels[1])) {
      const along = (x - start[0]) / (end[0] - start[0])
      expect(y).toBeCloseTo(start[1] + along * (end[1] - start[1]), 0)
    }
    expect(new Set(dots(panels[0]).map(([, y]) => y)).size).toBe(1)
  })
})

describe('a key to lengths', () => {
  test('shows the longest round length, and a quarter of it where the scale is not in proportion', () => {
    const words = (html: string) =>
      [...parse(html).querySelectorAll('span span')].map(({ textContent }) => textContent)
    expect(words(lengthKey(rootLength(7.3, 20), 7.3, 64))).toEqual(['5', '1.25', 'per parameter unit'])
    expect(words(lengthKey(linearLength(0.23, 20), 0.23, 64))).toEqual(['0.2', 'per parameter unit'])
    expect(words(lengthKey(linearLength(2.5e-9, 20), 2.5e-9, 64))).toEqual([
      '2\u00a0×\u00a010−9',
      'per parameter unit',
    ])
  })

  test('draws its arrow as the panel draws that length', () => {
    const svg = parse(lengthKey(linearLength(10, 32), 10, 64)).querySelector('svg')
    expect(drawnArrows(svg?.querySelector('path') ?? null)[0].by).toEqual([32, 0])
    expect(svg?.getAttribute('style')).toBe('width:calc(var(--panel-width)*0.563)')
  })

  test('rounds down to 1, 2 or 5 times a power of ten', () => {
    expect([1, 1.99, 2, 4.9, 5, 9.9, 10, 0.03].map(roundLength)).toEqual([1, 1, 2, 2, 5, 5, 10, 0.02])
  })
})
