/** A compass on which minibatches are chosen, by pointer. */

import type { Gradient } from '../../data/field.ts'
import { arrowPath } from '../../drawing/arrow.ts'
import { reach, rootLength, roseRadius } from '../../drawing/length.ts'
import type { Selection } from './selection.ts'

/**
 * Makes a compass answer to the pointer: a click or a tap chooses the arrow whose tip is nearest. The chosen
 * arrow is drawn in ink, the pinned one muted.
 *
 * @param compass its element, whose `data-centres` has the gradients, and which holds the rose
 * @param chosen called after the reader chose an arrow
 */
export function chooseOnCompass(compass: HTMLElement, selection: Selection, chosen: () => void): void {
  const rose = compass.querySelector<SVGSVGElement>('svg.rose')!
  const centres = compass.dataset.centres!.split(',').map((gradient): Gradient => {
    const [x, y] = gradient.split(' ').map(Number)
    return [x, y]
  })
  const size = rose.viewBox.baseVal.width
  const scale = rootLength(Math.max(...centres.map((centre) => Math.hypot(...centre))), roseRadius * size)
  const tips = centres.map((centre) => reach(centre, scale))
  const marks = ['pinned', 'chosen'].map((name) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('class', name)
    rose.append(path)
    return path
  })
  const show = () => {
    const { minibatch, pinned } = selection.chosen
    ;[pinned, minibatch].forEach((i, at) => {
      const path = i === undefined ? '' : arrowPath(size / 2, size / 2, tips[i].right, -tips[i].up, 9)
      marks[at].setAttribute('d', path)
    })
  }
  rose.classList.add('answers')
  rose.addEventListener('click', ({ clientX, clientY }) => {
    const box = rose.getBoundingClientRect()
    const right = ((clientX - box.left) / box.width - 0.5) * size
    const up = (0.5 - (clientY - box.top) / box.height) * size
    const far = tips.map((tip) => Math.hypot(tip.right - right, tip.up - up))
    selection.choose(far.indexOf(Math.min(...far)))
    chosen()
  })
  selection.onChange(show)
  show()
}
