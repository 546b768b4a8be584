/** A vote to be tried out: the size of the minibatches and the share of records predicted too high. */
import { opposedByVote } from '../../../experiments/vote.ts'
import { ballotCurve, ballotPoint } from '../../drawing/vote.ts'
import { plainNumber } from '../../number.ts'
import { part } from './transport.ts'

/** Makes the two sliders of a vote move its curve, its spot and its words. */
export function startVote(figure: HTMLElement): void {
  const [size, share] = [part<HTMLInputElement>(figure, 'size'), part<HTMLInputElement>(figure, 'share')]
  const curve = figure.querySelector('.curve')!
  const spot = figure.querySelector('.spot')!
  const percent = (value: number) => plainNumber(value, { format: 'percent', digits: 0 })
  const show = () => {
    const [records, high] = [2 ** Number(size.value), Number(share.value) / 100]
    const chance = opposedByVote(high, records)
    const [x, y] = ballotPoint(high, chance)
    curve.setAttribute('d', ballotCurve(records))
    spot.setAttribute('cx', String(x))
    spot.setAttribute('cy', String(y))
    const written = records.toLocaleString('en-US')
    size.setAttribute('aria-valuetext', `${written} records`)
    share.setAttribute('aria-valuetext', percent(high))
    part(figure, 'size-words').textContent = written
    part(figure, 'share-words').textContent = percent(high)
    part(figure, 'chance').textContent = chance > 0 && chance < 0.005 ? 'less than 1%' : percent(chance)
  }
  for (const slider of [size, share]) slider.addEventListener('input', show)
  show()
}
