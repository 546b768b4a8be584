/** Walks of the small network on the page: the reader shuffles, and sees where the same start and the same data end this time. */
import * as Plot from '@observablehq/plot'
import type { Protocol } from '../../../experiments/protocol.ts'
import { colour } from '../../drawing/palette.ts'
import { plainNumber } from '../../number.ts'
import { plotted } from './plotted.ts'
import { type Shuffled, SmallNetwork, type Walk } from './walk.ts'

/** So many walks are kept in the picture. */
const most = 12

/** Makes the walks of a section answer to the reader, from when it comes near the window. */
export function startWalks(
  section: HTMLElement,
  protocol: Pick<Protocol, 'seed' | 'deliveries' | 'encoding'>,
): void {
  const part = (name: string) => section.querySelector<HTMLElement>(`[data-part="${name}"]`)!
  const epochs = section.querySelector<HTMLInputElement>('[name="walk-start"]')!
  const shuffled = section.querySelector<HTMLSelectElement>('[name="walk-shuffled"]')!
  /** The network after 0, 1, ... epochs, each walked in an order of its own. */
  const trained: SmallNetwork[] = []
  let walks: Walk[] = []
  let order = 0

  const start = (): SmallNetwork => {
    if (trained.length === 0) trained.push(SmallNetwork.start(protocol))
    while (trained.length <= Number(epochs.value))
      trained.push(trained[trained.length - 1].walk(trained.length, 'examples').end)
    return trained[Number(epochs.value)]
  }
  const walk = () => {
    order += 1
    // The orders in which the start was trained are not used again.
    walks = [...walks, start().walk(1000 + order, shuffled.value as Shuffled)].slice(-most)
  }
  const show = () => {
    const from = start()
    const units = from.liveUnits
    part('walk-epochs').textContent = epochs.value
    part('walk-picture').replaceChildren(picture(walks, units))
    part('walk-words').textContent = words(from, walks)
  }
  const again = () => {
    walks = []
    walk()
    walk()
    show()
  }
  section.querySelector('[data-part="walk"]')!.addEventListener('click', () => {
    walk()
    show()
  })
  epochs.addEventListener('input', again)
  shuffled.addEventListener('change', again)
  const near = new IntersectionObserver(
    ([{ isIntersecting }]) => {
      if (!isIntersecting) return
      near.disconnect()
      again()
    },
    { rootMargin: '50%' },
  )
  near.observe(section)
}

function picture(walks: readonly Walk[], [x, y]: readonly [number, number]): SVGSVGElement {
  const place = (biases: Float64Array): [number, number] => [biases[x], biases[y]]
  const paths = walks.map(({ path }) => path.map(place))
  const last = paths.length - 1
  const svg = plotted({
    width: 440,
    height: 360,
    marginTop: 10,
    marginRight: 16,
    marginBottom: 42,
    marginLeft: 62,
    x: {
      label: `bias of unit ${x} of hidden layer 1`,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      nice: true,
    },
    y: { label: `bias of unit ${y}`, labelAnchor: 'center', labelArrow: 'none', ticks: 5, nice: true },
    marks: [
      Plot.gridX({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      Plot.gridY({ stroke: colour('grid'), strokeOpacity: 1, ticks: 5 }),
      ...paths.map((path, i) =>
        Plot.line(path, {
          stroke: colour(i === last ? 'agree' : 'muted'),
          strokeWidth: i === last ? 1.8 : 1.2,
          strokeOpacity: i === last ? 1 : 0.6,
        }),
      ),
      Plot.dot(
        paths.map((path) => path[path.length - 1]),
        { r: 4, fill: (_: unknown, i: number) => colour(i === last ? 'agree' : 'muted') },
      ),
      Plot.dot([paths[0][0]], { r: 7, stroke: colour('truth'), strokeWidth: 2 }),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute(
    'aria-label',
    `Paths of two biases over an epoch, from one start, in ${walks.length} orders; the text beside says how far apart the networks end`,
  )
  return svg
}

function words(from: SmallNetwork, walks: readonly Walk[]): string {
  const ends = walks.map(({ end }) => end)
  const pairs = ends.flatMap((a, i) => ends.slice(i + 1).map((b) => [a, b] as const))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const errors = ends.map(({ error }) => error)
  const one = { digits: 1 }
  return `At the start of the epoch the mean error is ${plainNumber(from.error, one)} deliverers; after it, in ${ends.length} orders, from ${plainNumber(Math.min(...errors), one)} to ${plainNumber(Math.max(...errors), one)}. An epoch moves the network by ${plainNumber(mean(ends.map((end) => from.distance(end))), { format: 'percent', digits: 1 })} of its length; two orders end ${plainNumber(mean(pairs.map(([a, b]) => a.distance(b))), { format: 'percent', digits: 1 })} apart, and predict numbers that differ by ${plainNumber(mean(pairs.map(([a, b]) => a.disagreement(b))), one)} deliverers (root mean square).`
}
