import { describe, expect, test } from 'vitest'
import { cell, cornerOf } from '../../../src/drawing/cells.ts'
import { lengthKey, roundLength } from '../../../src/drawing/key.ts'
import { linearLength, rootLength } from '../../../src/drawing/length.ts'
import { compass } from '../../../src/figures/compass.ts'
import { hero } from '../../../src/figures/hero.ts'
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
    expect(picture.querySelectorAll('path.agree')).toHaveLength(1 + 2) // the panel's and the key's
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
  const [, second] = picture.querySelectorAll('.layer .many')
  const inCell = (place: number) => {
    const [x, y] = cornerOf(place, 4)
    const within = (at: readonly [number, number]) =>
      at[0] >= x && at[0] <= x + cell.size && at[1] >= y && at[1] <= y + cell.size
    return ['agree', 'opposed'].map((role) =>
      drawnArrows(second.querySelector(`path.${role}`)).filter(
        ({ from, by }) => within(from) && within([from[0] + by[0], from[1] + by[1]]),
      ),
    )
  }

  test('are a picture of a few elements for each layer, with a cell for each minibatch', () => {
    expect(second.getAttribute('data-count')).toBe('4')
    expect(second.querySelectorAll('*').length).toBeLessThanOrEqual(4)
    expect(picture.textContent).toContain('Hidden layer 2')
  })

  test('have their arrows within their cells, in the colour of opposition where they point against the mean', () => {
    expect([0, 1, 2, 3].map((place) => inCell(place).map((all) => all.length))).toEqual([
      [9, 0],
      [9, 0],
      [9, 0],
      [0, 9],
    ])
  })

  test('are tinted where the arrow at the true parameters points against the mean', () => {
    const [x, y] = cornerOf(3, 4)
    expect(second.querySelector('.against')?.getAttribute('d')).toMatch(new RegExp(`^M${x} ${y}h[^M]*$`))
  })

  test('share one arrow length: a quarter of the gradient is half of the arrow', () => {
    const [[longArrow], [shortArrow]] = [inCell(0)[0], inCell(3)[1]]
    expect(longArrow.by[0] / -shortArrow.by[0]).toBeCloseTo(2, 1)
  })

  test('say how many point the other way, how many are zero, and how many arrows are left out', () => {
    const some = { ...layer, field: field(4, 5, 5, (minibatch) => [[4, 4, -1, 0][minibatch], 0]) }
    const words = parse(minibatches([some])).textContent
    expect(words).toContain('1 of 4 point the other way, 1 is zero')
    expect(words).toContain('9 of 25 of each minibatch')
    expect(words).toContain('point uphill, against a step of training')
  })

  test('say that there is nothing to see where every gradient is zero', () => {
    const zero = { ...layer, field: field(2, 3, 3, () => [0, 0]) }
    const nothing = parse(minibatches([zero]))
    expect(nothing.textContent).toContain('every gradient is exactly 0')
    expect(nothing.querySelectorAll('.panel')).toHaveLength(0)
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

  test('draws lengths by square root, as the panels do, and says so', () => {
    const some = parse(compass(field(2, 3, 3, (minibatch) => [minibatch === 0 ? 4 : 1, 0])))
    const [long, short] = paths(some, 'agree').map(({ by }) => Math.hypot(...by))
    expect(long / short).toBeCloseTo(2, 1)
  })

  test('carries the gradients for those who choose on it', () => {
    expect(picture.querySelector('.compass')?.getAttribute('data-centres')).toBe('1 0,0.9 0.1,-1 0')
  })

  test('shares are of the whole: their axis ends at 100 %', () => {
    const alike = parse(compass(field(3, 3, 3, () => [1, 0])))
    expect(texts(alike)).toContain('100%')
    expect(texts(alike)).not.toContain('120%')
    const [bar] = alike.querySelectorAll('rect[fill="var(--agree)"]')
    // The whole, from the top of the picture to its bottom but for the margins.
    expect([bar.getAttribute('y'), bar.getAttribute('height')]).toEqual(['22', '78'])
  })

  test('has a histogram whose bars are the shares of pairs', () => {
    const drawn = (role: string) =>
      [...picture.querySelectorAll(`[fill="var(--${role})"]`)].flatMap((path) =>
        [...(path.getAttribute('d') ?? '').matchAll(/h[\d.]+v([\d.]+)h-[\d.]+z/g)].map(([, height]) =>
          Number(height),
        ),
      )
    const heights = [...drawn('agree'), ...drawn('opposed')].filter((height) => height > 0)
    expect(heights).toHaveLength(2)
    expect(Math.max(...heights) / Math.min(...heights)).toBeCloseTo(2, 1)
  })
})

describe('the arrows of an epoch', () => {
  // Twelve minibatches go up; the last of them down after the second epoch.
  const epochs = [0, 1, 2].map((epoch) =>
    Array.from({ length: 12 }, (_, i) => [0, epoch === 2 && i === 11 ? -1 : 1] as const),
  )
  const drawn = (shown: number) => parse(hero({ epochs, tooHigh: [0, 0.2, 0.5], shown }))

  test('are one for each minibatch, in rows of ten, named by their moment', () => {
    const picture = drawn(0)
    expect(picture.textContent).toContain('Before the first step')
    expect(picture.textContent).toContain('all 12 arrows point one way')
    const tails = drawnArrows(picture.querySelector('.volley .agree')).map(({ from }) => from)
    expect(tails).toHaveLength(12)
    expect(new Set(tails.map(([, y]) => y)).size).toBe(2)
    expect(tails[10][0]).toBeCloseTo(tails[0][0], 5)
  })

  test('have the colour of opposition, and are counted, where they go against the mean', () => {
    const picture = drawn(2)
    const [down, ...others] = drawnArrows(picture.querySelector('.volley .opposed'))
    expect(others).toHaveLength(0)
    expect(down.by[1]).toBeGreaterThan(0)
    expect(picture.textContent).toContain('1 of 12 arrows point the other way')
  })

  test('stand beside two curves by epoch with an upright line at theirs', () => {
    const marks = [...drawn(1).querySelectorAll('.now')]
    expect(marks).toHaveLength(2)
    for (const mark of marks) {
      const [from, to] = ['data-from', 'data-to'].map((name) => Number(mark.getAttribute(name)))
      expect(mark.getAttribute('transform')).toBe(`translate(${(from + to) / 2} 0)`)
    }
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

  test('show an R² far below zero where it is', () => {
    const low = epochs.map((record, i) => ({ ...record, testR2: i === 0 ? -1.48 : record.testR2 }))
    const [, fit] = parse(training({ epochs: low as never, checkpoints: [] })).querySelectorAll('.panel')
    expect(texts(fit)).toContain('\u22122.0')
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
  const dots = (panel: Element) =>
    drawnArrows(panel.querySelector('path[stroke-opacity]')).map(({ from }) => from)

  test('have a panel an epoch, named by it', () => {
    expect([...picture.querySelectorAll('.over')].map(({ textContent }) => textContent)).toEqual([
      'At the start',
      'Epoch 10',
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
    expect(words(lengthKey(rootLength(7.3, 20), 7.3, 64))).toEqual([
      '5',
      '1.25',
      'per parameter unit, drawn by square root',
    ])
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
