/** The player: one minibatch's landscapes of both layers, to be stepped through, played, and compared with a pinned one. */
import type { PlayedLayer } from './landscapes.ts'
import { html, plain, reading } from './reading.ts'
import { destination, type Selection } from './selection.ts'
import { drawer } from './stage.ts'

/**
 * Starts the player of a figure. It plays only when asked to, and stops at the last minibatch, when closed, out of sight, or when a minibatch is chosen elsewhere.
 *
 * @param details the player's elements, as the build made them
 * @param load reads the figure's landscapes; asked again, after a failure, when the player is next opened
 * @param initial the minibatch shown until the reader chooses one
 */
export function startPlayer(
  details: HTMLDetailsElement,
  load: () => Promise<PlayedLayer[]>,
  initial: number,
  selection: Selection,
): void {
  const element = <Type extends Element>(name: string) => details.querySelector<Type>(`[data-part="${name}"]`)!
  const range = element<HTMLInputElement>('range')
  const speed = element<HTMLSelectElement>('speed')
  const play = element<HTMLButtonElement>('play')
  const pin = element<HTMLButtonElement>('pin')
  const place = element<HTMLElement>('place')
  const status = element<HTMLElement>('status')
  const readings = [...details.querySelectorAll<HTMLElement>('[data-part="reading"]')]
  const groups = [...details.querySelectorAll<SVGGElement>('[data-arrows]')]
  const arrows = groups.map((group) => ({
    pinned: path(group, 'ghost'),
    agree: path(group, 'agree'),
    opposed: path(group, 'opposed'),
  }))
  const count = Number(range.max)

  let layers: PlayedLayer[] | undefined
  let draw: ReturnType<typeof drawer>[] = []
  let timer: ReturnType<typeof setInterval> | undefined
  /** The minibatch that playing has come to. */
  let played: number | undefined

  const shown = () => selection.chosen.minibatch ?? initial

  const show = () => {
    const { pinned } = selection.chosen
    const minibatch = shown()
    range.value = String(minibatch + 1)
    range.setAttribute('aria-valuetext', `Minibatch ${minibatch + 1} of ${count}`)
    place.textContent = `${minibatch + 1} of ${count}`
    pin.textContent = pinned === undefined ? `Pin minibatch ${minibatch + 1}` : `Unpin minibatch ${pinned + 1}`
    play.classList.toggle('playing', timer !== undefined)
    play.setAttribute('aria-label', timer === undefined ? 'Play' : 'Pause')
    if (!layers || !details.open) return
    for (const [l, { pinned: ghost, agree, opposed }] of arrows.entries()) {
      const paths = draw[l](minibatch)
      agree.setAttribute('d', paths.agree)
      opposed.setAttribute('d', paths.opposed)
      const other = pinned === undefined || pinned === minibatch ? undefined : draw[l](pinned)
      ghost.setAttribute('d', other ? other.agree + other.opposed : '')
      readings[l].innerHTML = `G${reading(layers[l].centres, { minibatch, pinned }, html).slice(1)}.`
    }
    const heard = timer === undefined && details.contains(document.activeElement)
    const words = layers.map(
      ({ layer, centres }) => `Hidden layer ${layer}: ${reading(centres, { minibatch, pinned }, plain)}`,
    )
    status.textContent = heard ? `Minibatch ${minibatch + 1} of ${count}. ${words.join('. ')}.` : ''
  }

  const pause = () => {
    clearInterval(timer)
    timer = undefined
    show()
  }
  const advance = () => {
    played = shown() + 1
    selection.choose(played)
    if (played === count - 1) pause()
  }
  const start = () => {
    clearInterval(timer)
    timer = setInterval(advance, 1000 / Number(speed.value))
    played = shown() === count - 1 ? 0 : shown()
    selection.choose(played)
  }
  const go = (to: number) => {
    if (timer !== undefined) pause()
    selection.choose(to)
  }
  const step = (by: number) => go(Math.min(count - 1, Math.max(0, shown() + by)))
  const toggle = () => (timer === undefined ? start() : pause())

  const read = async () => {
    if (layers) return
    try {
      layers = await load()
      draw = layers.map(({ field }) => drawer(field))
      show()
    } catch (error) {
      readings[0].textContent = `The landscapes could not be loaded: ${(error as Error).message} Close and open to try again.`
    }
  }

  play.addEventListener('click', toggle)
  element('back').addEventListener('click', () => step(-1))
  element('forward').addEventListener('click', () => step(1))
  range.addEventListener('input', () => go(Number(range.value) - 1))
  speed.addEventListener('change', () => timer !== undefined && start())
  pin.addEventListener('click', () => selection.pin(selection.chosen.pinned === undefined ? shown() : undefined))
  element('stage').addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event as KeyboardEvent
    if (ctrlKey || metaKey || altKey || target === speed) return
    // A button's space presses it; up and down scroll the page, or move the slider.
    if (key === ' ' && !(target as Element).closest('button')) toggle()
    else if (!/^(ArrowLeft|ArrowRight|Home|End)$/.test(key)) return
    else go(destination(key, shown(), count, 1)!)
    event.preventDefault()
  })
  details.addEventListener('toggle', () => {
    if (details.open) void read().then(show)
    else pause()
  })
  new IntersectionObserver(([{ isIntersecting }]) => !isIntersecting && timer !== undefined && pause()).observe(details)
  document.addEventListener('visibilitychange', () => document.hidden && timer !== undefined && pause())
  selection.onChange(({ minibatch }) => (timer !== undefined && minibatch !== played ? pause() : show()))

  if (matchMedia('(prefers-reduced-motion: reduce)').matches) speed.value = '1'
  details.hidden = false
  show()
  void read()
}

/** Another path of a group, of a class that the style sheet knows. */
function path(group: SVGGElement, name: string): SVGPathElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  made.setAttribute('class', name)
  group.append(made)
  return made
}
