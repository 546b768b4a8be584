/** Small multiples from which minibatches are chosen, by pointer; the player's slider is their keyboard. */
import { cell, cellAt, cornerOf } from '../../drawing/cells.ts'
import type { Selection } from './selection.ts'

/**
 * Makes a picture of cells, one a minibatch, answer to the pointer: the cell below it shows its number, a
 * click or a tap chooses it. The chosen cell and the pinned one are outlined and numbered too.
 *
 * @param chosen called after the reader chose a cell
 */
export function chooseCells(picture: SVGSVGElement, selection: Selection, chosen: () => void): void {
  const count = Number(picture.dataset.count)
  const frames = ['pinned', 'chosen', 'hovered'].map((name) => frame(picture, name, count))
  const [pinnedFrame, chosenFrame, hoveredFrame] = frames
  const show = () => {
    const { minibatch, pinned } = selection.chosen
    pinnedFrame(pinned)
    chosenFrame(minibatch)
  }
  const below = ({ clientX, clientY }: MouseEvent) => {
    const box = picture.getBoundingClientRect()
    const pixel = picture.viewBox.baseVal.width / box.width
    return cellAt((clientX - box.left) * pixel, (clientY - box.top) * pixel, count)
  }
  picture.classList.add('answers')
  picture.addEventListener('pointermove', (event) => hoveredFrame(below(event)))
  picture.addEventListener('pointerleave', () => hoveredFrame(undefined))
  picture.addEventListener('click', (event) => {
    const place = below(event)
    if (place === undefined) return
    selection.choose(place)
    chosen()
  })
  selection.onChange(show)
  show()
}

/**
 * An outline with a number in its corner, of a class; the function returned puts it around a cell, or takes
 * it away.
 */
function frame(picture: SVGSVGElement, name: string, count: number): (place: number | undefined) => void {
  const create = (element: string) => document.createElementNS('http://www.w3.org/2000/svg', element)
  const group = create('g')
  const rect = create('rect')
  const text = create('text')
  group.setAttribute('class', name)
  for (const side of ['width', 'height']) rect.setAttribute(side, String(cell.size))
  text.setAttribute('x', '4')
  text.setAttribute('y', '14')
  group.append(rect, text)
  return (place) => {
    if (place === undefined) {
      group.remove()
      return
    }
    group.setAttribute('transform', `translate(${cornerOf(place, count).join(' ')})`)
    group.dataset.minibatch = String(place + 1)
    text.textContent = String(place + 1)
    picture.append(group)
  }
}
