/** The controls: from the state to what they show, and from what a reader did to a new state. */
import { listed, type Name, read, write, writeRecords } from './address.ts'
import {
  besidesOf,
  epochsOf,
  inputsOf,
  kindsOf,
  type LabState,
  type Layer,
  passesOf,
  reachOf,
  type Side,
} from './state.ts'
import type { Study } from './study.ts'
import { gridWords, inputName } from './words.ts'

type Control = HTMLInputElement | HTMLSelectElement
type Changes = { readonly [name in Name]?: string | undefined }

const axes = ['x', 'y'] as const

/** The controls within an element. */
export class Controls {
  readonly #root: HTMLElement
  readonly #study: Study
  readonly #present: (side: Side) => readonly number[]

  /** @param present the records of a minibatch as it is now, from which a list of chosen examples starts */
  constructor(root: HTMLElement, study: Study, present: (side: Side) => readonly number[]) {
    this.#root = root
    this.#study = study
    this.#present = present
  }

  /**
   * Calls `change` with a new state whenever the reader changes a control to something that can be; otherwise
   * says at the control what would be right, in the words that a link is told.
   *
   * @param moved is called while a slider moves, and with `done` once it has
   */
  listen(
    state: () => LabState,
    change: (state: LabState) => void,
    moved: (state: LabState, done: boolean) => void,
  ): void {
    const slid = (target: EventTarget | null) =>
      target instanceof HTMLInputElement && target.type === 'range' && target.name.startsWith('moved-')
        ? this.#read(state(), target)
        : undefined
    this.#root.addEventListener('input', ({ target }) => {
      const next = slid(target)
      if (next && typeof next !== 'string') moved(next, false)
    })
    this.#root.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return
      const next = this.#read(state(), target)
      if (next === undefined) return
      this.#complain(target, typeof next === 'string' ? next : '')
      if (typeof next === 'string') return
      if (target.type === 'range') moved(next, true)
      else change(next)
    })
    for (const form of this.#root.querySelectorAll('form'))
      form.addEventListener('submit', (event) => event.preventDefault())
  }

  /** Makes the controls show a state. */
  show(state: LabState): void {
    const study = this.#study
    const { condition, epoch, layer, parameters, grid, pass, beside } = state
    this.#set('condition', condition)
    this.#options(
      'epoch',
      epochsOf(study, condition).map((known) => [
        String(known),
        known === 0 ? '0, before training' : String(known),
      ]),
      String(epoch),
    )
    this.#set('layer', String(layer))
    this.#allow('pass', passesOf(study, condition, layer), pass)
    const masked = study.conditions[condition].dropout > 0 && pass !== 'evaluation'
    for (const button of this.#root.querySelectorAll<HTMLElement>('[data-action="masks"]'))
      button.hidden = !masked
    axes.forEach((axis, i) => {
      const { kind, unit, input } = parameters[i]
      this.#allow(`${axis}-kind`, kindsOf(study, condition), kind)
      this.#set(`${axis}-unit`, String(unit))
      const from = this.#set(`${axis}-input`, String(input ?? 0))
      this.#label(from).hidden = kind !== 'weight'
      this.#set(`${axis}-steps`, String(grid[axis].steps))
      this.#set(`${axis}-step`, String(grid[axis].step))
      this.#part(`${axis}-hint`).textContent = this.#hint(layer, kind, input)
      const reach = reachOf(grid[axis])
      Object.assign(this.#set(`moved-${axis}`, '0'), {
        min: String(-reach),
        max: String(reach),
        step: String(grid[axis].step / 10),
      })
    })
    for (const name of ['drawn', 'axes']) this.#part(name).textContent = gridWords(state)
    this.showMoved(state)
    this.#allow('beside', besidesOf(layer), beside)
    this.#showComposition('a', state)
    this.#showComposition('b', state)
  }

  /** Makes the controls show where the parameters are; what changes while the reader drags. */
  showMoved({ moved }: LabState): void {
    axes.forEach((axis, i) => {
      this.#set(`moved-${axis}`, String(moved[i]))
      this.#part(`moved-${axis}`).textContent = String(moved[i]).replace('-', '\u2212')
    })
  }

  #hint(layer: Layer, kind: string, input: number | undefined): string {
    const { hidden } = this.#study.protocol
    const units = `Units 0 to ${hidden[layer] - 1}.`
    if (kind !== 'weight' || input === undefined) return units
    const most = inputsOf(this.#study, layer) - 1
    return layer === 0
      ? `${units} From inputs 0 to ${most}: ${input} is 1 where ${inputName(input, this.#study)}.`
      : `${units} From units 0 to ${most} of hidden layer ${layer - 1}.`
  }

  #showComposition(side: Side, { [side]: composition }: LabState): void {
    const fieldset = this.#set(`${side}-from`, composition.from).closest('fieldset')
    for (const element of fieldset?.querySelectorAll<HTMLElement>('[data-for]') ?? [])
      element.hidden = element.dataset.for !== composition.from
    if (composition.from === 'published') this.#set(`${side}-number`, String(composition.number))
    else if (composition.from === 'list')
      this.#set(`${side}-records`, writeRecords(composition.records).join(', '))
    else {
      const { size, seed, deliverers, residual } = composition
      this.#set(`${side}-size`, String(size))
      this.#set(`${side}-seed`, String(seed))
      this.#set(`${side}-least`, String(deliverers[0]))
      this.#set(`${side}-most`, String(deliverers[1]))
      this.#set(`${side}-residual`, residual)
    }
  }

  /**
   * The state after this control was changed, or what is wrong with it; undefined if it is none of the
   * state's.
   */
  #read(state: LabState, { name }: Control): LabState | string | undefined {
    const changes = this.#changes(state, name)
    if (!changes) return undefined
    const written = write(state)
    const all: Changes = { ...written, ...changes }
    const { state: next, problems } = read((part) => all[part], this.#study)
    return (
      problems.find((problem) => changes[problem.name] !== undefined)?.message ?? problems[0]?.message ?? next
    )
  }

  /** What of a written state a control changes, and what has to go with it. */
  #changes(state: LabState, name: string): Changes | undefined {
    const value = this.#value(name)
    if (name === 'condition' || name === 'epoch' || name === 'layer') return this.#otherNetwork(state, name)
    if (name === 'pass' || name === 'beside') return { [name]: value }
    const [where, what] = name.split('-')
    if (where === 'moved') return { moved: `${this.#value('moved-x')},${this.#value('moved-y')}` }
    if (where === 'a' || where === 'b') return { [where]: this.#composition(where, what) }
    if (where !== 'x' && where !== 'y') return undefined
    if (what === 'steps' || what === 'step') {
      const axis = (of: 'x' | 'y') => `${this.#value(`${of}-steps`)}x${this.#value(`${of}-step`)}`
      return { grid: `${axis('x')},${axis('y')}`, moved: undefined }
    }
    const kind = this.#value(`${where}-kind`)
    const parts = [kind, this.#value(`${where}-unit`)]
    if (kind === 'weight') parts.push(this.#value(`${where}-input`))
    return { [where]: parts.join('.'), moved: undefined }
  }

  /**
   * Another network or layer has parameters of its own, and perhaps neither this epoch nor this way through
   * it.
   */
  #otherNetwork(state: LabState, changed: 'condition' | 'epoch' | 'layer'): Changes {
    const study = this.#study
    const condition = changed === 'condition' ? this.#value('condition') : state.condition
    const epochs = epochsOf(study, condition).map(String)
    const asked = changed === 'epoch' ? this.#value('epoch') : String(state.epoch)
    const layer = changed === 'layer' ? this.#value('layer') : String(state.layer)
    const passes: readonly string[] = passesOf(study, condition, layer === '0' ? 0 : 1)
    return {
      condition,
      epoch: epochs.includes(asked) ? asked : epochs[0],
      layer,
      x: undefined,
      y: undefined,
      moved: undefined,
      pass: passes.includes(state.pass) ? state.pass : undefined,
      beside: layer === '0' ? undefined : state.beside,
    }
  }

  /** A minibatch as its controls have it; `what` is the one that the reader changed. */
  #composition(side: Side, what: string): string {
    const from = this.#value(`${side}-from`)
    const { batchSize, mostDeliverers } = this.#study
    if (what === 'from') {
      if (from === 'published') return `published.${side === 'a' ? 1 : 2}`
      if (from === 'draw') return `draw.${batchSize}.${side === 'a' ? 1 : 2}.0-${mostDeliverers}.any`
      return `list.${writeRecords(this.#present(side)).join('.')}`
    }
    if (from === 'published') return `published.${this.#value(`${side}-number`)}`
    if (from === 'list') return listed(this.#value(`${side}-records`))
    let [least, most] = [this.#value(`${side}-least`), this.#value(`${side}-most`)]
    // The other end of the range goes along.
    if (Number(least) > Number(most) && what === 'least') most = least
    if (Number(least) > Number(most) && what === 'most') least = most
    const [size, seed] = [this.#value(`${side}-size`), this.#value(`${side}-seed`)]
    return `draw.${size}.${seed}.${least}-${most}.${this.#value(`${side}-residual`)}`
  }

  /** Says at a control what is wrong with it, or with an empty message that nothing is. */
  #complain(control: Control, message: string): void {
    control.setCustomValidity(message)
    control.setAttribute('aria-invalid', String(message !== ''))
    this.#part('wrong').textContent = message
  }

  #value(name: string): string {
    return this.#control(name).value.trim()
  }

  #set(name: string, value: string): Control {
    const control = this.#control(name)
    control.value = value
    this.#complain(control, '')
    return control
  }

  /** Shows a select's value, and of its options only these. */
  #allow(name: string, values: readonly string[], value: string): void {
    const control = this.#control(name)
    for (const option of control.querySelectorAll('option'))
      option.hidden = option.disabled = !values.includes(option.value)
    this.#set(name, value)
    this.#label(control).hidden = values.length < 2
  }

  #options(name: string, options: readonly (readonly [value: string, words: string])[], value: string): void {
    this.#control(name).replaceChildren(...options.map(([value, words]) => new Option(words, value)))
    this.#set(name, value)
  }

  #label(control: Control): HTMLElement {
    return control.closest('label') ?? control
  }

  #control(name: string): Control {
    return found(this.#root.querySelector<Control>(`[name="${name}"]`), `the control ${name}`)
  }

  #part(name: string): HTMLElement {
    return found(this.#root.querySelector<HTMLElement>(`[data-part="${name}"]`), `the part ${name}`)
  }
}

/** What the page was built with; its absence is a fault of the page. */
export function found<Found>(element: Found | null, what: string): Found {
  if (element === null) throw new Error(`The page lacks ${what}.`)
  return element
}
