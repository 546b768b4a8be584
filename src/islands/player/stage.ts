/**
 * The part of a player that opens: shown when the reader plays, enlarges or chooses; it loads what it shows
 * then.
 */
import { part } from './transport.ts'

/** What an opening part does. */
export interface Opening {
  /** Reads what is shown; asked again, after a failure, at the next opening. */
  load(): Promise<void>
  /** Says what went wrong. */
  failed(reason: string): void
  /** Called after it was opened and read, and after it was closed. */
  changed(): void
}

/** Makes the button of a player open and close its stage. */
export class OpeningStage {
  readonly #stage: HTMLElement
  readonly #button: HTMLElement
  readonly #opening: Opening
  #read = false

  constructor(player: HTMLElement, opening: Opening) {
    this.#stage = part(player, 'stage')
    this.#button = part(player, 'enlarge')
    this.#opening = opening
    this.#button.addEventListener('click', () => (this.isOpen ? this.close() : void this.open()))
  }

  get isOpen(): boolean {
    return !this.#stage.hidden
  }

  async open(): Promise<void> {
    this.#show(true)
    if (!this.#read) {
      try {
        await this.#opening.load()
        this.#read = true
      } catch (error) {
        this.#opening.failed(error instanceof Error ? error.message : String(error))
        return
      }
    }
    this.#opening.changed()
  }

  close(): void {
    this.#show(false)
    this.#opening.changed()
  }

  #show(open: boolean): void {
    this.#stage.hidden = !open
    this.#button.setAttribute('aria-expanded', String(open))
    this.#button.textContent = open ? 'Close' : 'Enlarge'
  }
}
