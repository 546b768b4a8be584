/**
 * The player: one minibatch's landscapes of both layers, to be stepped through, played, and compared with a
 * pinned one.
 */
import type { PlayedLayer } from '../../data/landscapes.ts'
import { drawer } from '../../drawing/stage.ts'
import { chooseCells } from './cells.ts'
import { chooseOnCompass } from './compass.ts'
import { html, plain, reading } from './reading.ts'
import type { Selection } from './selection.ts'
import { OpeningStage } from './stage.ts'
import { part, Transport } from './transport.ts'

/**
 * Starts the player of a figure of landscapes.
 *
 * @param figure its element, with the player's as the build made them
 * @param load reads the figure's landscapes, when the player is first opened
 * @param initial the minibatch shown until the reader chooses one
 */
export function startPlayer(
  figure: HTMLElement,
  load: () => Promise<PlayedLayer[]>,
  initial: number,
  selection: Selection,
): void {
  const player = figure.querySelector<HTMLElement>('.player')!
  const pin = part(player, 'pin')
  const laboratory = part<HTMLAnchorElement>(player, 'lab')
  const readings = [...player.querySelectorAll<HTMLElement>('[data-part="reading"]')]
  const arrows = [...player.querySelectorAll<SVGGElement>('[data-arrows]')].map((group) => ({
    pinned: path(group, 'ghost'),
    agree: path(group, 'agree'),
    opposed: path(group, 'opposed'),
  }))

  let layers: PlayedLayer[] | undefined
  let draw: ReturnType<typeof drawer>[] = []

  const shown = () => selection.chosen.minibatch ?? initial
  const stage = new OpeningStage(player, {
    async load() {
      layers = await load()
      draw = layers.map(({ field }) => drawer(field))
    },
    failed(reason) {
      readings[0].textContent = `The landscapes could not be loaded: ${reason} Close and open to try again.`
    },
    changed() {
      if (!stage.isOpen) transport.pause()
      show()
    },
  })
  const transport = new Transport(player, {
    count: Number(part<HTMLInputElement>(player, 'range').max),
    shown,
    show: (minibatch) => selection.choose(minibatch),
    started: () => void stage.open(),
  })

  const show = () => {
    const { pinned } = selection.chosen
    const minibatch = shown()
    const other = pinned === undefined || pinned === minibatch ? undefined : pinned
    pin.textContent =
      pinned === undefined ? `Pin minibatch ${minibatch + 1}` : `Unpin minibatch ${pinned + 1}`
    const beside = other ?? (minibatch === 0 ? 1 : 0)
    const address = `&a=published.${minibatch + 1}&b=published.${beside + 1}`
    laboratory.href = laboratory.dataset.address + address
    part(laboratory, 'pair').textContent = `Minibatches ${minibatch + 1} and ${beside + 1}`
    const words = (layers ?? []).map(
      ({ layer, centres }) => `Hidden layer ${layer}: ${reading(centres, { minibatch, pinned }, plain)}.`,
    )
    transport.update(words.join(' '))
    if (!layers || !stage.isOpen) return
    for (const [l, { pinned: ghost, agree, opposed }] of arrows.entries()) {
      const paths = draw[l](minibatch)
      agree.setAttribute('d', paths.agree)
      opposed.setAttribute('d', paths.opposed)
      const behind = other === undefined ? undefined : draw[l](other)
      ghost.setAttribute('d', behind ? behind.agree + behind.opposed : '')
      readings[l].innerHTML = `G${reading(layers[l].centres, { minibatch, pinned }, html).slice(1)}.`
    }
  }

  const open = () => void stage.open()
  for (const cells of figure.querySelectorAll<SVGSVGElement>('svg.many')) chooseCells(cells, selection, open)
  for (const compass of figure.querySelectorAll<HTMLElement>('.compass'))
    chooseOnCompass(compass, selection, open)
  pin.addEventListener('click', () =>
    selection.pin(selection.chosen.pinned === undefined ? shown() : undefined),
  )
  selection.onChange(show)
  show()
}

/** Another path of a group, of a class that the style sheet knows. */
function path(group: SVGGElement, name: string): SVGPathElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  made.setAttribute('class', name)
  group.append(made)
  return made
}
