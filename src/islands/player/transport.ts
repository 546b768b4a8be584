/** The controls of what has frames: play, pause, step, scrub, speed, and their keys. */
import { destination } from './selection.ts'

/** What is played. Frames are counted from 0. */
export interface Frames {
  readonly count: number
  /** The frame that is shown. */
  shown(): number
  /** Shows another, and then updates the controls. */
  show(frame: number): void
  /** Called when the reader starts to play. */
  started?(): void
}

/**
 * Makes the controls of a player work. It plays only when asked to, and stops at the last frame, when out of
 * sight, or when another frame is shown than the one it came to.
 *
 * @param player the player's element, as the build made it
 */
export class Transport {
  readonly #player: HTMLElement
  readonly #frames: Frames
  readonly #range: HTMLInputElement
  readonly #speed: HTMLSelectElement
  readonly #play: HTMLButtonElement
  #timer: ReturnType<typeof setInterval> | undefined
  /** The frame that playing has come to. */
  #played = 0

  constructor(player: HTMLElement, frames: Frames) {
    this.#player = player
    this.#frames = frames
    this.#range = part(player, 'range')
    this.#speed = part(player, 'speed')
    this.#play = part(player, 'play')
    const toggle = () => (this.#timer === undefined ? this.#start() : this.pause())
    const step = (by: number) => this.#go(Math.min(frames.count - 1, Math.max(0, frames.shown() + by)))

    this.#play.addEventListener('click', toggle)
    part(player, 'back').addEventListener('click', () => step(-1))
    part(player, 'forward').addEventListener('click', () => step(1))
    this.#range.addEventListener('input', () => this.#go(Number(this.#range.value) - Number(this.#range.min)))
    this.#speed.addEventListener('change', () => this.#timer !== undefined && this.#schedule())
    player.addEventListener('keydown', (event) => {
      const { key, target, ctrlKey, metaKey, altKey } = event
      if (ctrlKey || metaKey || altKey || target === this.#speed || !(target instanceof Element)) return
      // A button's space presses it, a link's keys are its own; up and down scroll the page, or move the
      // slider.
      if (target.closest('a')) return
      if (key === ' ' && !target.closest('button')) toggle()
      else if (!/^(ArrowLeft|ArrowRight|Home|End)$/.test(key)) return
      else this.#go(destination(key, frames.shown(), frames.count)!)
      event.preventDefault()
    })
    const unseen = () => this.#timer !== undefined && this.pause()
    new IntersectionObserver(([{ isIntersecting }]) => !isIntersecting && unseen()).observe(
      player.closest('figure') ?? player,
    )
    document.addEventListener('visibilitychange', () => document.hidden && unseen())
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.#speed.selectedIndex = 0
  }

  /** Brings the controls up to date; `words` describe the frame to those who hear it. */
  update(words: string): void {
    const frame = this.#frames.shown()
    if (this.#timer !== undefined && frame !== this.#played) this.#stop()
    const { min, max } = this.#range
    const place = `${this.#range.getAttribute('aria-label')} ${frame + Number(min)} of ${max}`
    const playing = this.#timer !== undefined
    this.#range.value = String(frame + Number(min))
    this.#range.setAttribute('aria-valuetext', `${place}. ${words}`)
    part(this.#player, 'place').textContent = place
    this.#play.classList.toggle('playing', playing)
    part(this.#player, 'play-word').textContent = playing ? 'Pause' : 'Play'
    const heard = !playing && this.#player.contains(document.activeElement)
    part(this.#player, 'status').textContent = heard ? `${place}. ${words}` : ''
  }

  /** Stops playing where it is. */
  pause(): void {
    if (this.#timer === undefined) return
    this.#stop()
    this.#frames.show(this.#frames.shown())
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    this.#schedule()
    const shown = this.#frames.shown()
    // At once: the reader sees that it plays before the first interval is over.
    this.#played = (shown + 1) % this.#frames.count
    this.#frames.show(this.#played)
    this.#frames.started?.()
  }

  #schedule(): void {
    this.#stop()
    this.#timer = setInterval(() => this.#advance(), 1000 / Number(this.#speed.value))
  }

  #advance(): void {
    this.#played += 1
    if (this.#played >= this.#frames.count - 1) this.#stop()
    this.#frames.show(Math.min(this.#played, this.#frames.count - 1))
  }

  #go(frame: number): void {
    this.#stop()
    this.#frames.show(frame)
  }
}

/** An element of a player, by its `data-part`. */
export const part = <Type extends HTMLElement>(player: Element, name: string): Type =>
  player.querySelector<Type>(`[data-part="${name}"]`)!
