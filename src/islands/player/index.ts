/** Makes the figures that can be played answer to a reader, each when it comes near the window. */
import type { Tensors } from '../../../pipeline/stage.ts'
import { decodeTensors } from '../../../pipeline/tensors.ts'
import { unpackLandscapes } from '../../data/landscapes.ts'
import { chooseOnCompass } from './compass.ts'
import { startFilm } from './film.ts'
import { choosePanels } from './panels.ts'
import { startPlayer } from './player.ts'
import { Selection } from './selection.ts'

const selection = new Selection()

/** The tensors of a file. @throws when it is not to be had */
async function download(address: string): Promise<Tensors> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${address}.`)
  return decodeTensors(new Uint8Array(await response.arrayBuffer()))
}

function enliven(figure: HTMLElement): void {
  const load = () => download(figure.dataset.played!)
  const details = figure.querySelector('details')!
  if (figure.dataset.minibatch === undefined) {
    startFilm(details, load)
    return
  }
  const initial = Number(figure.dataset.minibatch) - 1
  const grids = [...figure.querySelectorAll<HTMLElement>('.panels.many')]
  const compasses = [...figure.querySelectorAll<HTMLElement>('.compass')]
  // A picture hides what is within it from assistive technology; what can be operated must not be hidden.
  const picture = figure.querySelector('.picture')
  picture?.setAttribute('role', 'group')
  for (const [l, grid] of grids.entries()) choosePanels(grid, l + 1, initial, selection)
  for (const [l, compass] of compasses.entries()) chooseOnCompass(compass, l + 1, initial, selection)
  startPlayer(details, async () => unpackLandscapes(await load()), initial, selection)
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
for (const figure of document.querySelectorAll('figure[data-played]')) near.observe(figure)
