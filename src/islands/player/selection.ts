/** The minibatches that a reader looks at, common to all figures of a page. */

/** Places of minibatches, from 0; undefined as long as the reader has chosen none. */
export interface Chosen {
  readonly minibatch?: number
  /** The one that others are compared with. */
  readonly pinned?: number | undefined
}

const type = 'minibatch-chosen'

/**
 * The reader's choice. Every change is an event of the document, `minibatch-chosen`, with a `Chosen` as its
 * detail.
 */
export class Selection {
  #chosen: Chosen = {}

  get chosen(): Chosen {
    return this.#chosen
  }

  choose(minibatch: number): void {
    this.#change({ ...this.#chosen, minibatch })
  }

  /** Pins a minibatch for comparison; without one, unpins. */
  pin(pinned?: number): void {
    this.#change({ ...this.#chosen, pinned })
  }

  onChange(listener: (chosen: Chosen) => void): void {
    document.addEventListener(type, () => listener(this.#chosen))
  }

  #change(chosen: Chosen): void {
    this.#chosen = chosen
    document.dispatchEvent(new CustomEvent(type, { detail: chosen }))
  }
}

/** Where a key leads among `count` frames in a row; undefined for keys that lead nowhere. */
export function destination(key: string, from: number, count: number): number | undefined {
  const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count - 1 }[key]
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to))
}
