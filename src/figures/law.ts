import * as Plot from '@observablehq/plot'
import { max, mean, min, range } from 'd3-array'
import { opposedByVote } from '../../experiments/vote.ts'
import { recordedVotes } from '../data/ledger.ts'
import { type Votes, type VotingGroup, votingGroups } from '../data/shapes.ts'
import { gridY, middleLabel } from '../drawing/grid.ts'
import { lineKey, shapeKey, withoutGradient } from '../drawing/key.ts'
import { tag } from '../drawing/markup.ts'
import { colour } from '../drawing/palette.ts'
import { panel, points } from '../drawing/plot.ts'
import { plainNumber, sentence } from '../number.ts'
import { kind } from './figure.ts'

/** The condition of which many networks are recorded. */
const replicated = 'none'

export default kind({
  async read(results) {
    const { conditions, landscapes, claims } = results.protocol
    const names = Object.keys(conditions)
    const recorded = await recordedVotes(results)
    const built = await results.votes(names)
    const votes = [...built, ...recorded]
    const cases = Object.entries(conditions).flatMap(([name, { label }]): Case[] => {
      const own = built.filter((network) => network.name === name)
      const networks = name === replicated && recorded.length > 0 ? recorded : own
      // The few epochs of a network of the build say too little if the first ones are left out.
      const from = networks === recorded ? claims.from : 0
      const ofBiases: Case = { label, networks, groups: ['bias1', 'bias2'], from }
      return name === replicated
        ? [ofBiases, { label: `${label}, all parameters`, networks, groups: ['whole'], from }]
        : [ofBiases]
    })
    return { votes, cases, batchSize: landscapes.batchSize }
  },
  draw: law,
  describe: ({ cases, batchSize }) =>
    `${cases.map((each) => `${sentence(each.label)}: ${fitWords(each, batchSize)}.`).join(' ')} ` +
    `Share of opposed pairs against share of records predicted too high, every epoch of every network a dot, ` +
    `and the exact binomial curve of minibatches of ${batchSize}, nothing fitted.`,
  tabulate: ({ votes, batchSize }) => ({
    columns: [
      'network',
      'epoch',
      'parameters',
      'share predicted too high',
      'share of pairs opposed',
      'by the vote',
    ],
    rows: votes.flatMap(({ name, opposed, tooHigh }) =>
      votingGroups.flatMap((group) =>
        opposed[group].map((value, epoch) => [
          name,
          epoch,
          group,
          tooHigh[epoch],
          value ?? '',
          opposedByVote(tooHigh[epoch], batchSize),
        ]),
      ),
    ),
  }),
})

/** Networks that were trained alike, and the parameters over which their gradients are compared. */
export interface Case {
  readonly label: string
  readonly networks: readonly Votes[]
  readonly groups: readonly VotingGroup[]
  /** The first epoch that the fit is about: before it shares hardly vary. */
  readonly from: number
}

/**
 * Draws a panel for each case, all alike: measured shares of opposed pairs as dots, the exact binomial curve
 * through them. Cases without a gradient are named below.
 */
export function law({
  cases,
  batchSize,
}: {
  readonly cases: readonly Case[]
  readonly batchSize: number
}): string {
  const isEmpty = (each: Case) => each.networks.every((network) => dotsOf(each, network).length === 0)
  const panels = cases
    .filter((each) => !isEmpty(each))
    .map((each) =>
      tag(
        'div',
        {},
        `<p class="over">${sentence(each.label)}</p>`,
        onePanel(each, batchSize),
        `<p class="count">${fitWords(each, batchSize)}</p>`,
      ),
    )
  const without = withoutGradient(cases.filter(isEmpty).map(({ label }) => label))
  const keys =
    shapeKey(`<circle cx="5" cy="5" r="3" fill="${colour('measured')}"/>`, 'one epoch of one network') +
    lineKey('', 'the exact binomial, no parameter fitted')
  return `<div class="panels small three">${panels.join('')}<div class="rest">${without}<p class="keys">${keys}</p></div></div>`
}

function onePanel(each: Case, batchSize: number): string {
  const shares = range(0, 1.001, 0.005)
  const dots = each.networks.flatMap((network) => dotsOf(each, network))
  const chances = [0, 0.2, 0.4, 0.6]
  return panel({
    width: 170,
    height: 145,
    marginTop: 22,
    marginRight: 10,
    marginBottom: 36,
    marginLeft: 40,
    x: { domain: [0, 1], label: 'predicted too high', tickFormat: '%', ticks: [0, 0.5, 1], ...middleLabel },
    y: { domain: [0, 0.6], label: 'pairs opposed', tickFormat: '%', ticks: chances, labelArrow: 'none' },
    marks: [
      gridY(chances),
      points(dots, 3),
      Plot.line(shares, {
        x: (share) => share,
        y: (share) => opposedByVote(share, batchSize),
        stroke: colour('ink'),
      }),
    ],
  })
}

/** What was measured of a network, [share predicted too high, share of pairs opposed]. */
const dotsOf = ({ groups }: Case, { opposed, tooHigh }: Votes, from = 0): [number, number][] =>
  groups.flatMap((group) =>
    opposed[group].flatMap((value, epoch): [number, number][] =>
      value === null || epoch < from || Number.isNaN(tooHigh[epoch]) ? [] : [[tooHigh[epoch], value]],
    ),
  )

/** How much of the variance of a network's dots the curve explains; NaN where they do not vary. */
function explained(dots: readonly (readonly [number, number])[], batchSize: number): number {
  const middle = mean(dots, ([, value]) => value) ?? Number.NaN
  const off = dots.reduce((sum, [share, value]) => sum + (value - opposedByVote(share, batchSize)) ** 2, 0)
  const spread = dots.reduce((sum, [, value]) => sum + (value - middle) ** 2, 0)
  return spread > 0 ? 1 - off / spread : Number.NaN
}

function fitWords(each: Case, batchSize: number): string {
  const fits = each.networks
    .map((network) => explained(dotsOf(each, network, each.from), batchSize))
    .filter((fit) => Number.isFinite(fit))
  if (fits.length === 0) return 'the shares do not vary'
  const write = (fit = Number.NaN) => (fit < 0 ? 'below 0' : plainNumber(fit))
  const [least, most] = [write(min(fits)), write(max(fits))]
  const since = each.from > 0 ? `, from epoch ${each.from} on` : ''
  return least === most ? `R² ${least}` : `R² ${least} to ${most}, ${fits.length} networks${since}`
}
