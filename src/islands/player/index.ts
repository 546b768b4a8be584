/** Makes the figures that can be played answer to a reader, each when it comes near the window. */
import type { Tensors } from '../../../pipeline/stage.ts'
import { decodeTensors } from '../../../pipeline/tensors.ts'
import { unpackEpochs } from '../../data/epochs.ts'
import { unpackFilm } from '../../data/film.ts'
import { unpackLandscapes } from '../../data/landscapes.ts'
import { startEpochs } from './epochs.ts'
import { startFilm } from './film.ts'
import { startPlayer } from './player.ts'
import { Selection } from './selection.ts'
import { showTable } from './table.ts'
import { startVote } from './vote.ts'

const selection = new Selection()

/** The tensors of a file. @throws when it is not to be had */
async function download(address: string): Promise<Tensors> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${address}.`)
  return decodeTensors(new Uint8Array(await response.arrayBuffer()))
}

/** Puts a figure's player where the build left it as a template, and starts it. */
function enliven(figure: HTMLElement): void {
  const player = figure.querySelector<HTMLElement>('.player')!
  const template = player.querySelector('template')!
  const load = () => download(player.dataset.file!)
  template.replaceWith(template.content)
  const starts: { readonly [name: string]: () => void } = {
    minibatches: () =>
      startPlayer(
        figure,
        async () => unpackLandscapes(await load()),
        Number(player.dataset.minibatch) - 1,
        selection,
      ),
    film: () => startFilm(player, async () => unpackFilm(await load())),
    epochs: () => void startEpochs(figure, async () => unpackEpochs(await load())),
    vote: () => startVote(figure),
  }
  starts[player.dataset.player!]()
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue
      near.unobserve(target)
      enliven(target)
    }
  },
  { rootMargin: '50%' },
)
for (const figure of document.querySelectorAll('figure:has(.player)')) near.observe(figure)
for (const details of document.querySelectorAll<HTMLDetailsElement>('details[data-table]'))
  details.addEventListener('toggle', () => showTable(details), { once: true })
