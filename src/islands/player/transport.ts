/** The controls of what has frames: play, pause, step, scrub, speed, and their keys. */
import { destination } from './selection.ts'

/** What is played. Frames are counted from 0. */
export interface Frames {
  readonly count: number
  /** The frame that is shown. */
  shown(): number
  /** Shows another, and then updates the controls. */
  show(frame: number): void
}

/**
 * Makes the controls of a player work. It plays only when asked to, and stops at the last frame, when closed, out of sight, or when another frame is shown than
 * the one it came to.
 *
 * @param details the player's elements, as the build made them
 */
export class Transport {
  readonly #details: HTMLDetailsElement
  readonly #frames: Frames
  readonly #range: HTMLInputElement
  readonly #speed: HTMLSelectElement
  readonly #play: HTMLButtonElement
  #timer: ReturnType<typeof setInterval> | undefined
  /** The frame that playing has come to. */
  #played = 0

  constructor(details: HTMLDetailsElement, frames: Frames) {
    this.#details = details
    this.#frames = frames
    this.#range = part(details, 'range')
    this.#speed = part(details, 'speed')
    this.#play = part(details, 'play')
    const toggle = () => (this.#timer === undefined ? this.#start() : this.#pause())
    const step = (by: number) => this.#go(Math.min(frames.count - 1, Math.max(0, frames.shown() + by)))

    this.#play.addEventListener('click', toggle)
    part(details, 'back').addEventListener('click', () => step(-1))
    part(details, 'forward').addEventListener('click', () => step(1))
    this.#range.addEventListener('input', () => this.#go(Number(this.#range.value) - Number(this.#range.min)))
    this.#speed.addEventListener('change', () => this.#timer !== undefined && this.#start())
    part(details, 'stage').addEventListener('keydown', (event) => {
      const { key, target, ctrlKey, metaKey, altKey } = event as KeyboardEvent
      if (ctrlKey || metaKey || altKey || target === this.#speed) return
      // A button's space presses it; up and down scroll the page, or move the slider.
      if (key === ' ' && !(target as Element).closest('button')) toggle()
      else if (!/^(ArrowLeft|ArrowRight|Home|End)$/.test(key)) return
      else this.#go(destination(key, frames.shown(), frames.count, 1)!)
      event.preventDefault()
    })
    const unseen = () => this.#timer !== undefined && this.#pause()
    details.addEventListener('toggle', () => !details.open && unseen())
    new IntersectionObserver(([{ isIntersecting }]) => !isIntersecting && unseen()).observe(details)
    document.addEventListener('visibilitychange', () => document.hidden && unseen())
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.#speed.selectedIndex = 0
  }

  /** Brings the controls up to date; `words` describe the frame to those who hear it. */
  update(words: string): void {
    const frame = this.#frames.shown()
    if (this.#timer !== undefined && frame !== this.#played) this.#stop()
    const { min, max } = this.#range
    const place = `${frame + Number(min)} of ${max}`
    const name = `${this.#range.getAttribute('aria-label')} ${place}`
    const playing = this.#timer !== undefined
    this.#range.value = String(frame + Number(min))
    this.#range.setAttribute('aria-valuetext', name)
    part(this.#details, 'place').textContent = place
    this.#play.classList.toggle('playing', playing)
    this.#play.setAttribute('aria-label', playing ? 'Pause' : 'Play')
    const heard = !playing && this.#details.open && this.#details.contains(document.activeElement)
    part(this.#details, 'status').textContent = heard ? `${name}. ${words}` : ''
  }

  #pause(): void {
    this.#stop()
    this.#frames.show(this.#frames.shown())
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    this.#stop()
    this.#timer = setInterval(() => this.#advance(), 1000 / Number(this.#speed.value))
    const shown = this.#frames.shown()
    this.#played = shown === this.#frames.count - 1 ? 0 : shown
    this.#frames.show(this.#played)
  }

  #advance(): void {
    this.#played += 1
    if (this.#played === this.#frames.count - 1) this.#stop()
    this.#frames.show(this.#played)
  }

  #go(frame: number): void {
    this.#stop()
    this.#frames.show(frame)
  }
}

/** An element of a player, by its `data-part`. */
export const part = <Type extends HTMLElement>(player: Element, name: string): Type =>
  player.querySelector<Type>(`[data-part="${name}"]`)!
