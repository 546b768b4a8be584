import { describe, expect, test } from 'vitest'
import { mask } from '../../../experiments/network.ts'
import { maskNames } from '../../../experiments/streams.ts'
import { coarseFirst, displaced, probe } from '../../../src/islands/lab/checkpoint.ts'
import type { Layer, Parameter } from '../../../src/islands/lab/state.ts'
import { oracle, displaced as oracleDisplaced } from '../../experiments/oracle.ts'
import { type Problem, problem, regularizers } from '../../experiments/problem.ts'
import { finished, restored } from '../../experiments/restored.ts'
import { checkpointOf } from './setting.ts'

/** Where a parameter stands among the network's. */
function place(
  { protocol }: Problem,
  layer: Layer,
  { kind, unit, input }: Parameter,
): [name: string, at: number] {
  return [`hidden${layer}.${kind}`, kind === 'weight' ? input! * protocol.hidden[layer] + unit : unit]
}

describe('a checkpoint at work', () => {
  for (const [name, regularizer] of Object.entries(regularizers)) {
    const kinds = [
      'bias',
      'weight',
      ...(regularizer.placement ? ['gamma', 'beta'] : []),
    ] as Parameter['kind'][]
    for (const statistics of ['minibatch', 'running'] as const) {
      for (const layer of [0, 1, 2] as const) {
        test(`gives the oracle's gradient at moved parameters of hidden layer ${layer}: ${name}, ${statistics} statistics`, () => {
          const asked = problem({ ...regularizer, statistics, size: 16 })
          const { checkpoint, file } = checkpointOf(asked)
          const parameters = restored(asked, file)
          const masks = regularizer.dropout ? maskNames.probe(0) : undefined
          const seen =
            layer === 0
              ? checkpoint.arrived(asked.members, 0, checkpoint.first(asked.members), statistics, masks)
              : finished(checkpoint.see(asked.members, statistics, masks)).result
          for (const kind of kinds) {
            const input = layer === 0 ? asked.examples.codes[asked.members[0] * asked.examples.positions] : 1
            const both: [Parameter, Parameter] = [
              { kind, unit: 1, ...(kind === 'weight' && { input }) },
              { kind: 'bias', unit: 2 },
            ]
            const by = [0.03, -0.02] as const
            const { gradient, contributions } = probe(displaced(checkpoint.view(seen, layer, both), by))
            const [x, y] = both.map((parameter) => place(asked, layer, parameter))
            const moved = oracleDisplaced(oracleDisplaced(parameters, ...x, by[0]), ...y, by[1])
            const { gradients } = oracle(moved, asked.inputs, asked.targets, asked.setting)
            expect(gradient[0]).toBeCloseTo(gradients[x[0]][x[1]], 5)
            expect(gradient[1]).toBeCloseTo(gradients[y[0]][y[1]], 5)
            const sum = contributions.reduce((total, part, at) => total + (at % 2 ? part : 0), 0)
            expect(sum).toBeCloseTo(gradient[1], 12)
          }
        })
      }
    }
  }

  test('draws a fresh landscape with the masks of each point, coarse points first', () => {
    const asked = problem({ dropout: 0.3, size: 16 })
    const { checkpoint, file } = checkpointOf(asked)
    const parameters = restored(asked, file)
    const grid = { x: { steps: 2, step: 0.03 }, y: { steps: 3, step: 0.02 } }
    for (const layer of [1, 2] as const) {
      const both: [Parameter, Parameter] = [
        { kind: 'bias', unit: 0 },
        { kind: 'bias', unit: 1 },
      ]
      const { result } = finished(
        checkpoint.fresh(asked.members, layer, { parameters: both, grid }, (point) =>
          maskNames.fresh(0, point),
        ),
      )
      for (let point = 0; point < 35; point++) {
        const masks = asked.protocol.hidden.map(
          (_, hidden) => mask(asked.protocol, asked.condition, 16, hidden, ['fresh', 0, point])!,
        )
        const x = ((point % 5) - 2) * 0.03
        const y = (Math.floor(point / 5) - 3) * 0.02
        const name = `hidden${layer}.bias`
        const moved = oracleDisplaced(oracleDisplaced(parameters, name, 0, x), name, 1, y)
        const { gradients } = oracle(moved, asked.inputs, asked.targets, { ...asked.setting, masks })
        expect(result[2 * point]).toBeCloseTo(gradients[name][0], 5)
        expect(result[2 * point + 1]).toBeCloseTo(gradients[name][1], 5)
      }
    }
  })

  test('visits every point of a grid once, the centre among the first', () => {
    const order = coarseFirst(11, 21)
    expect([...order].sort((p, q) => p - q)).toEqual(Array.from({ length: 231 }, (_, point) => point))
    const [columns, rows] = [3, 5].map((count) => count)
    expect(order.indexOf(115)).toBeLessThan(columns * rows)
  })

  test('says so when a minibatch is too large for hidden layer 0', () => {
    const asked = problem({ size: 520 })
    const { checkpoint } = checkpointOf(asked)
    expect(() => checkpoint.first(asked.members)).toThrow('at most 512 examples')
  })
})
