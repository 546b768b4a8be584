import type { EngineName } from '../experiments/engine/index.ts'
import type { Line } from './measure.ts'
import type { Worker } from './process.ts'

/** What a part is given to measure with. */
export interface Bench {
  readonly root: string
  /** The engines that can be had here, the native one first. */
  readonly engines: readonly EngineName[]
  /** A worker with an engine, started when first asked for; `which` tells several apart. */
  worker(engine: EngineName, which?: number): Promise<Worker>
  /** What budgets of time are multiplied by: see `calibrate`. */
  readonly pace: number
  /** A folder that is removed at the end. */
  readonly scratch: string
  /** Where results are written. */
  readonly results: string
  readonly python: string
  say(line: string): void
}

/** Measures one thing or a few, and says so line by line. */
export type Part = (bench: Bench) => Promise<Line[]>
