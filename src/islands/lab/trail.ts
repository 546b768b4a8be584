/** The address follows what the reader does, and Back steps through it. */
import { toQuery } from './address.ts'
import { onlyMoved } from './asking.ts'
import type { LabState } from './state.ts'
import type { Study } from './study.ts'

/** Moves of the dot that follow each other within so many milliseconds are one step back. */
const oneMove = 1500

export class Trail {
  readonly #study: Study
  #last: { readonly state: LabState; readonly at: number } | undefined

  /** @param back is given the query that the reader went back or forward to */
  constructor(study: Study, back: (query: URLSearchParams) => void) {
    this.#study = study
    addEventListener('popstate', () => {
      this.#last = undefined
      back(new URLSearchParams(location.search))
    })
  }

  /** The address that shows a state. */
  address(state: LabState): URL {
    const url = new URL(location.href)
    url.search = toQuery(state, this.#study).toString()
    return url
  }

  /** Goes a step on. */
  step(state: LabState): void {
    const { href } = this.address(state)
    if (href === location.href) return
    const last = this.#last
    const now = Date.now()
    const move = last && onlyMoved(last.state, state) && now - last.at < oneMove
    this.#last = { state, at: now }
    if (move) history.replaceState(null, '', href)
    else history.pushState(null, '', href)
  }
}
