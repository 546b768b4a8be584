/** The laboratory's page: what the reader has chosen, and who is told of it. */
import { proxy, type Remote, transfer, wrap } from 'comlink'
import { plainNumber } from '../../number.ts'
import { aboutLink, fromQuery } from './address.ts'
import { Asking, messageOf, onlyMoved } from './asking.ts'
import type { Comparison } from './comparing.ts'
import { Controls, found } from './form.ts'
import { frameOf } from './panel.ts'
import { Showing } from './showing.ts'
import { initialState, type LabState, longestList, type Side } from './state.ts'
import type { Study } from './study.ts'
import { account, joinedSvg, landscapesCsv, png, save, type Taken } from './takeaway.ts'
import { Trail } from './trail.ts'
import { Walks } from './walks.ts'
import { composed, parameterName } from './words.ts'
import type { LaboratoryBench, LaboratoryWorker } from './worker.ts'

class LabPage {
  readonly #root: HTMLElement
  readonly #study: Study
  readonly #bench: Promise<Remote<LaboratoryBench>>
  readonly #controls: Controls
  readonly #showing: Showing
  readonly #asking: Asking
  readonly #trail: Trail
  #state: LabState
  /** What the page asked for while it was loading, by address, until it is handed to a worker. */
  readonly #early = new Map(
    [...document.querySelectorAll<HTMLLinkElement>('link[rel="preload"][as="fetch"]')].map(({ href }) => [
      href,
      bytesOf(href),
    ]),
  )
  /** What is wrong with the link that was opened; said until the reader changes something. */
  #wrong = ''
  #dragging = false

  constructor(root: HTMLElement, study: Study) {
    this.#root = root
    this.#study = study
    this.#state = initialState(study)
    this.#bench = this.#open()
    this.#controls = new Controls(root, study, (side) => this.#present(side))
    const { parameters, layer, grid } = this.#state
    const labels = [parameterName(parameters[0], layer), parameterName(parameters[1], layer)] as const
    this.#showing = new Showing(root, study, frameOf(grid, labels), {
      state: () => this.#state,
      move: (moved, done) => this.#move({ ...this.#state, moved }, done),
      remove: (side, record) => this.#remove(side, record),
      record: async (number) => (await this.#bench).record(number),
    })
    this.#asking = new Asking(this.#bench, {
      measured: (state, measurement) => {
        this.#say('problem', this.#wrong)
        return this.#showing.show(state, measurement, this.#dragging)
      },
      failed: (message) => {
        this.#say('problem', message)
        this.#showing.clear()
      },
      progress: (words) => this.#say('progress', words),
      partial: (state, side, field) => void this.#showing.partial(state, side, field),
      busy: (busy) => root.setAttribute('aria-busy', String(busy)),
    })
    this.#trail = new Trail(study, (query) => this.#start(query))
    this.#controls.listen(
      () => this.#state,
      (next) => this.#change(next),
      (next, done) => this.#move(next, done),
    )
    root.addEventListener('click', (event) => this.#clicked(event))
    root.dataset.phase = 'live'
    this.#start(new URLSearchParams(location.search))
    new Walks(found(document.getElementById('walks'), 'the walks'), () => this.#open())
  }

  /** A worker that has opened the laboratory. */
  async #open(): Promise<Remote<LaboratoryBench>> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('error', ({ message }) => {
      this.#root.dataset.phase = 'failed'
      console.error(message)
    })
    const handOver = async (file: string) => {
      const { href } = new URL(file, document.baseURI)
      const bytes = await this.#early.get(href)
      this.#early.delete(href)
      return bytes && transfer(bytes, [bytes])
    }
    return wrap<LaboratoryWorker>(worker).open(this.#study, document.baseURI, proxy(handOver))
  }

  /** Starts from an address. */
  #start(query: URLSearchParams): void {
    const { state, problems } = fromQuery(query, this.#study)
    this.#wrong = aboutLink(problems)
    this.#say('problem', this.#wrong)
    this.#take(state)
  }

  /** Takes over what the reader has chosen. */
  #change(next: LabState): void {
    this.#wrong = ''
    this.#trail.step(next)
    this.#take(next)
  }

  #take(next: LabState): void {
    const before = this.#state
    this.#state = next
    this.#dragging = false
    this.#controls.show(next)
    this.#showing.place()
    this.#summaries()
    if (before.condition !== next.condition || before.epoch !== next.epoch) this.#say('badge', '')
    if (!onlyMoved(before, next)) this.#showing.outdate()
    this.#asking.ask(next)
  }

  /** The dot moves: only what can follow follows, until that is done. */
  #move(next: LabState, done: boolean): void {
    if (done) {
      this.#change(next)
      return
    }
    this.#state = next
    this.#dragging = true
    this.#controls.showMoved(next)
    this.#showing.place()
    this.#asking.ask(next)
  }

  #summaries(): void {
    for (const side of ['a', 'b'] as const)
      this.#say(`composed-${side}`, composed(this.#state[side], this.#study))
    const { search } = this.#trail.address(this.#state)
    for (const link of this.#root.querySelectorAll<HTMLAnchorElement>('a[data-state]')) {
      if (decodeURIComponent(link.search) === decodeURIComponent(search))
        link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
    }
  }

  /** The records of a minibatch as it is now. */
  #present(side: Side): readonly number[] {
    const composition = this.#state[side]
    if (composition.from === 'list') return composition.records
    return Array.from(this.#showing.shown?.measurement[side].records ?? [])
  }

  #remove(side: Side, record: number): void {
    const records = this.#present(side).filter((other) => other !== record)
    if (records.length > longestList)
      this.#say('problem', `At most ${longestList} examples can be listed; these are ${records.length}.`)
    else if (records.length > 0) this.#change({ ...this.#state, [side]: { from: 'list', records } })
  }

  #clicked(event: Event): void {
    const target = event.target instanceof Element ? event.target : null
    const link = target?.closest<HTMLAnchorElement>('a[data-state]')
    if (link) {
      event.preventDefault()
      const { state, problems } = fromQuery(new URL(link.href).searchParams, this.#study)
      this.#change(state)
      this.#say('problem', aboutLink(problems))
    }
    const button = target?.closest<HTMLButtonElement>('button[data-action]')
    if (button) void this.#act(button.dataset.action ?? '')
  }

  async #act(action: string): Promise<void> {
    try {
      const said: unknown = await this.#actions[action]?.()
      if (typeof said === 'string') this.#say('taken', said)
    } catch (error) {
      console.error(error)
      this.#say('taken', 'That did not work in this browser.')
    }
  }

  readonly #actions: { readonly [name: string]: () => unknown } = {
    masks: () => this.#change({ ...this.#state, masks: (this.#state.masks % 999_999) + 1 }),
    'redraw-a': () => this.#redraw('a'),
    'redraw-b': () => this.#redraw('b'),
    reset: () => this.#change({ ...this.#state, moved: [0, 0] }),
    compare: () => void this.#compare(),
    link: async () => {
      await navigator.clipboard.writeText(this.#trail.address(this.#state).href)
      return 'The link is copied.'
    },
    svg: () =>
      this.#save('svg', async (taken) => new Blob([this.#picture(taken)], { type: 'image/svg+xml' })),
    png: () => this.#save('png', (taken) => png(this.#picture(taken))),
    csv: () =>
      this.#save('csv', async (taken) => new Blob([landscapesCsv(taken, this.#study)], { type: 'text/csv' })),
  }

  #redraw(side: Side): void {
    const composition = this.#state[side]
    if (composition.from !== 'draw') return
    this.#change({ ...this.#state, [side]: { ...composition, seed: (composition.seed % 999_999) + 1 } })
  }

  async #save(ending: string, make: (taken: Taken) => Promise<Blob>): Promise<string> {
    const { shown } = this.#showing
    if (!shown) return 'There is nothing measured to be saved.'
    const { state, measurement } = shown
    const link = this.#trail.address(state).href
    const name = `landscape-${state.condition}-${state.epoch}-layer${state.layer}.${ending}`
    save(name, await make({ state, measurement, link }))
    return `Saved as ${ending.toUpperCase()}.`
  }

  #picture(taken: Taken): string {
    return joinedSvg(this.#showing.pictures, account(taken, this.#study, this.#showing.longest))
  }

  /**
   * Compares all of the article's minibatches with what the build made, as long as the network is this one.
   */
  async #compare(): Promise<void> {
    const { condition, epoch } = this.#state
    const current = () => this.#state.condition === condition && this.#state.epoch === epoch
    const all = this.#study.minibatches
    const comparisons: Comparison[] = []
    try {
      const bench = await this.#bench
      for (let number = 1; number <= all; number++) {
        comparisons.push(
          ...(await bench.compare(
            { condition, epoch, number },
            proxy(() => {}),
          )),
        )
        if (!current()) return
        this.#say('badge', `Compared ${number} of ${all} minibatches …`)
      }
      this.#say('badge', this.#agreement(comparisons))
    } catch (error) {
      if (current()) this.#say('badge', messageOf(error))
    }
  }

  #agreement(comparisons: readonly Comparison[]): string {
    const most = Math.max(...comparisons.map(({ difference }) => difference))
    const real = comparisons.filter(({ length }) => length > this.#study.roundOff)
    const rounding = Math.max(0, ...real.map(({ rounding, length }) => rounding / length))
    const agreement =
      most === 0
        ? 'every number of the landscapes calculated here is, to the last bit, the article’s'
        : `no number of the landscapes calculated here differs from the article’s by more than ${plainNumber(most, { format: 'scientific', digits: 1 })}`
    const off =
      rounding < 0.001
        ? 'less than 0.1%'
        : `at most ${plainNumber(rounding, { format: 'percent', digits: 1 })}`
    return `Measured just now, for this network and all ${this.#study.minibatches} minibatches of the article, in both hidden layers: ${agreement}. From the rounded numbers that minibatches of your own are calculated from, a landscape is off by ${off} of its arrows’ length.`
  }

  #say(part: string, words: string): void {
    found(this.#root.querySelector(`[data-part="${part}"]`), `the part ${part}`).textContent = words
  }
}

/** The bytes at an address; undefined if they cannot be had, so that the worker asks again and says why. */
const bytesOf = (href: string): Promise<ArrayBuffer | undefined> =>
  fetch(href)
    .then((response) => (response.ok ? response.arrayBuffer() : undefined))
    .catch(() => undefined)

const root = found(document.getElementById('lab'), 'the laboratory')
const study: Study = JSON.parse(found(document.getElementById('study'), 'the study').textContent)
if (root.dataset.phase === 'starting') new LabPage(root, study)
