/**
 * Showing a measurement: the answer, the landscapes, and what the examples do; and saying when it no longer
 * holds.
 */
import { lengthKey } from '../../drawing/key.ts'
import { angleMarkup } from './angle.ts'
import { found } from './form.ts'
import type { Measured, Measurement } from './measuring.ts'
import { type Frame, panelSize } from './panel.ts'
import type { LabState, Side } from './state.ts'
import type { Study } from './study.ts'
import { showTable } from './table.ts'
import { LandscapeView, type Look, lookFor, type OnMove, sceneOf } from './view.ts'
import { answer, describe, evidence, exactness, parameterName, parts, verdictOf } from './words.ts'

/** What the page does for what is shown. */
export interface Doing {
  readonly state: () => LabState
  readonly move: OnMove
  /** Takes a record out of a minibatch. */
  readonly remove: (side: Side, record: number) => void
  /** A record, field by field. */
  readonly record: (number: number) => Promise<[field: string, text: string][]>
}

const sides = ['a', 'b'] as const

export class Showing {
  readonly #root: HTMLElement
  readonly #study: Study
  readonly #doing: Doing
  readonly #views: { readonly [name in Side | 'all']: LandscapeView }
  #look: Look | undefined
  /** Counts what was shown, so that what was overtaken ends. */
  #turn = 0
  /** The measurement that is shown, and of what; none while there is none. */
  #shown: { readonly state: LabState; readonly measurement: Measurement } | undefined

  /** @param frame of the pictures that are there already */
  constructor(root: HTMLElement, study: Study, frame: Frame, doing: Doing) {
    this.#root = root
    this.#study = study
    this.#doing = doing
    const view = (name: Side | 'all', words: string) =>
      new LandscapeView(this.#part(`panel-${name}`), words, frame, doing.state, doing.move)
    this.#views = {
      a: view('a', 'minibatch A'),
      b: view('b', 'minibatch B'),
      all: view('all', 'all training examples'),
    }
  }

  /** Length of the longest gradient that is drawn. */
  get longest(): number | undefined {
    return this.#look?.longest
  }

  get shown() {
    return this.#shown
  }

  /** The pictures with their titles, as they are shown. */
  get pictures(): { readonly title: string; readonly svg: SVGSVGElement }[] {
    const titled = { a: 'Minibatch A', b: 'Minibatch B', all: 'All training examples' }
    return ([...sides, 'all'] as const).flatMap((name) => {
      const { svg } = this.#views[name]
      return svg && !(name === 'all' && this.#part('third').hidden) ? [{ title: titled[name], svg }] : []
    })
  }

  /** Marks what is shown as of before, until the next measurement is there. */
  outdate(): void {
    this.#root.dataset.old = ''
  }

  /** Takes away what does not hold: nothing was measured of what the reader asked for. */
  clear(): void {
    this.#turn++
    this.#shown = undefined
    delete this.#root.dataset.old
    for (const view of Object.values(this.#views)) view.clear()
    for (const name of ['evidence', 'status', 'length-key', 'badge']) this.#part(name).textContent = ''
    this.#part('answer').textContent = 'Not measured'
    this.#part('angle').replaceChildren()
    for (const side of sides) {
      for (const name of ['description', 'exactness', 'parts']) this.#part(`${name}-${side}`).textContent = ''
      this.#part(`strip-${side}`).replaceChildren()
      this.#table(side).querySelector('.table')?.replaceChildren()
    }
    this.#part('third').hidden = true
  }

  /** Puts the dots where the parameters are. */
  place(): void {
    for (const view of Object.values(this.#views)) view.place()
  }

  /** Shows a landscape as far as it is known. */
  async partial(state: LabState, side: Side, field: Float64Array): Promise<void> {
    const look = lookFor(state, [field], this.#labels(state), this.#study.roundOff)
    await this.#reframe(look)
    this.#views[side].draw(sceneOf(state, look, field, undefined, this.#study.roundOff))
  }

  /** Shows a measurement; while the reader drags only what follows at once. */
  async show(state: LabState, measurement: Measurement, dragging: boolean): Promise<void> {
    const turn = ++this.#turn
    const { a, b, all } = measurement
    const { roundOff } = this.#study
    const difference = all && state.beside === 'difference' ? all : undefined
    const minus = (field: Float64Array) =>
      difference ? field.map((value, at) => value - difference.field[at]) : field
    const [fieldA, fieldB] = [minus(a.field), minus(b.field)]
    const fields = [fieldA, fieldB, ...(all && !difference ? [all.field] : [])]
    const look = lookFor(state, fields, this.#labels(state), roundOff)
    await this.#reframe(look)
    this.#shown = { state, measurement }
    this.#look = look
    delete this.#root.dataset.old
    // The answer first.
    this.#answer(state, measurement)
    if (!(await this.#breathe(turn))) return
    this.#views.a.draw(sceneOf(state, look, fieldA, fieldB, roundOff))
    if (!(await this.#breathe(turn))) return
    this.#views.b.draw(sceneOf(state, look, fieldB, fieldA, roundOff))
    this.#part('third').hidden = !all || difference !== undefined
    if (all && !difference) this.#views.all.draw(sceneOf(state, look, all.field, undefined, roundOff))
    if (!(await this.#breathe(turn))) return
    this.#views.a.point(difference ? undefined : a.gradient, look, roundOff)
    this.#views.b.point(difference ? undefined : b.gradient, look, roundOff)
    this.#views.all.point(all?.gradient, look, roundOff)
    const key = this.#part('length-key')
    // The page's policy refuses a style that is part of markup, and not one that a script sets.
    key.innerHTML = lengthKey(look.scale, look.longest, panelSize).replaceAll(' style=', ' data-style=')
    for (const arrow of key.querySelectorAll('svg')) arrow.style.cssText = arrow.dataset.style ?? ''
    for (const side of sides) this.#describe(side, measurement[side], difference !== undefined)
    if (dragging) return
    this.#part('status').textContent =
      `${this.#part('answer').textContent}. ${this.#part('evidence').textContent}`
    for (const side of sides) {
      if (!(await this.#breathe(turn))) return
      this.#examples(side, measurement[side])
    }
  }

  /** Lets the browser do what else there is to do; says whether what is shown is still wanted. */
  async #breathe(turn: number): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve))
    return turn === this.#turn
  }

  #answer(state: LabState, measurement: Measurement): void {
    const study = this.#study
    this.#part('answer').textContent = answer(measurement, study)
    this.#root.dataset.grade = verdictOf(measurement.a, measurement.b, study).grade ?? ''
    this.#part('evidence').textContent = evidence(measurement, state, study)
    const { layer } = verdictOf(measurement.a, measurement.b, study)
    this.#part('angle').innerHTML = angleMarkup(layer)
  }

  #describe(side: Side, measured: Measured, difference: boolean): void {
    this.#part(`description-${side}`).textContent =
      (difference ? 'Drawn: its gradient minus that of all training examples. ' : '') + describe(measured)
    this.#part(`exactness-${side}`).textContent = exactness(measured)
  }

  #examples(side: Side, measured: Measured): void {
    const counts = parts(measured)
    this.#part(`parts-${side}`).textContent = counts
      ? `${counts.with} add to their minibatch’s gradient, ${counts.against} take from it${counts.none > 0 ? `; for ${counts.none} both units are closed` : ''}.`
      : withoutParts(this.#doing.state())
    const { remove, record } = this.#doing
    showTable(this.#table(side), measured, (number) => remove(side, number), record)
    const details = this.#examplesOf(side)
    const fill = () => void this.#strip(side, measured, counts !== undefined)
    details.ontoggle = () => details.open && fill()
    if (details.open) fill()
  }

  /** Draws what each example adds; only for who has opened it, for it takes a library to draw. */
  async #strip(side: Side, measured: Measured, drawn: boolean): Promise<void> {
    const strip = this.#part(`strip-${side}`)
    if (!drawn) return strip.replaceChildren()
    const { stripPicture } = await import('./strip.ts')
    if (this.#shown?.measurement[side] === measured)
      strip.replaceChildren(stripPicture(measured, side, this.#study.mostDeliverers))
  }

  #examplesOf(side: Side): HTMLDetailsElement {
    return found(
      this.#root.querySelector<HTMLDetailsElement>(`details[data-part="examples-${side}"]`),
      `the examples of ${side}`,
    )
  }

  /** Gives all pictures the frame of a look, where they have another. */
  async #reframe({ frame }: Look): Promise<void> {
    const views = Object.values(this.#views).filter((view) => !view.fits(frame))
    if (views.length === 0) return
    const [{ framePlot }, { plotted }] = await Promise.all([
      import('./frame.ts'),
      import('../../drawing/plotted.ts'),
    ])
    const svg = plotted(framePlot(frame))
    for (const view of views) view.reframe(frame, copy(svg))
  }

  #labels({ parameters, layer }: LabState): [string, string] {
    return [parameterName(parameters[0], layer), parameterName(parameters[1], layer)]
  }

  #table(side: Side): HTMLDetailsElement {
    return found(
      this.#root.querySelector<HTMLDetailsElement>(`details[data-part="table-${side}"]`),
      `the table of ${side}`,
    )
  }

  #part(name: string): HTMLElement {
    return found(this.#root.querySelector<HTMLElement>(`[data-part="${name}"]`), `the part ${name}`)
  }
}

function copy(svg: SVGSVGElement): SVGSVGElement {
  const made = svg.cloneNode(true)
  if (!(made instanceof SVGSVGElement)) throw new Error('The copy of a picture is none.')
  return made
}

function withoutParts({ parameters, pass }: LabState): string {
  return parameters.some(({ kind }) => kind === 'gamma' || kind === 'beta') && pass === 'evaluation'
    ? 'What each example adds is shown for biases and weights.'
    : 'Under batch normalization with the minibatch’s own statistics an example has no gradient of its own: it acts through the statistics on all others.'
}
