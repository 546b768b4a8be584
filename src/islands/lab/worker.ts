/** The laboratory in a worker, so that the page stays responsive while it calculates. */
import { expose, transfer } from 'comlink'
import { decodeTensors } from '../../../pipeline/tensors.ts'
import { Laboratory, type Report } from './laboratory.ts'
import type { LabState } from './state.ts'
import type { Study } from './study.ts'

const channel = new MessageChannel()

/** Lets the worker take in other messages; unlike a timer it adds no delay. */
const pause = () =>
  new Promise<void>((resolve) => {
    channel.port1.onmessage = () => resolve()
    channel.port2.postMessage(null)
  })

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

let laboratory: Laboratory

const worker = {
  /** @param base address that the files' addresses are relative to */
  open(study: Study, base: string) {
    laboratory = new Laboratory(study, (file, report) => load(new URL(file, base), report), pause)
  },
  async measure(
    state: LabState,
    quick: boolean,
    report: Report,
    partial: (side: 'a' | 'b', field: Float64Array) => void,
  ) {
    const measurement = await laboratory.measure(state, quick, seldom(report), (side, field) =>
      partial(side, transfer(field, [field.buffer])),
    )
    const { a, b, all } = measurement
    return transfer(measurement, [a.field.buffer, b.field.buffer, ...(all ? [all.field.buffer] : [])])
  },
  record: (number: number) => laboratory.record(number),
  compare: (condition: string, epoch: number, number: number) => laboratory.compare(condition, epoch, number),
}

/** What the page can ask; `open` first. */
export type LaboratoryWorker = typeof worker

expose(worker)

async function load(address: URL, report: (fraction: number) => void) {
  const response = await fetch(address)
  if (!response.ok || !response.body)
    throw new Error(`${address.pathname} could not be loaded: ${response.status} ${response.statusText}.`)
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
  return decodeTensors(new Uint8Array(await new Blob(parts).arrayBuffer()))
}
