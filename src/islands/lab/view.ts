/** The landscapes on the page: drawn anew when what they are of changes, redrawn within their frame while the reader drags. */
import type * as Plot from '@observablehq/plot'
import { displacements } from '../../../experiments/landscape.ts'
import { longest } from '../../data/field.ts'
import { type LengthScale, rootLength } from '../../drawing/length.ts'
import {
  type Frame,
  frameOf,
  framePlot,
  longestArrow,
  panelSize,
  sceneMark,
  scenePaths,
  truthMark,
} from './panel.ts'
import { plotted } from './plotted.ts'
import type { LabState } from './state.ts'

/** How a landscape is drawn, alike for all that are to be compared. */
export interface Look {
  readonly frame: Frame
  readonly scale: LengthScale
  /** Length of the longest gradient. */
  readonly longest: number
}

/** A look that fits these fields around where the parameters are. */
export function lookFor(
  { grid, moved }: Pick<LabState, 'grid' | 'moved'>,
  fields: readonly Float64Array[],
  labels: readonly [string, string],
  roundOff: number,
): Look {
  const [x, y] = [displacements(grid.x), displacements(grid.y)]
  const known = fields.map((field) => field.map((value) => (Number.isNaN(value) ? 0 : value)))
  const most = Math.max(...known.map((gradient) => longest({ x, y, minibatches: 1, gradient, roundOff })))
  return { frame: frameOf(grid, moved, labels), scale: rootLength(most, longestArrow(grid)), longest: most }
}

/** One landscape, with a dot that the reader drags to move the two parameters. */
export class LandscapeView {
  readonly #container: HTMLElement
  readonly #name: string
  readonly #moved: () => readonly [number, number]
  readonly #onMove: (moved: readonly [number, number], done: boolean) => void
  #look: Look | undefined
  #state: LabState | undefined
  #plot: (SVGSVGElement & Plot.Plot) | undefined
  #handle: SVGGElement | undefined

  /**
   * @param moved where the parameters are
   * @param onMove is told where the parameters are while the reader drags, and once more when that is done
   */
  constructor(
    container: HTMLElement,
    name: string,
    moved: () => readonly [number, number],
    onMove: (moved: readonly [number, number], done: boolean) => void,
  ) {
    this.#container = container
    this.#name = name
    this.#moved = moved
    this.#onMove = onMove
  }

  /** The picture, if there is one. */
  get svg(): SVGSVGElement | undefined {
    return this.#plot
  }

  draw(
    state: LabState,
    look: Look,
    field: Float64Array,
    other: Float64Array | undefined,
    roundOff: number,
  ): void {
    this.#state = state
    const [x, y] = [state.grid.x, state.grid.y].map(displacements)
    const scene = {
      field,
      other,
      x: x.map((value) => value + state.moved[0]),
      y: y.map((value) => value + state.moved[1]),
      scale: look.scale,
      roundOff,
    }
    if (look !== this.#look || !this.#plot) {
      this.#look = look
      this.#plot = plotted(framePlot(look.frame, [sceneMark(scene, look.frame), truthMark()]))
      this.#plot.setAttribute('role', 'group')
      this.#plot.setAttribute('aria-label', `Landscape of ${this.#name}`)
      const focused = this.#container.contains(document.activeElement)
      this.#handle = this.#makeHandle()
      this.#plot.append(this.#handle)
      this.#container.replaceChildren(this.#plot)
      if (focused) this.#handle.focus({ preventScroll: true })
    } else {
      const paths = scenePaths(scene, look.frame, this.#to('x'), this.#to('y'))
      for (const role of ['agree', 'opposed'] as const)
        this.#plot.querySelector(`path.${role}`)!.setAttribute('d', paths[role])
    }
    this.place()
  }

  #to(axis: 'x' | 'y'): (value: number) => number {
    return this.#plot!.scale(axis)!.apply as (value: number) => number
  }

  /** Puts the dot where the parameters are. */
  place(): void {
    if (!this.#handle) return
    const [x, y] = this.#moved()
    this.#handle.setAttribute('transform', `translate(${this.#to('x')(x)} ${this.#to('y')(y)})`)
    this.#handle.setAttribute('aria-valuenow', String(x))
    this.#handle.setAttribute('aria-valuetext', `x by ${x.toPrecision(2)}, y by ${y.toPrecision(2)}`)
  }

  #makeHandle(): SVGGElement {
    const handle = document.createElementNS('http://www.w3.org/2000/svg', 'g')
    handle.setAttribute('class', 'handle')
    handle.innerHTML = '<circle r="22" fill="transparent"/><circle class="dot" r="4.5"/>'
    handle.setAttribute('tabindex', '0')
    handle.setAttribute('role', 'slider')
    handle.setAttribute(
      'aria-label',
      `Where the two parameters are, in the landscape of ${this.#name}; all four arrow keys move them`,
    )
    // A touch here moves the parameters, not the page; the style's touch-action says so to browsers that heed it within pictures.
    handle.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false })
    handle.addEventListener('pointerdown', (event) => this.#drag(event, handle))
    handle.addEventListener('keydown', (event) => this.#step(event))
    return handle
  }

  #drag(event: PointerEvent, handle: SVGGElement): void {
    event.preventDefault()
    handle.focus({ preventScroll: true })
    handle.setPointerCapture(event.pointerId)
    const start = this.#moved()
    const { frame } = this.#look!
    const perPixel = this.#plot!.getBoundingClientRect().width / panelSize
    const unit = (axis: 0 | 1) => {
      const to = this.#to(axis === 0 ? 'x' : 'y')
      return 1 / (perPixel * (to(frame.centre[axis] + 1) - to(frame.centre[axis])))
    }
    const [perX, perY] = [unit(0), unit(1)]
    const at = (now: PointerEvent) =>
      this.#snapped([
        start[0] + (now.clientX - event.clientX) * perX,
        start[1] + (now.clientY - event.clientY) * perY,
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
    const directions: { [key: string]: readonly [number, number] } = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowDown: [0, -1],
      ArrowUp: [0, 1],
    }
    const direction = directions[event.key]
    if (!direction && event.key !== 'Home') return
    event.preventDefault()
    const moved = this.#moved()
    const { grid } = this.#state!
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

  /** On a tenth of the grid, and not off the frame. */
  #snapped(point: readonly [number, number]): [number, number] {
    const { grid } = this.#state!
    const { centre, reach } = this.#look!.frame
    const snap = (value: number, axis: 0 | 1) => {
      const step = (axis === 0 ? grid.x.step : grid.y.step) / 10
      const within = Math.max(centre[axis] - reach[axis], Math.min(centre[axis] + reach[axis], value))
      return Number((Math.round(within / step) * step).toPrecision(6))
    }
    return [snap(point[0], 0), snap(point[1], 1)]
  }
}
