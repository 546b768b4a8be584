/** A compass on which minibatches are chosen. */

import { type Gradient, mean } from '../../data/field.ts'
import { arrowPath } from '../../drawing/arrow.ts'
import { linearLength, reach, roseRadius } from '../../drawing/length.ts'
import { cosineWords, plain } from './reading.ts'
import { destination, type Selection } from './selection.ts'

/**
 * Makes a compass a slider over minibatches: a click or a tap chooses the arrow whose tip is nearest, the arrow keys, Home and End go through them in order.
 * The chosen arrow is drawn in ink, the pinned one muted.
 *
 * @param compass its element, whose `data-centres` has the gradients, and whose pictures are the rose and a histogram
 * @param initial the minibatch from which the keys start when none was chosen
 */
export function chooseOnCompass(
  compass: HTMLElement,
  layer: number,
  initial: number,
  selection: Selection,
): void {
  const [rose, histogram] = compass.querySelectorAll<SVGSVGElement>('svg.panel')
  histogram.setAttribute('aria-hidden', 'true')
  const centres = compass.dataset.centres!.split(',').map((gradient): Gradient => {
    const [x, y] = gradient.split(' ').map(Number)
    return [x, y]
  })
  const size = rose.viewBox.baseVal.width
  const scale = linearLength(Math.max(...centres.map((centre) => Math.hypot(...centre))), roseRadius * size)
  const tips = centres.map((centre) => reach(centre, scale))
  const common = mean(centres)
  const marks = ['muted', 'ink'].map((role) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('style', `fill:none;stroke:var(--${role});stroke-width:3.5;stroke-linecap:round`)
    rose.append(path)
    return path
  })
  rose.classList.add('rose')
  rose.setAttribute('role', 'slider')
  rose.setAttribute('aria-label', `Minibatch on the compass of hidden layer ${layer}`)
  rose.setAttribute('aria-valuemin', '1')
  rose.setAttribute('aria-valuemax', String(centres.length))
  rose.setAttribute('tabindex', '0')

  const show = () => {
    const { minibatch, pinned } = selection.chosen
    ;[pinned, minibatch].forEach((i, at) => {
      const path = i === undefined ? '' : arrowPath(size / 2, size / 2, tips[i].right, -tips[i].up, 9)
      marks[at].setAttribute('d', path)
    })
    rose.setAttribute('aria-valuenow', String((minibatch ?? initial) + 1))
    const words = `Minibatch ${(minibatch ?? initial) + 1}, ${cosineWords(centres[minibatch ?? initial], common, 'the mean', plain)}`
    rose.setAttribute('aria-valuetext', minibatch === undefined ? 'none chosen' : words)
  }
  selection.onChange(show)
  show()

  rose.addEventListener('click', ({ clientX, clientY }) => {
    const box = rose.getBoundingClientRect()
    const right = ((clientX - box.left) / box.width - 0.5) * size
    const up = (0.5 - (clientY - box.top) / box.height) * size
    const far = tips.map((tip) => Math.hypot(tip.right - right, tip.up - up))
    selection.choose(far.indexOf(Math.min(...far)))
  })
  rose.addEventListener('keydown', (event) => {
    const { minibatch } = selection.chosen
    // A slider's up is more: one minibatch a row, from the bottom to the top.
    const to = destination(event.key, minibatch ?? initial, centres.length, -1)
    if (to === undefined) return
    event.preventDefault()
    selection.choose(minibatch === undefined ? initial : to)
  })
}
