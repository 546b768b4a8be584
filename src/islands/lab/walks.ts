/**
 * Walks of the small network on the page: the reader shuffles, and sees where the same start and data end
 * this time.
 */
import type { Remote } from 'comlink'
import { plainNumber } from '../../number.ts'
import { messageOf } from './asking.ts'
import { found } from './form.ts'
import type { Shuffled, Walked } from './walk.ts'
import type { LaboratoryBench } from './worker.ts'

/** So many walks are kept in the picture. */
const most = 12

/** The section of the walks. */
export class Walks {
  readonly #section: HTMLElement
  readonly #open: () => Promise<Remote<LaboratoryBench>>
  #bench: Promise<Remote<LaboratoryBench>> | undefined
  readonly #epochs: HTMLInputElement
  readonly #shuffled: HTMLSelectElement
  /** The orders that are shown. */
  #orders: readonly number[] = []
  #next = 1
  #turn = 0

  /**
   * @param open starts a worker of its own, because walking takes a while; asked to when the section comes
   * near
   */
  constructor(section: HTMLElement, open: () => Promise<Remote<LaboratoryBench>>) {
    this.#section = section
    this.#open = open
    this.#epochs = found(section.querySelector<HTMLInputElement>('[name="walk-start"]'), 'the start of walks')
    this.#shuffled = found(section.querySelector<HTMLSelectElement>('[name="walk-shuffled"]'), 'the order')
    this.#part('walk').addEventListener('click', () => this.#walk(1))
    const again = () => {
      this.#orders = []
      this.#walk(2)
    }
    this.#epochs.addEventListener('input', () => {
      this.#part('walk-epochs').textContent = this.#epochs.value
    })
    this.#epochs.addEventListener('change', again)
    this.#shuffled.addEventListener('change', again)
    const near = new IntersectionObserver(
      ([{ isIntersecting }]) => {
        if (!isIntersecting) return
        near.disconnect()
        again()
      },
      { rootMargin: '50%' },
    )
    near.observe(section)
  }

  /** Walks in so many orders more, and shows what comes of all. */
  async #walk(more: number): Promise<void> {
    const turn = ++this.#turn
    for (let i = 0; i < more; i++) this.#orders = [...this.#orders, this.#next++].slice(-most)
    this.#section.setAttribute('aria-busy', 'true')
    try {
      this.#bench ??= this.#open()
      const bench = await this.#bench
      const shuffled: Shuffled = this.#shuffled.value === 'minibatches' ? 'minibatches' : 'examples'
      const walked = await bench.walk(Number(this.#epochs.value), this.#orders, shuffled)
      const { walksPicture } = await import('./walks-picture.ts')
      if (turn !== this.#turn) return
      this.#part('walk-picture').replaceChildren(walksPicture(walked))
      this.#part('walk-words').textContent = words(walked)
    } catch (error) {
      if (turn !== this.#turn) return
      this.#part('walk-picture').replaceChildren()
      this.#part('walk-words').textContent = messageOf(error)
    }
    this.#section.setAttribute('aria-busy', 'false')
  }

  #part(name: string): HTMLElement {
    return found(this.#section.querySelector<HTMLElement>(`[data-part="${name}"]`), `the part ${name}`)
  }
}

function words({ error, errors, moved, apart, disagreement }: Walked): string {
  const one = { digits: 1 }
  const share = { format: 'percent', digits: 1 } as const
  return `At the start of the epoch the mean error is ${plainNumber(error, one)} deliverers; after it, in ${errors.length} orders, from ${plainNumber(Math.min(...errors), one)} to ${plainNumber(Math.max(...errors), one)}. An epoch moves the network by ${plainNumber(moved, share)} of its length; two orders end ${plainNumber(apart, share)} apart, and predict numbers that differ by ${plainNumber(disagreement, one)} deliverers (root mean square).`
}
