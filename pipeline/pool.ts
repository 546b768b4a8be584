interface Waiting {
  readonly priority: number
  readonly memory: number
  readonly enter: () => void
}

/**
 * Room for so many stages at once, of so much memory (bytes) together. A stage that needs more than there is
 * runs alone.
 */
export class Pool {
  readonly #jobs: number
  readonly #memory: number
  #running = 0
  #used = 0
  #waiting: Waiting[] = []

  constructor(jobs: number, memory: number) {
    this.#jobs = jobs
    this.#memory = memory
  }

  /**
   * Waits for room, those of high priority first, and gives the function that leaves it again. @throws the
   * signal's reason
   */
  async enter(priority: number, memory: number, signal: AbortSignal): Promise<() => void> {
    await new Promise<void>((resolve, reject) => {
      signal.throwIfAborted()
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.#waiting.push({ priority, memory, enter: resolve })
      this.#waiting.sort((a, b) => b.priority - a.priority)
      this.#admit()
    })
    return () => {
      this.#running--
      this.#used -= memory
      this.#admit()
    }
  }

  #admit(): void {
    const fits = ({ memory }: Waiting) =>
      this.#running < this.#jobs && (this.#running === 0 || this.#used + memory <= this.#memory)
    for (;;) {
      const next = this.#waiting.findIndex(fits)
      if (next === -1) return
      const [{ memory, enter }] = this.#waiting.splice(next, 1)
      this.#running++
      this.#used += memory
      enter()
    }
  }
}
