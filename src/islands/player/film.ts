/** The film of training: predicted against actual values, epoch by epoch. */
import type { Tensors } from '../../../pipeline/stage.ts'
import { type FilmFile, unpackFilm } from '../../data/film.ts'
import { projector } from '../../drawing/screen.ts'
import { numberHtml, plainNumber } from '../../number.ts'
import { part, Transport } from './transport.ts'

/**
 * Starts the film of a figure, at the start of training.
 *
 * @param details the player's elements, as the build made them
 * @param load reads the film, when it is first opened; asked again, after a failure, when it is next opened
 */
export function startFilm(details: HTMLDetailsElement, load: () => Promise<Tensors>): void {
  const reading = part(details, 'reading')
  const dots = details.querySelector('[data-dots]')!
  const range = part<HTMLInputElement>(details, 'range')
  let shown = Number(range.value)
  let film: FilmFile | undefined
  let draw: (epoch: number) => string

  const show = (epoch: number) => {
    shown = epoch
    const say = (number: typeof plainNumber) =>
      film
        ? `R² ${number(film.r2[epoch])}, mean absolute error ${number(film.mae[epoch], { digits: 1 })} on the test data`
        : ''
    transport.update(`${say(plainNumber)}.`)
    if (!film) return
    dots.setAttribute('d', draw(epoch))
    reading.innerHTML = `${epoch === 0 ? 'At the start' : `After epoch ${epoch}`}: ${say(numberHtml)}.`
  }
  const transport = new Transport(details, { count: Number(range.max) + 1, shown: () => shown, show })

  const read = async () => {
    if (film) return
    try {
      film = unpackFilm(await load())
      draw = projector(film)
      show(shown)
    } catch (error) {
      reading.textContent = `The film could not be loaded: ${(error as Error).message} Close and open to try again.`
    }
  }
  details.addEventListener('toggle', () => details.open && void read())
  details.hidden = false
  show(shown)
}
