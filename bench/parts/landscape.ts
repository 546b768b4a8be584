import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { landscape as closedForm, displacements } from '../../experiments/landscape/landscape.ts'
import type { HiddenLayer, Minibatch, Move } from '../../experiments/landscape/layers.ts'
import { paper } from '../../experiments/protocol.ts'
import { launch } from '../../scripts/browser.ts'
import { atLeast, interleaved, type Line, ratio, scaled, spread, within } from '../measure.ts'
import type { Part } from '../part.ts'
import { synthetic } from '../synthetic.ts'

const repeats = 7
const { grid, minibatches } = paper.landscapes
const points = (2 * grid.x.steps + 1) * (2 * grid.y.steps + 1)
const [panels, few, timed] = [50, 10, 3]

/** A panel and figure 2 (and 3) in closed form, against one backward pass for each grid point. */
export const landscape: Part = async (bench) => {
  const lines: Line[] = []
  const line = (what: string, unit: string, rest: Omit<Line, 'part' | 'what' | 'unit'>) =>
    lines.push({ part: 'landscape', what, unit, ...rest })
  for (const engine of bench.engines) {
    const { ask } = await bench.worker(engine)
    const samples = await interleaved(
      {
        panel1: () => ask({ task: 'panel1', count: panels }),
        panel2: () => ask({ task: 'panel2', count: panels }),
        landscapes: () => ask({ task: 'landscapes', count: few }),
        activations: () => ask({ task: 'activations', count: few }),
        naive: () => ask({ task: 'naive', count: timed }),
      },
      repeats,
    )
    const naivePanel = samples.naive.map((value) => (value / timed) * points)
    const panel = samples.panel1.map((value) => value / panels)
    if (engine === bench.engines[0]) {
      line('a panel of hidden layer 1, closed form', 'ms', { spread: spread(panel) })
      line('a panel of hidden layer 2, closed form', 'ms', {
        spread: scaled(spread(samples.panel2), 1 / panels),
      })
    }
    line(`a panel of hidden layer 1, autograd, ${engine}`, 'ms', {
      spread: spread(naivePanel),
      note: `${timed} of its ${points} points timed`,
    })
    line(`autograd / closed form, a panel, ${engine}`, 'x', { spread: ratio(naivePanel, panel) })
    const figure = samples.landscapes.map((value) => (value / few) * minibatches)
    const share = spread(samples.activations).median / spread(samples.landscapes).median
    line(`figure 2: ${minibatches} minibatches x 2 layers with their activations, ${engine}`, 'ms', {
      spread: spread(figure),
      note: `${few} minibatches timed; activations take ${Math.round(100 * share)} %`,
    })
    const gain = ratio(
      naivePanel.map((value) => 2 * minibatches * value),
      figure,
    )
    line(`autograd / closed form, figure 2, ${engine}`, 'x', {
      spread: gain,
      budget: atLeast(1000, 'x', gain),
    })
  }
  const { milliseconds, difference } = await inBrowser()
  line('a panel of hidden layer 1, closed form, in the browser', 'ms', {
    spread: spread(milliseconds),
    budget: within(16, 'ms', spread(milliseconds), bench.pace),
    note: `largest difference from Node.js: ${difference.toExponential(0)}`,
  })
  return lines
}

type InPage = (
  layers: HiddenLayer[],
  minibatch: Minibatch,
  moves: [Move, Move],
  x: Float64Array,
  y: Float64Array,
) => number[]

async function inBrowser(): Promise<{ milliseconds: number[]; difference: number }> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../../experiments/landscape/landscape.ts', import.meta.url)),
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'closedForm' })
  await bundle.close()
  const { layers, minibatch, moves } = synthetic()
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  const here = closedForm(layers, minibatch, moves, x, y)
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ content: output[0].code })
    const plain = JSON.stringify({ layers, minibatch, moves, x, y }, (_, value) =>
      ArrayBuffer.isView(value)
        ? { array: value.constructor.name, values: Array.from(value as Float64Array) }
        : value,
    )
    const { milliseconds, field } = await page.evaluate(
      ({ plain, repeats, panels }) => {
        const arrays = { Float64Array, Float32Array }
        const { layers, minibatch, moves, x, y } = JSON.parse(plain, (_, value) =>
          value?.array ? arrays[value.array as keyof typeof arrays].from(value.values) : value,
        )
        const { landscape } = (globalThis as unknown as { closedForm: { landscape: InPage } }).closedForm
        const milliseconds: number[] = []
        let field: number[] = []
        for (let repeat = -1; repeat < repeats; repeat++) {
          const start = performance.now()
          for (let panel = 0; panel < panels; panel++) field = landscape(layers, minibatch, moves, x, y)
          if (repeat >= 0) milliseconds.push((performance.now() - start) / panels)
        }
        return { milliseconds, field: Array.from(field) }
      },
      { plain, repeats, panels },
    )
    return { milliseconds, difference: Math.max(...field.map((value, i) => Math.abs(value - here[i]))) }
  } finally {
    await browser.close()
  }
}
