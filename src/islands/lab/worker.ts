/** The laboratory's calculations in a worker, so that the page stays responsive. */
import { expose, proxy } from 'comlink'
import { decodeTensors } from '../../../pipeline/tensors.ts'
import { Unmeasurable } from './checkpoint.ts'
import { type Compared, compare } from './comparing.ts'
import { Files, type Report } from './files.ts'
import { Laboratory, type Partial } from './measuring.ts'
import type { LabState } from './state.ts'
import type { Study } from './study.ts'
import { type Shuffled, Walker } from './walk.ts'

/** What a study's laboratory can be asked; the page keeps it by `open`. */
class Bench {
  readonly #study: Study
  readonly #files: Files
  readonly #laboratory: Laboratory
  #walker: Walker | undefined

  constructor(study: Study, files: Files) {
    this.#study = study
    this.#files = files
    this.#laboratory = new Laboratory(study, files, pause)
  }

  measure(state: LabState, report: Report, partial: Partial) {
    return this.#laboratory.measure(state, seldom(report), partial)
  }

  record(number: number) {
    return this.#laboratory.record(number)
  }

  compare(compared: Compared, report: Report) {
    return compare(this.#study, this.#files, compared, seldom(report), pause)
  }

  walk(epochs: number, orders: readonly number[], shuffled: Shuffled) {
    this.#walker ??= new Walker(this.#study.protocol)
    return this.#walker.walk(epochs, orders, shuffled)
  }
}

const worker = {
  /**
   * @param base address that the files' addresses are relative to
   * @param early the bytes of a file that the page has already asked for
   */
  open(study: Study, base: string, early: (file: string) => Promise<ArrayBuffer | undefined>) {
    const load = async (file: string, report: (fraction: number) => void) => {
      const bytes = await early(file)
      return decodeTensors(bytes ? new Uint8Array(bytes) : await download(new URL(file, base), report))
    }
    return proxy(new Bench(study, new Files(study, load)))
  },
}

/** What the page can ask. */
export type LaboratoryWorker = typeof worker
export type LaboratoryBench = Bench

expose(worker)

/** Lets the worker take in other messages; unlike a timer it adds no delay. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** Reports at most some thirty times a second. */
function seldom(report: Report): Report {
  let last = 0
  return (fraction, what) => {
    const now = performance.now()
    if (now - last < 33 && fraction < 1) return
    last = now
    report(fraction, what)
  }
}

/** @throws Unmeasurable when the server does not give the file */
async function download(address: URL, report: (fraction: number) => void): Promise<Uint8Array> {
  const response = await fetch(address).catch(() => undefined)
  if (!response?.ok || !response.body) {
    const why = response ? `the server says ${response.status}` : 'the server does not answer'
    throw new Unmeasurable(`A part of the network could not be loaded: ${why} (${address.pathname}).`)
  }
  // A compressed answer says how long it is compressed; then the fraction is unknown until the end.
  const compressed = response.headers.has('content-encoding')
  const length = compressed ? Number.NaN : Number(response.headers.get('content-length'))
  const parts: Uint8Array<ArrayBuffer>[] = []
  let received = 0
  const reader = response.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value)
    received += part.value.length
    report(received / length)
  }
  report(1)
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}
