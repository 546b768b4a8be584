/** The film of training: predicted against actual values, epoch by epoch. */
import type { FilmFile } from '../../data/film.ts'
import { projector } from '../../drawing/screen.ts'
import { numberHtml, plainNumber } from '../../number.ts'
import { OpeningStage } from './stage.ts'
import { part, Transport } from './transport.ts'

/**
 * Starts the film of a figure, at the start of training.
 *
 * @param player the player's element, as the build made it
 * @param load reads the film, when it is first opened
 */
export function startFilm(player: HTMLElement, load: () => Promise<FilmFile>): void {
  const reading = part(player, 'reading')
  const dots = player.querySelector('[data-dots]')!
  const range = part<HTMLInputElement>(player, 'range')
  let shown = Number(range.value)
  let film: FilmFile | undefined
  let draw: (epoch: number) => string

  const stage = new OpeningStage(player, {
    async load() {
      film = await load()
      draw = projector(film)
    },
    failed(reason) {
      reading.textContent = `The film could not be loaded: ${reason} Close and open to try again.`
    },
    changed() {
      if (!stage.isOpen) transport.pause()
      show(shown)
    },
  })
  const show = (epoch: number) => {
    shown = epoch
    const say = (number: typeof plainNumber) =>
      film
        ? `R² ${number(film.r2[epoch])}, mean absolute error ${number(film.mae[epoch], { digits: 1 })} on the test data.`
        : ''
    transport.update(say(plainNumber))
    if (!film) return
    dots.setAttribute('d', draw(epoch))
    reading.innerHTML = `${epoch === 0 ? 'At the start' : `After epoch ${epoch}`}: ${say(numberHtml)}`
  }
  const transport = new Transport(player, {
    count: Number(range.max) + 1,
    shown: () => shown,
    show,
    started: () => void stage.open(),
  })
  range.addEventListener('input', () => stage.isOpen || void stage.open())
  show(shown)
}
