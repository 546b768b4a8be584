/** The arrows of a network's minibatches, epoch by epoch. */
import type { GradientsByEpoch } from '../../data/epochs.ts'
import { againstWords, arrowGrid, momentWords } from '../../drawing/arrow-grid.ts'
import { part, Transport } from './transport.ts'

/**
 * Starts the player of arrows by epoch; it draws into the figure's own picture.
 *
 * @param figure its element, with the player's as the build made them
 * @param load reads the gradients, at once: they are few
 */
export async function startEpochs(figure: HTMLElement, load: () => Promise<GradientsByEpoch>): Promise<void> {
  const player = figure.querySelector<HTMLElement>('.player')!
  const [agree, opposed] = figure.querySelectorAll('.volley path')
  const marks = [...figure.querySelectorAll<SVGPathElement>('.now')]
  const [moment, against] = [part(figure, 'moment'), part(figure, 'against')]
  let shown = Number(part<HTMLInputElement>(player, 'range').value)
  let epochs: GradientsByEpoch
  try {
    epochs = await load()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    player.textContent = `The arrows of other epochs could not be loaded: ${reason}`
    return
  }
  const show = (epoch: number) => {
    shown = epoch
    const drawn = arrowGrid(epochs[epoch])
    agree.setAttribute('d', drawn.agree)
    opposed.setAttribute('d', drawn.opposed)
    moment.textContent = momentWords(epoch)
    against.textContent = againstWords(drawn.against, epochs[epoch].length)
    against.classList.toggle('some', drawn.against > 0)
    for (const mark of marks) mark.setAttribute('transform', `translate(${place(mark, epoch)} 0)`)
    transport.update(`${against.textContent}.`)
  }
  const place = ({ dataset: { from, to } }: SVGPathElement, epoch: number) =>
    Number(from) + ((Number(to) - Number(from)) * epoch) / (epochs.length - 1)
  const transport = new Transport(player, { count: epochs.length, shown: () => shown, show })
  for (const [i, svg] of [...figure.querySelectorAll<SVGSVGElement>('.timeline svg.panel')].entries()) {
    svg.classList.add('answers')
    svg.addEventListener('click', ({ clientX }) => {
      const box = svg.getBoundingClientRect()
      const x = ((clientX - box.left) / box.width) * svg.viewBox.baseVal.width
      const [first, last] = [place(marks[i], 0), place(marks[i], epochs.length - 1)]
      const epoch = Math.round(((x - first) / (last - first)) * (epochs.length - 1))
      transport.pause()
      show(Math.min(epochs.length - 1, Math.max(0, epoch)))
    })
  }
  show(shown)
}
