/** The film of training: predicted against actual values, epoch by epoch. */
import type { Tensors } from '../../../pipeline/stage.ts'
import { pair } from '../../figures/arrow.ts'
import { numberHtml, plainNumber } from '../../number.ts'
import { part, Transport } from './transport.ts'

/** Pixels of the panel's own coordinates. */
export const screen = {
  width: 440,
  height: 400,
  marginTop: 10,
  marginRight: 14,
  marginBottom: 46,
  marginLeft: 62,
}

/** The tensors of a film's file: actual [example], predicted [epoch, example], r2 and mae [epoch], on all test examples. */
export interface FilmFile {
  readonly actual: Float32Array
  readonly predicted: Float32Array
  readonly r2: Float32Array
  readonly mae: Float32Array
}

/** The values that the axes span, those of all epochs. */
export function spans({ actual, predicted }: Pick<FilmFile, 'actual' | 'predicted'>) {
  let [least, most] = [0, 0]
  for (const value of actual) most = Math.max(most, value)
  for (const value of predicted) [least, most] = [Math.min(least, value), Math.max(most, value)]
  return { x: [0, most], y: [least, most] } as const
}

/** Prepares a film for drawing; the function returned draws the points of an epoch as dots of a path. */
export function projector(film: Pick<FilmFile, 'actual' | 'predicted'>): (epoch: number) => string {
  const { actual, predicted } = film
  const { x, y } = spans(film)
  const right = (screen.width - screen.marginLeft - screen.marginRight) / (x[1] - x[0])
  const up = (screen.height - screen.marginTop - screen.marginBottom) / (y[1] - y[0])
  return (epoch) => {
    let dots = ''
    actual.forEach((value, n) => {
      const answer = predicted[epoch * actual.length + n]
      dots += `M${pair(screen.marginLeft + right * value, screen.height - screen.marginBottom - up * (answer - y[0]))}h0`
    })
    return dots
  }
}

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

/** The tensors of a film, named as `unpackFilm` reads them. */
export function packFilm({ actual, predicted, r2, mae }: FilmFile): Tensors {
  const epochs = r2.length
  return {
    actual: { shape: [actual.length], data: actual, axes: ['example'] },
    predicted: { shape: [epochs, actual.length], data: predicted, axes: ['epoch', 'example'] },
    r2: { shape: [epochs], data: r2, axes: ['epoch'] },
    mae: { shape: [epochs], data: mae, axes: ['epoch'] },
  }
}

export function unpackFilm(tensors: Tensors): FilmFile {
  const values = (name: keyof FilmFile) => tensors[name].data as Float32Array
  return { actual: values('actual'), predicted: values('predicted'), r2: values('r2'), mae: values('mae') }
}
