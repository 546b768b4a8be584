/** Keeps the values that were used last, so that memory stays bounded however much a reader looks at. */
export class Recent<Value> {
  readonly #most: number
  readonly #values = new Map<string, Value>()

  /** @param most how many values are kept */
  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const [oldest] of this.#values) {
      if (this.#values.size <= this.#most) break
      this.#values.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#values.delete(key)
  }
}
