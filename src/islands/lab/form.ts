/** The laboratory's controls: from the state to what they show, and from what a reader did to a new state. */
import type { GridAxis } from '../../../experiments/protocol.ts'
import {
  besidesOf,
  type Composition,
  epochsOf,
  inputsOf,
  kindsOf,
  type LabState,
  type Layer,
  longestList,
  type Parameter,
  passesOf,
  publishedParameters,
  residuals,
  sameParameter,
} from './state.ts'
import type { Study } from './study.ts'
import { gridWords, inputName } from './words.ts'

type Control = HTMLInputElement | HTMLSelectElement
type Axis = 'x' | 'y'

const axes = ['x', 'y'] as const

/** The controls within an element. */
export class Controls {
  readonly #root: HTMLElement
  readonly #study: Study
  readonly #present: (side: 'a' | 'b') => readonly number[]

  /** @param present the records of a minibatch as it is now, from which a list of chosen examples starts */
  constructor(root: HTMLElement, study: Study, present: (side: 'a' | 'b') => readonly number[]) {
    this.#root = root
    this.#study = study
    this.#present = present
  }

  /** Calls `change` with a new state whenever the reader changes a control to something that can be; otherwise the browser says at the control what would be right. */
  listen(state: () => LabState, change: (state: LabState) => void): void {
    this.#root.addEventListener('change', ({ target }) => {
      if (
        !(target instanceof HTMLInputElement || target instanceof HTMLSelectElement) ||
        target.type === 'range'
      )
        return
      target.setCustomValidity('')
      const next = target.checkValidity() ? this.#changed(state(), target) : undefined
      if (typeof next === 'string') target.setCustomValidity(next)
      if (next === undefined || typeof next === 'string') target.reportValidity()
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
        known === 0 ? '0, the start' : String(known),
      ]),
      String(epoch),
    )
    this.#set('layer', String(layer))
    this.#allow('pass', passesOf(study, condition, layer), pass)
    this.#action('masks').hidden = study.conditions[condition].dropout === 0 || pass === 'evaluation'
    axes.forEach((axis, i) => {
      const { kind, unit, input } = parameters[i]
      this.#allow(`${axis}-kind`, kindsOf(study, condition), kind)
      this.#set(`${axis}-unit`, String(unit)).max = String(study.protocol.hidden[layer] - 1)
      const from = this.#set(`${axis}-input`, String(input ?? 0))
      from.max = String(inputsOf(study, layer) - 1)
      from.closest('label')!.hidden = kind !== 'weight'
      this.#set(`${axis}-steps`, String(grid[axis].steps))
      this.#set(`${axis}-step`, String(grid[axis].step))
      const hint = this.#root.querySelector(`[data-part="${axis}-hint"]`)!
      hint.textContent =
        kind !== 'weight'
          ? ''
          : layer === 0
            ? inputName(input!, study)
            : `from unit ${input} of hidden layer ${layer - 1}`
      const slider = this.#set(`moved-${axis}`, '0')
      const step = grid[axis].step / 10
      const reach = Math.max(2 * grid[axis].steps * grid[axis].step, Math.abs(state.moved[i]))
      Object.assign(slider, { min: String(-reach), max: String(reach), step: String(step) })
    })
    this.#root.querySelector('[data-part="drawn"]')!.textContent = gridWords(state)
    this.showMoved(state)
    this.#allow('beside', besidesOf(layer), beside)
    this.#showComposition('a', state.a)
    this.#showComposition('b', state.b)
  }

  /** Makes the controls show where the parameters are; what changes while the reader drags. */
  showMoved({ moved }: LabState): void {
    axes.forEach((axis, i) => {
      this.#set(`moved-${axis}`, String(moved[i]))
      this.#root.querySelector(`[data-part="moved-${axis}"]`)!.textContent = moved[i]
        .toPrecision(2)
        .replace('-', '\u2212')
    })
  }

  control(name: string): Control {
    return this.#root.querySelector<Control>(`[name="${name}"]`)!
  }

  #showComposition(side: 'a' | 'b', composition: Composition): void {
    this.#set(`${side}-from`, composition.from)
    const fieldset = this.control(`${side}-from`).closest('fieldset')!
    for (const element of fieldset.querySelectorAll<HTMLElement>('[data-for]'))
      element.hidden = element.dataset.for !== composition.from
    if (composition.from === 'published') this.#set(`${side}-number`, String(composition.number))
    else if (composition.from === 'list') this.#set(`${side}-records`, composition.records.join(', '))
    else {
      const { size, seed, deliverers, residual } = composition
      this.#set(`${side}-size`, String(size))
      this.#set(`${side}-seed`, String(seed))
      this.#set(`${side}-least`, String(deliverers[0]))
      this.#set(`${side}-most`, String(deliverers[1]))
      this.#set(`${side}-residual`, residual)
    }
  }

  /** The state after this control was changed, or what is wrong with it. */
  #changed(state: LabState, { name, value }: Control): LabState | string {
    const study = this.#study
    const number = Number(value)
    if (name === 'condition' || name === 'epoch' || name === 'layer') {
      const condition = name === 'condition' ? value : state.condition
      const epochs = epochsOf(study, condition)
      const asked = name === 'epoch' ? number : state.epoch
      const epoch = epochs.includes(asked) ? asked : epochs[0]
      const layer = name === 'layer' ? (number as Layer) : state.layer
      const passes = passesOf(study, condition, layer)
      return {
        ...state,
        condition,
        epoch,
        layer,
        parameters: publishedParameters(study, condition, epoch, layer),
        moved: [0, 0],
        pass: passes.includes(state.pass) ? state.pass : 'training',
        beside: layer === 0 ? 'nothing' : state.beside,
      }
    }
    if (name === 'pass' || name === 'beside') return { ...state, [name]: value }
    const [where, what] = name.split('-') as [string, string]
    if (where === 'x' || where === 'y') return this.#changedAxis(state, where, what, value)
    const side = where as 'a' | 'b'
    const composition = this.#changedComposition(state[side], side, what, value)
    return typeof composition === 'string' ? composition : { ...state, [side]: composition }
  }

  #changedAxis(state: LabState, axis: Axis, what: string, value: string): LabState | string {
    const index = axis === 'x' ? 0 : 1
    if (what === 'steps' || what === 'step') {
      const changed: GridAxis = { ...state.grid[axis], [what]: Number(value) }
      return changed.step > 0
        ? { ...state, grid: { ...state.grid, [axis]: changed } }
        : 'A step is larger than 0.'
    }
    const { kind, unit, input } = state.parameters[index]
    const changed: Parameter =
      what === 'kind'
        ? { kind: value as Parameter['kind'], unit, ...(value === 'weight' && { input: input ?? 0 }) }
        : { kind, unit, ...(input !== undefined && { input }), [what]: Number(value) }
    const parameters = state.parameters.map((parameter, i) => (i === index ? changed : parameter)) as [
      Parameter,
      Parameter,
    ]
    if (sameParameter(...parameters)) return 'x and y have to be two different parameters.'
    return { ...state, parameters, moved: [0, 0] }
  }

  #changedComposition(
    composition: Composition,
    side: 'a' | 'b',
    what: string,
    value: string,
  ): Composition | string {
    const whole = {
      from: 'draw',
      size: this.#study.batchSize,
      seed: side === 'a' ? 1 : 2,
      residual: 'any',
    } as const
    if (what === 'from') {
      if (value === 'published') return { from: 'published', number: side === 'a' ? 1 : 2 }
      if (value === 'draw') return { ...whole, deliverers: [0, this.#study.mostDeliverers] }
      return this.#listed(this.#present(side))
    }
    const number = Number(value)
    if (composition.from === 'published') return { ...composition, number }
    if (composition.from === 'list') return this.#listed([...new Set(value.match(/\d+/g)?.map(Number) ?? [])])
    const [least, most] = composition.deliverers
    if (what === 'least') return { ...composition, deliverers: [number, Math.max(number, most)] }
    if (what === 'most') return { ...composition, deliverers: [Math.min(number, least), number] }
    if (what === 'residual') return { ...composition, residual: residuals.find((known) => known === value)! }
    return { ...composition, [what]: number }
  }

  #listed(records: readonly number[]): Composition | string {
    if (records.length > longestList)
      return `At most ${longestList} examples can be listed; these are ${records.length}.`
    return records.length > 0 ? { from: 'list', records } : 'A minibatch has at least one example.'
  }

  #set(name: string, value: string): HTMLInputElement {
    const control = this.control(name) as HTMLInputElement
    control.value = value
    control.setCustomValidity('')
    return control
  }

  /** Shows a select's value, and of its options only these. */
  #allow(name: string, values: readonly string[], value: string): void {
    for (const option of (this.control(name) as HTMLSelectElement).options) {
      option.hidden = option.disabled = !values.includes(option.value)
    }
    this.#set(name, value)
    this.control(name).closest('label')!.hidden = values.length < 2
  }

  #options(name: string, options: readonly (readonly [value: string, words: string])[], value: string): void {
    ;(this.control(name) as HTMLSelectElement).replaceChildren(
      ...options.map(([value, words]) => new Option(words, value)),
    )
    this.#set(name, value)
  }

  #action(name: string): HTMLElement {
    return this.#root.querySelector<HTMLElement>(`[data-action="${name}"]`)!
  }
}
