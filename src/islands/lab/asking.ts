/** Asking the worker: one measurement at a time, of the newest wish, and what comes of it. */
import { proxy, type Remote } from 'comlink'
import { type Measurement, overtaken, type Partial } from './measuring.ts'
import type { LabState } from './state.ts'
import type { LaboratoryBench } from './worker.ts'

/** What happens to a wish; each is told of the state that it belongs to. */
export interface Outcomes {
  readonly measured: (state: LabState, measurement: Measurement) => Promise<void>
  /** The message is for the reader. */
  readonly failed: (message: string) => void
  readonly progress: (words: string) => void
  readonly partial: (state: LabState, ...landscape: Parameters<Partial>) => void
  /** Whether anything is being measured. */
  readonly busy: (busy: boolean) => void
}

export class Asking {
  readonly #bench: Promise<Remote<LaboratoryBench>>
  readonly #outcomes: Outcomes
  #wanted: LabState | undefined
  #underWay: LabState | undefined
  #turn = 0

  constructor(bench: Promise<Remote<LaboratoryBench>>, outcomes: Outcomes) {
    this.#bench = bench
    this.#outcomes = outcomes
  }

  /**
   * Measures a state as soon as possible. What is under way is given up, unless only the dot was moved since.
   */
  ask(state: LabState): void {
    this.#wanted = state
    if (!this.#underWay || !onlyMoved(this.#underWay, state)) void this.#run()
  }

  async #run(): Promise<void> {
    const turn = ++this.#turn
    const { measured, failed, progress, partial, busy } = this.#outcomes
    busy(true)
    while (this.#wanted) {
      const asked = this.#wanted
      this.#wanted = undefined
      this.#underWay = asked
      const current = () => turn === this.#turn
      try {
        const measurement = await (await this.#bench).measure(
          asked,
          proxy((fraction: number, what: string) => current() && progress(progressWords(fraction, what))),
          proxy<Partial>((side, field) => void (current() && partial(asked, side, field))),
        )
        if (!current()) return
        await measured(asked, measurement)
        if (!current()) return
      } catch (error) {
        if (!current()) return
        failed(messageOf(error))
      }
      progress('')
    }
    this.#underWay = undefined
    busy(false)
  }
}

/** Whether two states differ at most in where the dot is. */
export const onlyMoved = (p: LabState, q: LabState): boolean =>
  JSON.stringify({ ...p, moved: 0 }) === JSON.stringify({ ...q, moved: 0 })

function progressWords(fraction: number, what: string): string {
  if (fraction >= 1) return ''
  const share = Number.isFinite(fraction) ? ` ${Math.floor(100 * fraction)}%` : ''
  return `${what[0].toUpperCase()}${what.slice(1)}:${share} …`
}

/**
 * What a reader is told of an error: the messages meant for readers as they are, any other only that there
 * was one.
 */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.name === 'Unmeasurable') return error.message
  if (!(error instanceof Error && error.name === overtaken)) console.error(error)
  return 'This could not be calculated, through a fault of this page; the browser’s console says which.'
}
