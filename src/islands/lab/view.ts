/**
 * A landscape on the page: its frame stays as long as it is of the same parameters and grid; a dot moves in
 * it.
 */
import { displacements } from '../../../experiments/landscape/landscape.ts'
import { longest } from '../../data/field.ts'
import { arrowPath } from '../../drawing/arrow.ts'
import { type LengthScale, reach, rootLength } from '../../drawing/length.ts'
import {
  type Frame,
  frameOf,
  longestArrow,
  panelSize,
  perPixel,
  type Scene,
  sameFrame,
  scenePaths,
  toX,
  toY,
} from './panel.ts'
import { type LabState, reachOf } from './state.ts'

/** How landscapes are drawn, alike for all that are to be compared. */
export interface Look {
  readonly frame: Frame
  readonly scale: LengthScale
  /** Length of the longest gradient. */
  readonly longest: number
}

/** A look that fits these fields. */
export function lookFor(
  { grid }: Pick<LabState, 'grid'>,
  fields: readonly Float64Array[],
  labels: readonly [string, string],
  roundOff: number,
): Look {
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  const known = fields.map((field) => field.map((value) => (Number.isNaN(value) ? 0 : value)))
  const most = Math.max(...known.map((gradient) => longest({ x, y, minibatches: 1, gradient, roundOff })))
  return { frame: frameOf(grid, labels), scale: rootLength(most, longestArrow(grid)), longest: most }
}

/** The scene of a field on a state's grid. */
export const sceneOf = (
  { grid }: Pick<LabState, 'grid'>,
  { scale }: Look,
  field: Float64Array,
  other: Float64Array | undefined,
  roundOff: number,
): Scene => ({
  field,
  other,
  x: displacements(grid.x),
  y: displacements(grid.y),
  scale,
  roundOff,
})

/** Told where the parameters are while the reader drags, and once more when that is done. */
export type OnMove = (moved: readonly [number, number], done: boolean) => void

/** How many pixels the arrow at the dot has at most. */
const longestHere = 44

export class LandscapeView {
  readonly #container: HTMLElement
  readonly #name: string
  readonly #state: () => LabState
  readonly #onMove: OnMove
  #frame: Frame
  #handle: SVGGElement | undefined

  /** @param frame of the picture that is there already */
  constructor(container: HTMLElement, name: string, frame: Frame, state: () => LabState, onMove: OnMove) {
    this.#container = container
    this.#name = name
    this.#frame = frame
    this.#state = state
    this.#onMove = onMove
    const svg = this.svg
    if (svg) this.#prepare(svg)
  }

  /** The picture, if there is one. */
  get svg(): SVGSVGElement | null {
    return this.#container.querySelector('svg')
  }

  /** Whether the picture that is there is of this frame. */
  fits(frame: Frame): boolean {
    return this.svg !== null && sameFrame(frame, this.#frame)
  }

  /** Puts a new frame in place of the picture that is there. */
  reframe(frame: Frame, svg: SVGSVGElement): void {
    const focused = this.#container.contains(document.activeElement)
    this.#frame = frame
    this.#container.replaceChildren(svg)
    this.#prepare(svg)
    if (focused) this.#handle?.focus({ preventScroll: true })
  }

  /** Draws a landscape's arrows in the frame. */
  draw(scene: Scene): void {
    const paths = scenePaths(scene, this.#frame)
    for (const role of ['agree', 'opposed'] as const)
      this.#container.querySelector(`path.${role}`)?.setAttribute('d', paths[role])
    this.place()
  }

  /** Draws the gradient where the parameters are. */
  point(gradient: readonly [number, number] | undefined, { scale }: Look, roundOff: number): void {
    const arrow = this.#handle?.querySelector('.here')
    if (!arrow) return
    const none = !gradient || Math.hypot(...gradient) <= roundOff
    const { right, up } = none ? { right: 0, up: 0 } : reach(gradient, (length) => 1.6 * scale(length))
    const long = Math.hypot(right, up)
    const factor = long > longestHere ? longestHere / long : 1
    arrow.setAttribute('d', none ? '' : arrowPath(0, 0, factor * right, -factor * up, 8))
  }

  /** Takes away what does not hold: the arrows, not the frame. */
  clear(): void {
    for (const path of this.#container.querySelectorAll('path.agree, path.opposed, .here'))
      path.setAttribute('d', '')
  }

  /** Puts the dot where the parameters are. */
  place(): void {
    const handle = this.#handle
    if (!handle) return
    const [x, y] = this.#state().moved
    handle.setAttribute('transform', `translate(${toX(this.#frame, x)} ${toY(this.#frame, y)})`)
    const [acrossMost] = [reachOf(this.#state().grid.x)]
    handle.setAttribute('aria-valuemin', String(-acrossMost))
    handle.setAttribute('aria-valuemax', String(acrossMost))
    handle.setAttribute('aria-valuenow', String(x))
    handle.setAttribute('aria-valuetext', `x by ${x.toPrecision(2)}, y by ${y.toPrecision(2)}`)
  }

  #prepare(svg: SVGSVGElement): void {
    svg.setAttribute('role', 'group')
    svg.setAttribute('aria-label', `Landscape of ${this.#name}`)
    const handle = document.createElementNS('http://www.w3.org/2000/svg', 'g')
    handle.setAttribute('class', 'handle')
    handle.innerHTML = '<circle r="22" fill="transparent"/><path class="here"/><circle class="dot" r="5"/>'
    handle.setAttribute('tabindex', '0')
    handle.setAttribute('role', 'slider')
    handle.setAttribute(
      'aria-label',
      `Where the two parameters are, in the landscape of ${this.#name}; all four arrow keys move them`,
    )
    // A touch here moves the parameters, not the page; the style's touch-action says so to browsers that heed
    // it within pictures.
    handle.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false })
    handle.addEventListener('pointerdown', (event) => this.#drag(event, handle))
    handle.addEventListener('keydown', (event) => this.#step(event))
    svg.append(handle)
    this.#handle = handle
    this.place()
  }

  #drag(event: PointerEvent, handle: SVGGElement): void {
    event.preventDefault()
    handle.focus({ preventScroll: true })
    handle.setPointerCapture(event.pointerId)
    const start = this.#state().moved
    const magnified = this.#container.getBoundingClientRect().width / panelSize
    const [perX, perY] = perPixel(this.#frame)
    const at = (now: PointerEvent) =>
      this.#snapped([
        start[0] + ((now.clientX - event.clientX) * perX) / magnified,
        start[1] + ((now.clientY - event.clientY) * perY) / magnified,
      ])
    const move = (now: PointerEvent) => this.#onMove(at(now), false)
    const end = (now: PointerEvent) => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', end)
      handle.removeEventListener('pointercancel', end)
      this.#onMove(now.type === 'pointercancel' ? start : at(now), true)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', end)
    handle.addEventListener('pointercancel', end)
  }

  #step(event: KeyboardEvent): void {
    const direction = directions[event.key]
    if (!direction && event.key !== 'Home') return
    event.preventDefault()
    const { moved, grid } = this.#state()
    const factor = event.shiftKey ? 1 : 0.1
    this.#onMove(
      direction
        ? this.#snapped([
            moved[0] + direction[0] * factor * grid.x.step,
            moved[1] + direction[1] * factor * grid.y.step,
          ])
        : [0, 0],
      true,
    )
  }

  /** On a tenth of the grid, and not off it. */
  #snapped(point: readonly [number, number]): [number, number] {
    const { grid } = this.#state()
    const snap = (value: number, { step, steps }: LabState['grid']['x']) => {
      const reach = reachOf({ step, steps })
      const within = Math.max(-reach, Math.min(reach, value))
      return Number((Math.round((10 * within) / step) * (step / 10)).toPrecision(6)) + 0
    }
    return [snap(point[0], grid.x), snap(point[1], grid.y)]
  }
}

const directions: { readonly [key: string]: readonly [number, number] } = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowDown: [0, -1],
  ArrowUp: [0, 1],
}
