/** The panel in which a vote is tried out: its geometry and its curve. For the build and for the page. */
import { opposedByVote } from '../../experiments/vote.ts'
import { pair } from './arrow.ts'

/** Pixels of the panel's own coordinates. */
export const ballot = {
  width: 380,
  height: 250,
  marginTop: 24,
  marginRight: 40,
  marginBottom: 40,
  marginLeft: 44,
}

/** Where a share of records predicted too high and a chance of disagreement lie. */
export const ballotPoint = (share: number, chance: number): readonly [x: number, y: number] => [
  ballot.marginLeft + share * (ballot.width - ballot.marginLeft - ballot.marginRight),
  ballot.height - ballot.marginBottom - 2 * chance * (ballot.height - ballot.marginTop - ballot.marginBottom),
]

/** The chance that two minibatches of this size disagree, for all shares, as a path. */
export function ballotCurve(batchSize: number): string {
  const steps = 200
  const points = Array.from({ length: steps + 1 }, (_, i) =>
    pair(...ballotPoint(i / steps, opposedByVote(i / steps, batchSize))),
  )
  return `M${points.join('L')}`
}
