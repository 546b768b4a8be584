/** The player: one minibatch's landscapes of both layers, to be stepped through, played, and compared with a pinned one. */
import type { PlayedLayer } from '../../data/landscapes.ts'
import { drawer } from '../../drawing/stage.ts'
import { html, plain, reading } from './reading.ts'
import type { Selection } from './selection.ts'
import { part, Transport } from './transport.ts'

/**
 * Starts the player of a figure of landscapes.
 *
 * @param details the player's elements, as the build made them
 * @param load reads the figure's landscapes, when the player is first opened; asked again, after a failure, when it is next opened
 * @param initial the minibatch shown until the reader chooses one
 */
export function startPlayer(
  details: HTMLDetailsElement,
  load: () => Promise<PlayedLayer[]>,
  initial: number,
  selection: Selection,
): void {
  const pin = part(details, 'pin')
  const lab = part<HTMLAnchorElement>(details, 'lab')
  const readings = [...details.querySelectorAll<HTMLElement>('[data-part="reading"]')]
  const groups = [...details.querySelectorAll<SVGGElement>('[data-arrows]')]
  const arrows = groups.map((group) => ({
    pinned: path(group, 'ghost'),
    agree: path(group, 'agree'),
    opposed: path(group, 'opposed'),
  }))

  let layers: PlayedLayer[] | undefined
  let draw: ReturnType<typeof drawer>[] = []

  const shown = () => selection.chosen.minibatch ?? initial
  const transport = new Transport(details, {
    count: Number(part<HTMLInputElement>(details, 'range').max),
    shown,
    show: (minibatch) => selection.choose(minibatch),
  })

  const show = () => {
    const { pinned } = selection.chosen
    const minibatch = shown()
    pin.textContent =
      pinned === undefined ? `Pin minibatch ${minibatch + 1}` : `Unpin minibatch ${pinned + 1}`
    lab.href = `${lab.dataset.address}&a=published.${minibatch + 1}&b=published.${(pinned ?? (minibatch ? 0 : 1)) + 1}`
    const words = (layers ?? []).map(
      ({ layer, centres }) => `Hidden layer ${layer}: ${reading(centres, { minibatch, pinned }, plain)}`,
    )
    transport.update(`${words.join('. ')}.`)
    if (!layers || !details.open) return
    for (const [l, { pinned: ghost, agree, opposed }] of arrows.entries()) {
      const paths = draw[l](minibatch)
      agree.setAttribute('d', paths.agree)
      opposed.setAttribute('d', paths.opposed)
      const other = pinned === undefined || pinned === minibatch ? undefined : draw[l](pinned)
      ghost.setAttribute('d', other ? other.agree + other.opposed : '')
      readings[l].innerHTML = `G${reading(layers[l].centres, { minibatch, pinned }, html).slice(1)}.`
    }
  }

  const read = async () => {
    if (layers) return
    try {
      layers = await load()
      draw = layers.map(({ field }) => drawer(field))
    } catch (error) {
      readings[0].textContent = `The landscapes could not be loaded: ${(error as Error).message} Close and open to try again.`
    }
  }

  pin.addEventListener('click', () =>
    selection.pin(selection.chosen.pinned === undefined ? shown() : undefined),
  )
  details.addEventListener('toggle', () => details.open && void read().then(show))
  selection.onChange(show)
  details.hidden = false
  show()
}

/** Another path of a group, of a class that the style sheet knows. */
function path(group: SVGGElement, name: string): SVGPathElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  made.setAttribute('class', name)
  group.append(made)
  return made
}
