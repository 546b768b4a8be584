/**
 * The figures of agreement by batch size and by epoch, and of the walks: what they draw, say and tabulate of
 * given results.
 */
import { JSDOM } from 'jsdom'
import { describe, expect, test } from 'vitest'
import type { Results } from '../../../src/data/results.ts'
import { batchSize } from '../../../src/figures/batch-size.ts'
import { epochs } from '../../../src/figures/epochs.ts'
import { figure } from '../../../src/figures/index.ts'
import { walk } from '../../../src/figures/walk.ts'

const parse = (html: string) => new JSDOM(html).window.document

/** The lines of a panel; ticks and grids are paths too, but their corners are not rounded. */
const lines = (panel: Element) => [...panel.querySelectorAll('path[stroke-linejoin]')]

const curves = [0, 10].flatMap((epoch) =>
  [1, 2].map((layer) => ({
    layer,
    epoch,
    noiseScale: epoch === 0 ? 0.5 : 64,
    sizes: [1, 64, 4096].map((batchSize, i) => ({
      batchSize,
      meanCosine: [0.1, 0.5, 0.98][i],
      standardError: 0.05,
    })),
  })),
)
const runs = [
  { label: 'long', meanCosine: [1, 0.9, 0.4, 0.1] },
  { label: 'short', meanCosine: [1, null, 0.2] },
  { label: 'flat', meanCosine: [null, null, null] },
].map(({ label, meanCosine }) => ({ label, layers: [1, 2].map((layer) => ({ layer, meanCosine })) }))
const biases = [1, 2].map((layer) => ({
  layer,
  unit: 3,
  paths: [Float64Array.of(0.5, 0.6, 0.7), Float64Array.of(0.5, 0.4, 0.2)],
}))

/** What the figures read of results. */
const results: Results = {
  watched: () => ({ results, opened: () => ['what was opened'] }),
  protocol: {
    conditions: { a: {}, b: {}, c: {} },
    deliveries: { ranges: { deliverers: { most: 171 } } },
    walks: { from: 10 },
  },
  condition: () => ({ label: 'no regularizer', checkpoints: [0, 10] }),
  batchSizes: async () => curves,
  agreementByEpoch: async (name: string) => runs['abc'.indexOf(name)],
  walk: async () => ({
    biases,
    summary: {
      steps: 2,
      distanceFromStart: [0.02, 0.04],
      distances: [0.05],
      predictionDifferences: [5.25],
      startMae: 14,
      endMae: [13.5, 12.5],
    },
  }),
} as unknown as Results

describe('cosines by batch size', () => {
  test('are one mark for each layer, epoch and size, and two lines for each layer and epoch', () => {
    const panels = [...parse(batchSize(curves)).querySelectorAll('svg.panel')]
    expect(panels).toHaveLength(2)
    for (const panel of panels) {
      expect(lines(panel)).toHaveLength(4)
      expect(panel.querySelectorAll('[stroke-dasharray]')).toHaveLength(2)
    }
  })

  test('are told and tabulated with their interval and both predictions', async () => {
    const { alternative, stages, table } = await figure(results, { kind: 'batch-size', condition: 'a' })
    expect(stages).toEqual(['what was opened'])
    expect(alternative).toContain(
      'Hidden layer 2, epoch 10, noise scale 64: 0.10 at 1, 0.50 at 64, 0.98 at 4096',
    )
    const { columns, rows } = table()
    expect(rows).toHaveLength(12)
    const row = rows.find(([layer, epoch, size]) => layer === 1 && epoch === 10 && size === 64)!
    expect(row).toHaveLength(columns.length)
    expect(row[4]).toBeCloseTo(0.5 - 1.96 * 0.05, 12)
    expect(row[6]).toBe(0.5)
    // 64 votes of a share p with (2p - 1)^2 = 1 / 65, added up from Pascal's triangle.
    const p = (1 + 65 ** -0.5) / 2
    let chances = [1]
    for (let vote = 0; vote < 64; vote++)
      chances = [...chances, 0].map((chance, k) => chance * (1 - p) + (chances[k - 1] ?? 0) * p)
    const sum = (votes: readonly number[]) => votes.reduce((total, chance) => total + chance, 0)
    const [low, high] = [sum(chances.slice(0, 32)), sum(chances.slice(33))]
    expect(row[7]).toBeCloseTo(((high - low) / (high + low)) ** 2, 10)
  })
})

describe('cosines by epoch', () => {
  test('are a panel for each run, a wider one for a longer run, with gaps where there is no direction', () => {
    const document = parse(epochs(runs))
    const panels = [...document.querySelectorAll('svg.panel')]
    expect(panels.map((panel) => panel.parentElement!.className)).toEqual(['wide', ''])
    // No axes without a line: words in their place.
    expect(document.querySelector('.rest .count')!.textContent).toBe('No gradient beyond rounding: flat.')
    expect(document.querySelector('.keys')!.textContent).toBe('hidden layer 1hidden layer 2')
  })

  test('are told: where they begin and end, and when they first fall below one half', async () => {
    const { alternative, stages, table } = await figure(results, { kind: 'epochs' })
    expect(stages).toEqual(['what was opened'])
    expect(alternative).toContain(
      'With long: hidden layer 1 from 1.00 at epoch 0 to 0.10 at epoch 3, first below 0.5 at epoch 2',
    )
    expect(alternative).toContain('With flat: hidden layer 1 has no gradient beyond rounding')
    expect(table().rows).toHaveLength(2 * (4 + 3 + 3))
    expect(table().rows).toContainEqual(['b', 2, 1, ''])
  })
})

describe('walks', () => {
  test('are a line for each layer and order from one start, with a dot at its end', () => {
    const [panel, ...others] = parse(walk(biases)).querySelectorAll('svg.panel')
    expect(others).toHaveLength(0)
    const starts = lines(panel).map((path) => path.getAttribute('d')!.split('L')[0])
    expect(starts).toHaveLength(4)
    expect(new Set(starts).size).toBe(1)
    expect(panel.querySelectorAll('circle')).toHaveLength(5)
  })

  test('are told and tabulated', async () => {
    const { alternative, stages, table } = await figure(results, { kind: 'walk', condition: 'a' })
    expect(stages).toEqual(['what was opened'])
    expect(alternative).toContain('move by 3.0% of their parameters')
    expect(alternative).toMatch(/end 5\.0% from each other.* differ by 5\.3 .* between 12\.5 and 13\.5/)
    expect(table().rows).toHaveLength(12)
    expect(table().rows[5]).toEqual([1, 3, 1, 2, 0.2])
  })
})
