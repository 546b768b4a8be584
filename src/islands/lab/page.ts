/** The laboratory's page: the reader's state, its controls, the worker that measures, and what is shown of it. */
import { proxy, wrap } from 'comlink'
import { displacements } from '../../../experiments/landscape.ts'
import { lengthKey } from '../../drawing/key.ts'
import { plainNumber } from '../../number.ts'
import { csv, joinedSvg, png, save } from './download.ts'
import { Controls } from './form.ts'
import type { Comparison, Measured, Measurement } from './laboratory.ts'
import { panelSize } from './panel.ts'
import { plotted } from './plotted.ts'
import { fromQuery, type LabState, longestList, toQuery } from './state.ts'
import { pullsOf, stripPlot } from './strip.ts'
import type { Study } from './study.ts'
import { showTable } from './table.ts'
import { LandscapeView, type Look, lookFor } from './view.ts'
import { startWalks } from './walks.ts'
import { answer, describe, evidence, parameterName, pulls } from './words.ts'
import type { LaboratoryWorker } from './worker.ts'

const root = document.getElementById('lab')!
const study: Study = JSON.parse(document.getElementById('study')!.textContent!)
const part = (name: string) => root.querySelector<HTMLElement>(`[data-part="${name}"]`)!

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
worker.addEventListener('error', ({ message }) => {
  part('problem').textContent =
    `The laboratory cannot calculate here: ${message || 'this browser starts no worker for it'}.`
})
const laboratory = wrap<LaboratoryWorker>(worker)
const opened = laboratory.open(study, document.baseURI)

let state: LabState
let look: Look | undefined
let measurement: Measurement | undefined
const controls = new Controls(root, study, (side) => Array.from(measurement?.[side].records ?? []))

const moved = () => state.moved
const onMove = (moved: readonly [number, number], done: boolean) =>
  change({ ...state, moved }, done ? 'all' : 'quick')
const views = {
  a: new LandscapeView(part('panel-a'), 'minibatch A', moved, onMove),
  b: new LandscapeView(part('panel-b'), 'minibatch B', moved, onMove),
  all: new LandscapeView(part('panel-all'), 'all training examples', moved, onMove),
}

/** What is wrong with the link that the page was opened with; said until the reader changes something. */
let wrong = ''
let underWay = false
let turns = 0
let wanted: 'all' | 'quick' | undefined

/** Takes over a new state: the controls, the address and, as soon as it is measured, all else. While the reader drags only the landscapes follow. */
function change(next: LabState, how: 'all' | 'quick', problems: readonly string[] = []): void {
  state = next
  wrong = problems.join(' ')
  if (how === 'all') {
    controls.show(state)
    remember()
  } else {
    controls.showMoved(state)
    for (const view of Object.values(views)) view.place()
    // What is subtracted takes too long to follow.
    if (state.beside === 'difference') return
  }
  wanted = how === 'all' || wanted === 'all' ? 'all' : 'quick'
  if (!underWay || how === 'all' || state.pass === 'fresh') void measure()
}

/** Measures until nothing more is wanted; one that was started later takes over. */
async function measure(): Promise<void> {
  const turn = ++turns
  underWay = true
  root.setAttribute('aria-busy', 'true')
  while (wanted) {
    const quick = wanted === 'quick'
    const asked = state
    wanted = undefined
    try {
      await opened
      const measured = await laboratory.measure(asked, quick, proxy(report), proxy(partial))
      if (turn !== turns) return
      measurement = measured
      show(asked, quick)
      part('problem').textContent = wrong
    } catch (error) {
      if (turn !== turns) return
      part('problem').textContent = (error as Error).message
      part('answer').textContent = 'Not measured.'
      part('evidence').textContent = ''
    }
    part('progress').textContent = ''
  }
  underWay = false
  root.setAttribute('aria-busy', 'false')
}

function report(fraction: number, what: string): void {
  const share = Number.isFinite(fraction) ? ` ${plainNumber(fraction, { format: 'percent', digits: 0 })}` : ''
  part('progress').textContent = fraction >= 1 ? '' : `${what[0].toUpperCase()}${what.slice(1)}:${share} …`
}

/** A landscape that takes long is shown as it comes in; while the reader drags, in the frame that is there. */
function partial(side: 'a' | 'b', field: Float64Array): void {
  const dragged = look && String(look.frame.centre) !== String(state.moved)
  if (!look || (side === 'a' && !dragged)) look = lookFor(state, [field], labelsOf(state), study.roundOff)
  views[side].draw(state, look, field, undefined, study.roundOff)
}

const labelsOf = ({ parameters, layer }: LabState): [string, string] => [
  parameterName(parameters[0], layer),
  parameterName(parameters[1], layer),
]

function show(shown: LabState, quick: boolean): void {
  const { a, b, all } = measurement!
  const { roundOff } = study
  const difference = all && shown.beside === 'difference'
  const minus = (field: Float64Array) =>
    difference ? field.map((value, at) => value - all.field[at]) : field
  const [fieldA, fieldB] = [minus(a.field), minus(b.field)]
  if (!quick || !look) {
    look = lookFor(
      shown,
      [fieldA, fieldB, ...(all && !difference ? [all.field] : [])],
      labelsOf(shown),
      roundOff,
    )
    part('length-key').innerHTML = lengthKey(look.scale, look.longest, panelSize)
  }
  views.a.draw(shown, look, fieldA, fieldB, roundOff)
  views.b.draw(shown, look, fieldB, fieldA, roundOff)
  part('layer').textContent = String(shown.layer)
  part('answer').textContent = answer(measurement!, shown, study)
  part('evidence').textContent = evidence(measurement!, shown, study)
  if (quick) return
  part('status').textContent = `${answer(measurement!, shown, study)} ${evidence(measurement!, shown, study)}`
  part('third').hidden = !all || difference === true
  if (all && !difference) {
    views.all.draw(shown, look, all.field, undefined, roundOff)
    part('description-all').textContent = `As one minibatch, at the same parameters.`
  }
  showSide('a', a, difference === true)
  showSide('b', b, difference === true)
  if (a.exact || b.exact) void compareShown(shown)
}

function withoutContributions({ pass, parameters }: LabState): string {
  if (pass === 'fresh') return 'With a fresh mask at every point, an example pulls another way at each.'
  return parameters.some(({ kind }) => kind === 'gamma' || kind === 'beta') && pass === 'evaluation'
    ? 'What each example adds is shown for biases and weights.'
    : 'Under batch normalization with the minibatch’s own statistics an example has no gradient of its own: it acts through the statistics on all others.'
}

function showSide(side: 'a' | 'b', measured: Measured, difference: boolean): void {
  const drawn = difference ? 'Drawn is its gradient minus that of all training examples. ' : ''
  part(`description-${side}`).textContent = drawn + describe(measured)
  const counts = pulls(measured)
  const strip = part(`strip-${side}`)
  part(`pulls-${side}`).textContent = counts
    ? `${counts.with} pull with their minibatch, ${counts.against} against it${counts.none > 0 ? `; for ${counts.none} both units are closed` : ''}.`
    : withoutContributions(state)
  strip.replaceChildren()
  if (counts) {
    const pulled = pullsOf(measured, study.mostDeliverers)
    const picture = plotted(stripPlot(pulled, measured.gradient, study.mostDeliverers))
    picture.setAttribute('role', 'img')
    picture.setAttribute(
      'aria-label',
      `What each example adds to the gradient of minibatch ${side.toUpperCase()}, by deliverers; the table below has the numbers`,
    )
    strip.append(picture)
  }
  const remove = (record: number) => {
    const records = Array.from(measured.records).filter((other) => other !== record)
    if (records.length > 0 && records.length <= longestList)
      change({ ...state, [side]: { from: 'list', records } }, 'all')
  }
  showTable(part(`table-${side}`) as HTMLDetailsElement, measured, remove, (record) =>
    laboratory.record(record),
  )
}

/** The measured agreement with the build, of the published minibatches that are shown. */
async function compareShown({ condition, epoch, a, b }: LabState): Promise<void> {
  const numbers = [a, b].flatMap((composition) =>
    composition.from === 'published' ? [composition.number] : [],
  )
  await compare(condition, epoch, [...new Set(numbers)])
}

async function compare(condition: string, epoch: number, numbers: readonly number[]): Promise<void> {
  const found: Comparison[] = []
  for (const number of numbers) {
    found.push(...(await laboratory.compare(condition, epoch, number)))
    if (numbers.length > 2) part('badge').textContent = `Compared ${found.length} landscapes …`
  }
  const most = Math.max(...found.map(({ difference }) => difference))
  const real = found.filter(({ length }) => length > study.roundOff)
  const rounding = Math.max(0, ...real.map(({ rounding, length }) => rounding / length))
  const which =
    numbers.length > 2 ? `all ${numbers.length} published minibatches` : `minibatch ${numbers.join(' and ')}`
  const agreement =
    most === 0
      ? 'every number of the browser’s landscapes is, to the last bit, the build’s'
      : `no number of the browser’s landscapes differs from the build’s by more than ${plainNumber(most, { format: 'scientific', digits: 1 })}`
  part('badge').textContent =
    `Measured just now, in both hidden layers: for ${which}, ${agreement}. Computed from the 8-bit weights instead, as for minibatches of your own, a landscape is off by ${rounding < 0.001 ? 'less than 0.1%' : `at most ${plainNumber(rounding, { format: 'percent', digits: 1 })}`} of its arrows’ length.`
}

let remembering: ReturnType<typeof setTimeout> | undefined

/** Puts the state into the address, seldom enough for browsers that allow it only so often. */
function remember(): void {
  clearTimeout(remembering)
  remembering = setTimeout(() => history.replaceState(null, '', address()), 150)
}

function address(): URL {
  const url = new URL(location.href)
  url.search = toQuery(state, study).toString()
  return url
}

const fileName = () => `landscape-${state.condition}-${state.epoch}-layer${state.layer}`

function pictures(): string {
  const shown = [
    { title: 'Minibatch A', svg: views.a.svg },
    { title: 'Minibatch B', svg: views.b.svg },
    ...(part('third').hidden ? [] : [{ title: 'All training examples', svg: views.all.svg }]),
  ]
  const { label } = study.conditions[state.condition]
  return joinedSvg(
    shown.flatMap(({ title, svg }) => (svg ? [{ title, svg }] : [])),
    `${label}, epoch ${state.epoch}, hidden layer ${state.layer}. ${part('answer').textContent}`,
  )
}

const actions: { [name: string]: () => Promise<string | undefined> | string | undefined } = {
  masks: () => {
    change({ ...state, masks: state.masks + 1 }, 'all')
    return undefined
  },
  'redraw-a': () => redraw('a'),
  'redraw-b': () => redraw('b'),
  reset: () => {
    change({ ...state, moved: [0, 0] }, 'all')
    return undefined
  },
  compare: async () => {
    const numbers = Array.from({ length: study.minibatches }, (_, i) => i + 1)
    await compare(state.condition, state.epoch, numbers)
    return undefined
  },
  link: async () => {
    await navigator.clipboard.writeText(address().href)
    return 'The link is copied.'
  },
  svg: () => {
    save(`${fileName()}.svg`, new Blob([pictures()], { type: 'image/svg+xml' }))
    return 'Saved as SVG.'
  },
  png: async () => {
    save(`${fileName()}.png`, await png(pictures()))
    return 'Saved as PNG.'
  },
  csv: () => {
    if (!measurement) return 'There is nothing measured yet.'
    const [x, y] = [state.grid.x, state.grid.y].map(displacements)
    const text = csv(
      measurement,
      x.map((value) => value + state.moved[0]),
      y.map((value) => value + state.moved[1]),
    )
    save(`${fileName()}.csv`, new Blob([text], { type: 'text/csv' }))
    return 'Saved as CSV.'
  },
}

function redraw(side: 'a' | 'b'): undefined {
  const composition = state[side]
  if (composition.from === 'draw')
    change({ ...state, [side]: { ...composition, seed: (composition.seed % 999_999) + 1 } }, 'all')
}

root.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-state]')
  if (link) {
    event.preventDefault()
    start(new URL(link.href).searchParams)
  }
  const button = (event.target as Element).closest<HTMLButtonElement>('button[data-action]')
  if (!button) return
  void Promise.resolve(actions[button.dataset.action!]())
    .catch((error: Error) => `That did not work: ${error.message}`)
    .then((said) => {
      if (said) part('taken').textContent = said
    })
})
for (const [i, axis] of (['x', 'y'] as const).entries()) {
  const slider = controls.control(`moved-${axis}`)
  const move = (how: 'all' | 'quick') => {
    const moved: [number, number] = [state.moved[0], state.moved[1]]
    moved[i] = Number(Number(slider.value).toPrecision(6))
    change({ ...state, moved }, how)
  }
  slider.addEventListener('input', () => move('quick'))
  slider.addEventListener('change', () => move('all'))
}
controls.listen(
  () => state,
  (next) => change(next, 'all'),
)

function start(query: URLSearchParams): void {
  const { state, problems } = fromQuery(query, study)
  change(state, 'all', problems)
}

start(new URLSearchParams(location.search))
startWalks(document.getElementById('walks')!, study.protocol)
