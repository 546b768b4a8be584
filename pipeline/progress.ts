import { styleText } from 'node:util'
import { createLogUpdate } from 'log-update'
import { longestChain } from './graph.ts'
import type { RunRecord, StageRecord } from './run.ts'
import type { RunObserver, StageEvent } from './scheduler.ts'
import { bytes, duration, listed, printable } from './words.ts'
import type { Progress } from './worker.ts'

/** Where progress is written: `process.stdout`, or what a test reads. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** A clock in milliseconds that never goes back, such as `performance.now`. */
export type Clock = () => number

const redrawInterval = 100
/** Milliseconds after which a run that had nothing to say tells how far it is. */
const silence = 30_000

/** Follows one running stage: how far it is, how fast, how long still. */
class Pace {
  readonly #clock: Clock
  #first?: { done: number; at: number }
  #latest?: Progress
  #state = ''

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(event: StageEvent): void {
    if (event.type === 'progress') {
      this.#first ??= { done: event.done, at: this.#clock() }
      this.#latest = event
    } else if (event.type === 'waiting') this.#state = 'another run is making it'
    else if (event.type === 'resumed') this.#state = `resumed after ${duration(event.seconds)} of work`
    else if (event.type === 'started') this.#state = ''
  }

  /** "1200/6250 steps, 40/s, 2 min 6 s left, epoch 2: cost 103" */
  toString(): string {
    if (!this.#latest || !this.#first) return this.#state
    const { done, total, unit, note } = this.#latest
    const seconds = (this.#clock() - this.#first.at) / 1000
    const rate = seconds > 0 ? (done - this.#first.done) / seconds : 0
    const pace =
      rate > 0 ? [`${Number(rate.toPrecision(2))}/s`, `${duration((total - done) / rate)} left`] : []
    return [`${done}/${total} ${unit}`, ...pace, ...(note ? [note] : [])].join(', ')
  }
}

/**
 * Tells of a run on `output`: in a terminal with lines that redraw themselves, elsewhere with a line for each
 * stage that was made or failed, and one of how far the run is when there was none for long.
 */
export function progressOn(output: Output, clock: Clock = () => performance.now()): RunObserver {
  return output.isTTY ? live(output, clock) : plain(output, clock)
}

function plain(output: Output, clock: Clock): RunObserver {
  const running = new Map<string, Pace>()
  let [total, settled] = [0, 0]
  let saidAt = clock()
  const say = (line: string) => {
    saidAt = clock()
    output.write(`${printable(line)}\n`)
  }
  return {
    started(order) {
      total = order.length
    },
    stage(name, event) {
      if (event.type === 'settled') {
        settled++
        running.delete(name)
        if (event.record.status === 'made' || event.record.status === 'failed') say(settledLine(event.record))
        return
      }
      if (event.type === 'warning') return say(`warning  ${name}: ${event.text}`)
      const pace = running.get(name) ?? new Pace(clock)
      running.set(name, pace)
      if (event.type === 'running') return
      pace.take(event)
      if (event.type === 'resumed') say(`resumed  ${name} after ${duration(event.seconds)} of work`)
      else if (clock() - saidAt >= silence) {
        const paces = [...running].map(([stage, each]) => [stage, `${each}`].filter(Boolean).join(': '))
        say(`${settled} of ${total} stages; running ${paces.join('; ')}`)
      }
    },
    stopped() {},
    ended: (run) => say(summary(run)),
  }
}

function live(output: Output, clock: Clock): RunObserver {
  const screen = createLogUpdate(output as NodeJS.WriteStream)
  const start = clock()
  const running = new Map<string, { pace: Pace; reasons: string }>()
  let [total, settled] = [0, 0]
  let drawnAt = Number.NEGATIVE_INFINITY
  const draw = () => {
    drawnAt = clock()
    const width = (output.columns ?? 80) - 1
    const names = Math.max(0, ...[...running.keys()].map((name) => name.length))
    const lines = [...running].map(([name, { pace, reasons }]) =>
      printable(`running  ${name.padEnd(names)}  ${`${pace}` || reasons}`).slice(0, width),
    )
    screen([...lines, `${settled} of ${total} stages, ${duration((clock() - start) / 1000)}`].join('\n'))
  }
  const timer = setInterval(draw, 1000)
  timer.unref()
  return {
    started(order) {
      total = order.length
      draw()
    },
    stage(name, event) {
      if (event.type === 'settled') {
        settled++
        running.delete(name)
        const { status } = event.record
        if (status === 'made') screen.persist(styleText('green', printable(settledLine(event.record))))
        if (status === 'failed') screen.persist(styleText('red', printable(settledLine(event.record))))
      } else if (event.type === 'warning')
        screen.persist(styleText('yellow', printable(`${name}: ${event.text}`)))
      else if (event.type === 'running')
        running.set(name, { pace: new Pace(clock), reasons: event.reasons.join('; ') })
      else {
        const following = running.get(name) ?? { pace: new Pace(clock), reasons: '' }
        running.set(name, following)
        following.pace.take(event)
      }
      if (event.type !== 'progress' || clock() - drawnAt >= redrawInterval) draw()
    },
    stopped() {
      clearInterval(timer)
      screen.clear()
      screen.done()
    },
    ended(run) {
      this.stopped()
      output.write(`${printable(summary(run))}\n`)
    },
  }
}

function settledLine({ name, status, seconds, memory, reason = '', parameters }: StageRecord): string {
  if (status !== 'made')
    return `failed   ${name}: ${reason}\n    with ${shortened(JSON.stringify(parameters))}`
  const cost = [duration(seconds ?? 0), `${bytes(memory ?? 0)} of memory`].join(', ')
  return `made     ${name} in ${cost} (${brief(reason)})`
}

/**
 * The end of a run: what could not run and why, the chain of what was made that no further processes would
 * shorten, and how many stages came to what. What else is to say was said by then.
 */
export function summary({ stages, seconds, profile, engine }: RunRecord): string {
  const of = (status: StageRecord['status']) => stages.filter((stage) => stage.status === status)
  const blocked = of('blocked').map(({ name }) => name)
  const counts = (['made', 'fresh', 'failed', 'blocked', 'skipped'] as const)
    .map((status) => ({ status, count: of(status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`)
  const nothing = of('made').length + of('failed').length + blocked.length === 0
  const total =
    `${nothing ? 'Nothing to run. ' : ''}${stages.length} stages: ${counts.join(', ')} in ${duration(seconds)} ` +
    `(profile ${profile}, engine ${engine.name})`
  const made = (stage: StageRecord) => (stage.status === 'made' ? (stage.seconds ?? 0) : 0)
  const chain = longestChain(stages, made).filter((stage) => made(stage) > 0)
  const links = chain.map((stage) => `${stage.name} (${duration(made(stage))})`)
  const length = chain.reduce((sum, stage) => sum + made(stage), 0)
  return [
    ...(blocked.length > 0 ? [`blocked  ${listed(blocked)}, by what failed`] : []),
    ...(links.length > 1 ? [`longest chain, ${duration(length)}: ${links.join(', ')}`] : []),
    total,
  ].join('\n')
}

/** The first two of many reasons. */
function brief(reason: string): string {
  const reasons = reason.split('; ')
  return reasons.length > 3 ? `${reasons.slice(0, 2).join('; ')}; and ${reasons.length - 2} more` : reason
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 397)}...` : text
}
