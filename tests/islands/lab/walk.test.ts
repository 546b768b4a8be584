import { describe, expect, test } from 'vitest'
import { deliveries } from '../../../experiments/deliveries.ts'
import { initialParameters } from '../../../experiments/network.ts'
import { paper } from '../../../experiments/protocol.ts'
import { permutation, stream } from '../../../experiments/random.ts'
import { SmallNetwork, walkBatchSize, walkExamples } from '../../../src/islands/lab/walk.ts'
import { oracle } from '../../experiments/oracle.ts'

const network = SmallNetwork.start(paper)

describe('the small network', () => {
  test('steps against the clipped gradient, as the oracle has it', () => {
    const encoding = { ...paper.encoding, fields: [{ name: 'Total Deliverers', characters: 3 }] }
    const parameters = initialParameters(
      { seed: paper.seed, hidden: [32, 16, 8], encoding },
      { batchNorm: null },
    )
    const records = deliveries({ ...paper, deliveries: { ...paper.deliveries, count: walkExamples } })
    const first = permutation(walkExamples, stream(3, 'walk', 'examples')).slice(0, walkBatchSize)
    const members = Array.from(first, (n) => records[n].deliverers)
    const inputs = members.map((d) => {
      const text = String(d).padEnd(3, '_')
      return Array.from({ length: 45 }, (_, at) =>
        encoding.alphabet.indexOf(text[Math.floor(at / 15)]) === at % 15 ? 1 : 0,
      )
    })
    const { gradients } = oracle(
      parameters,
      inputs,
      members.map((d) => d / 10),
      { placement: null, epsilon: 0, statistics: 'minibatch' },
    )
    const norm = Math.hypot(...Object.values(gradients).flatMap((gradient) => [...gradient]))
    const { path } = network.walk(3, 'examples')
    gradients['hidden1.bias'].forEach((slope, unit) => {
      const step = path[1][unit] - path[0][unit]
      expect(step).toBeCloseTo(-0.1 * Math.min(1, 1 / norm) * slope, 8)
    })
  })

  test('walks the same way for the same order, stays where it was itself, and ends elsewhere for another', () => {
    const { error } = network
    const [a, again, b] = [1, 1, 2].map((order) => network.walk(order, 'examples'))
    expect(a.path).toHaveLength(walkExamples / walkBatchSize + 1)
    expect(a.end.distance(again.end)).toBe(0)
    expect(a.end.distance(b.end)).toBeGreaterThan(0)
    expect(a.end.disagreement(b.end)).toBeGreaterThan(0)
    expect(network.error).toBe(error)
  })

  test('ends elsewhere when only the order of the same minibatches changes', () => {
    const [a, b] = [1, 2].map((order) => network.walk(order, 'minibatches'))
    expect(a.end.distance(b.end)).toBeGreaterThan(0)
  })

  test('learns', () => {
    let trained = network
    for (let epoch = 1; epoch <= 6; epoch++) trained = trained.walk(epoch, 'examples').end
    expect(trained.error).toBeLessThan(network.error / 4)
    expect(trained.liveUnits[0]).toBeLessThan(trained.liveUnits[1])
  })
})
