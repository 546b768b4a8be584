/** Makes the figures of landscapes answer to a reader, each when it comes near the window. */
import { decodeTensors } from '../../../pipeline/tensors.ts'
import { chooseOnCompass } from './compass.ts'
import { type PlayedLayer, unpackLandscapes } from './landscapes.ts'
import { choosePanels } from './panels.ts'
import { startPlayer } from './player.ts'
import { Selection } from './selection.ts'

const selection = new Selection()
const files = new Map<string, Promise<PlayedLayer[]>>()

/** The landscapes of a file; figures of the same landscapes share one. @throws when the file is not to be had */
function read(address: string): Promise<PlayedLayer[]> {
  const reading = files.get(address) ?? download(address)
  files.set(address, reading)
  reading.catch(() => files.delete(address))
  return reading
}

async function download(address: string): Promise<PlayedLayer[]> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${address}.`)
  return unpackLandscapes(decodeTensors(new Uint8Array(await response.arrayBuffer())))
}

function enliven(figure: HTMLElement): void {
  const address = figure.dataset.landscapes!
  const initial = Number(figure.dataset.minibatch) - 1
  const grids = [...figure.querySelectorAll<HTMLElement>('.panels.many')]
  const roses = [...figure.querySelectorAll<SVGSVGElement>('.panels.pair > svg:first-child')]
  const details = figure.querySelector('details')
  // A picture hides what is within it from assistive technology; what can be operated must not be hidden.
  const picture = figure.querySelector('.picture')
  picture?.setAttribute('role', 'group')
  for (const svg of picture?.querySelectorAll('.panels.pair > svg + svg') ?? []) svg.setAttribute('aria-hidden', 'true')
  for (const [l, grid] of grids.entries()) choosePanels(grid, l + 1, initial, selection)
  if (details) startPlayer(details, () => read(address), initial, selection)
  if (roses.length > 0) {
    read(address).then(
      (layers) => {
        for (const [l, rose] of roses.entries()) chooseOnCompass(rose, layers[l], initial, selection)
      },
      (error: Error) => console.error(`The compass stays still: ${error.message}`),
    )
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      near.unobserve(target)
      enliven(target as HTMLElement)
    }
  },
  { rootMargin: '50%' },
)
for (const figure of document.querySelectorAll('figure[data-landscapes]')) near.observe(figure)
