import { opposedByVote } from '../../experiments/vote.ts'
import type { Votes } from '../data/shapes.ts'
import { gridX, gridY, middleLabel } from '../drawing/grid.ts'
import { lineKey, shapeKey } from '../drawing/key.ts'
import { colour } from '../drawing/palette.ts'
import { mark, panel, points } from '../drawing/plot.ts'
import { ballot, ballotCurve, ballotPoint } from '../drawing/vote.ts'
import { plainNumber } from '../number.ts'
import { atNetwork, kind } from './figure.ts'

export default kind({
  async read(results, { condition }) {
    const [network] = await results.votes([condition])
    const { landscapes, deliveries } = results.protocol
    const { batchSize } = landscapes
    const { most } = deliveries.ranges.deliverers
    const [, shown] = results.condition(condition).checkpoints
    return { ...network, batchSize, most, shown }
  },
  draw: vote,
  describe({ tooHigh, batchSize, shown, opposed }) {
    const percent = (value: number) => plainNumber(value, { format: 'percent', digits: 0 })
    const measured = [opposed.bias1, opposed.bias2].map(
      (shares, l) => `${percent(shares[shown] ?? Number.NaN)} of pairs in hidden layer ${l + 1}`,
    )
    return (
      `After epoch ${shown} ${percent(tooHigh[shown])} of the records are predicted too high; then two minibatches ` +
      `of ${batchSize} that vote with the signs of their residuals disagree with probability ` +
      `${percent(opposedByVote(tooHigh[shown], batchSize))}. Measured are ${measured.join(' and ')} opposed. ` +
      `The chance of disagreement against the share predicted too high, for three sizes of minibatches, ` +
      `and the measured epochs as dots.`
    )
  },
  tabulate: ({ tooHigh, batchSize, opposed }) => ({
    columns: [
      'epoch',
      'share of records predicted too high',
      'chance that two minibatches disagree',
      'opposed pairs, biases of hidden layer 1',
      'opposed pairs, biases of hidden layer 2',
    ],
    rows: tooHigh.map((share, epoch) => [
      epoch,
      share,
      opposedByVote(share, batchSize),
      opposed.bias1[epoch] ?? '',
      opposed.bias2[epoch] ?? '',
    ]),
  }),
  played: ({ tooHigh, batchSize, shown }) => ({ player: 'vote', batchSize, share: tooHigh[shown] }),
  // One minibatch among the records predicted too high, one among the others.
  laboratory({ shown, batchSize, most }, { condition }) {
    const [a, b] = ['above', 'below'].map((side) => `draw.${batchSize}.1.0-${most}.${side}`)
    return atNetwork({ condition, epoch: shown }, { a, b })
  },
})

interface Vote extends Votes {
  readonly batchSize: number
  readonly shown: number
}

/**
 * Draws the chance that two minibatches disagree against the share of records predicted too high: a curve for
 * the study's size of minibatch and thinner ones for a quarter and for four times that, the measured epochs
 * as dots, and a ring at the epoch shown.
 */
export function vote({ tooHigh, opposed, batchSize, shown }: Vote): string {
  const measured = [opposed.bias1, opposed.bias2].flatMap((shares) =>
    shares.flatMap((value, epoch): [number, number][] => (value === null ? [] : [[tooHigh[epoch], value]])),
  )
  const others = [batchSize / 4, batchSize * 4].filter(Number.isInteger)
  const share = tooHigh[shown]
  const [cx, cy] = ballotPoint(share, opposedByVote(share, batchSize))
  const line = { fill: 'none', stroke: colour('ink') }
  const [shares, chances] = [
    [0, 0.25, 0.5, 0.75, 1],
    [0, 0.25, 0.5],
  ]
  const picture = panel({
    ...ballot,
    x: {
      domain: [0, 1],
      label: 'share of records predicted too high',
      tickFormat: '%',
      ticks: shares,
      ...middleLabel,
    },
    y: {
      domain: [0, 0.5],
      label: 'chance that two disagree',
      tickFormat: '%',
      ticks: chances,
      labelArrow: 'none',
    },
    marks: [
      gridX(shares),
      gridY(chances),
      points(measured, 5),
      ...others.map((size) =>
        mark('path', () => ({
          ...line,
          d: ballotCurve(size),
          'stroke-opacity': 0.45,
          'stroke-dasharray': '2 3',
        })),
      ),
      mark('path', () => ({ ...line, d: ballotCurve(batchSize), 'stroke-width': 2, class: 'curve' })),
      mark('circle', () => ({
        cx,
        cy,
        r: 6,
        fill: 'none',
        stroke: colour('ink'),
        'stroke-width': 2,
        class: 'spot',
      })),
    ],
  })
  const keys = [
    shapeKey(
      `<circle cx="5" cy="5" r="3" fill="${colour('measured')}"/>`,
      'measured: biases of a layer, an epoch',
    ),
    lineKey('', 'the exact binomial, no parameter fitted'),
    lineKey('2 3', `the same for minibatches of ${others.join(' (the wider) and of ')} (the narrower)`),
  ]
  return `<div class="panels one">${picture}</div><p class="keys">${keys.join('')}</p>`
}
