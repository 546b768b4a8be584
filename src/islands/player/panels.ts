/** Small multiples from which minibatches are chosen. */
import { destination, type Selection } from './selection.ts'

/**
 * Makes a grid of small panels, one a minibatch, a list box: a click or a tap chooses a panel, and so do the arrow keys, Home and End.
 *
 * @param initial the minibatch from which the keys start when none was chosen
 */
export function choosePanels(grid: HTMLElement, layer: number, initial: number, selection: Selection): void {
  const panels = [...grid.children]
  panels.forEach((panel, i) => {
    panel.id = `${grid.closest('figure')?.id}-layer${layer}-${i + 1}`
    panel.setAttribute('role', 'option')
    panel.setAttribute(
      'aria-label',
      `Minibatch ${i + 1}${panel.matches('.against') ? ', against the mean' : ''}`,
    )
  })
  grid.setAttribute('role', 'listbox')
  grid.setAttribute('aria-label', `Minibatches in hidden layer ${layer}`)
  grid.setAttribute('aria-orientation', 'horizontal')
  grid.tabIndex = 0

  const show = () => {
    const { minibatch, pinned } = selection.chosen
    panels.forEach((panel, i) => {
      panel.setAttribute('aria-selected', String(i === minibatch))
      panel.classList.toggle('pinned', i === pinned)
    })
    if (minibatch !== undefined) grid.setAttribute('aria-activedescendant', panels[minibatch].id)
  }
  selection.onChange(show)
  show()

  grid.addEventListener('click', ({ target }) => {
    const chosen = panels.findIndex((panel) => panel.contains(target as Node))
    if (chosen >= 0) selection.choose(chosen)
  })
  grid.addEventListener('keydown', (event) => {
    const { minibatch } = selection.chosen
    const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length
    const to = destination(event.key, minibatch ?? initial, panels.length, columns)
    if (to === undefined) return
    event.preventDefault()
    selection.choose(minibatch === undefined ? initial : to)
  })
}
