import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openEngine } from '../../experiments/engine/index.ts'
import { displacements, landscape } from '../../experiments/landscape/landscape.ts'
import {
  type HiddenLayer,
  layersFrom,
  type Minibatch,
  type Move,
  transpose,
} from '../../experiments/landscape/layers.ts'
import { backward, descend, nextPreactivations } from '../../experiments/landscape/one-pass.ts'
import { pointByPoint } from '../../experiments/landscape/point-by-point.ts'
import type { BatchNormPlacement } from '../../experiments/protocol.ts'
import { stream } from '../../experiments/random.ts'
import { autograd } from './autograd.ts'
import { digest } from './harness.ts'
import { difference, displaced, type Numbers, oracle } from './oracle.ts'
import { type Problem, problem, regularizers } from './problem.ts'

/** A move, and where the moved number stands among the parameters. */
interface Named {
  readonly move: Move
  readonly name: string
  readonly at: number
}

/** A problem as the landscape of the hidden layer `first` sees it. */
function seenFrom({ parameters, inputs, targets, setting, protocol, members }: Problem, first: number) {
  const pass = oracle(parameters, inputs, targets, setting)
  const size = members.length
  const minibatch: Minibatch = {
    size,
    preactivations: transpose(pass.preactivations[first].flat(), size, protocol.hidden[first]),
    targets: Float64Array.from(targets),
    masks: setting.masks?.slice(first).map((mask, l) => transpose(mask, size, protocol.hidden[first + l])),
  }
  const layers = layersFrom(parameters, first, setting, setting.statistics)
  const read = first > 0 ? pass.activations[first - 1] : inputs
  const move = (kind: Move['kind'], unit: number, input = 0): Named => ({
    move: {
      kind,
      unit,
      inputs: kind === 'weight' ? Float64Array.from(read, (row) => row[input]) : undefined,
    },
    name: `hidden${first}.${kind}`,
    at: kind === 'weight' ? input * protocol.hidden[first] + unit : unit,
  })
  return { layers, minibatch, move }
}

/** The parameters with two numbers of them displaced. */
const moved = (parameters: Numbers, [a, b]: readonly [Named, Named], x: number, y: number) =>
  displaced(displaced(parameters, a.name, a.at, x), b.name, b.at, y)

/**
 * The landscape by the definition: at each grid point the two parameters are really displaced, and the whole
 * network is run and differentiated.
 */
function bruteForce(
  given: Problem,
  moves: readonly [Named, Named],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
) {
  const { parameters, inputs, targets, setting } = given
  return Array.from(y, (dy) =>
    Array.from(x, (dx) => {
      const { gradients } = oracle(moved(parameters, moves, dx, dy), inputs, targets, setting)
      return moves.map(({ name, at }) => gradients[name][at])
    }),
  ).flat(2)
}

const settings: [string, Parameters<typeof problem>[0]][] = Object.entries(regularizers).flatMap(
  ([name, regularizer]) =>
    (regularizer.placement ? (['minibatch', 'running'] as const) : (['minibatch'] as const)).map(
      (statistics): [string, Parameters<typeof problem>[0]] => [
        regularizer.placement ? `${name}, ${statistics} statistics` : name,
        { ...regularizer, statistics },
      ],
    ),
)

/** Pairs of parameters to move, of one unit or of two. */
function pairsOf(
  { move }: ReturnType<typeof seenFrom>,
  batchNorm: boolean,
): { [name: string]: [Named, Named] } {
  const plain: { [name: string]: [Named, Named] } = {
    'two biases': [move('bias', 1), move('bias', 3)],
    'two biases, the later unit first': [move('bias', 2), move('bias', 0)],
    'two weights into two units': [move('weight', 1, 1), move('weight', 3, 4)],
    'two weights into one unit': [move('weight', 1, 1), move('weight', 1, 4)],
    'a bias and a weight of one unit': [move('bias', 1), move('weight', 1, 4)],
    'a weight and a bias of two units': [move('weight', 0, 2), move('bias', 1)],
  }
  if (!batchNorm) return plain
  return {
    ...plain,
    'two gammas': [move('gamma', 1), move('gamma', 3)],
    'two betas': [move('beta', 1), move('beta', 3)],
    'gamma and beta of one unit': [move('gamma', 1), move('beta', 1)],
    'a bias and the gamma of another unit': [move('bias', 0), move('gamma', 1)],
    'a weight and the beta of one unit': [move('weight', 1, 4), move('beta', 1)],
    'a weight and the gamma of one unit': [move('weight', 1, 4), move('gamma', 1)],
  }
}

/** Displacements large enough that units open, close and residuals change sign on the way. */
const x = [-1.1, 0, 0.7]
const y = [-0.8, 0.3, 1.3]

describe.each(settings)('the landscape with %s', (_, options) => {
  describe.each([0, 1, 2])('over hidden layer %i', (first) => {
    const given = problem({ seed: 31 + first, ...options })
    const seen = seenFrom(given, first)
    const pairs = pairsOf(seen, given.setting.placement !== null)

    test('is the gradient of the whole network with the two parameters really displaced', () => {
      for (const [name, moves] of Object.entries(pairs)) {
        const expected = bruteForce(given, moves, x, y)
        const field = landscape(seen.layers, seen.minibatch, [moves[0].move, moves[1].move], x, y)
        expect(field).toHaveLength(18)
        const largest = Math.max(...expected.map(Math.abs))
        expect(difference(field, expected, Math.max(largest, 0.01)), name).toBeLessThan(1e-10)
      }
    })

    test('is the slope of the cost, by finite differences', () => {
      const { parameters, inputs, targets, setting } = given
      const step = 1e-6
      for (const [name, moves] of Object.entries(pairs)) {
        const cost = (dx: number, dy: number) =>
          oracle(moved(parameters, moves, dx, dy), inputs, targets, setting).cost
        const [dx, dy] = [0.17, -0.23]
        const slopes = [
          (cost(dx + step, dy) - cost(dx - step, dy)) / (2 * step),
          (cost(dx, dy + step) - cost(dx, dy - step)) / (2 * step),
        ]
        const field = landscape(seen.layers, seen.minibatch, [moves[0].move, moves[1].move], [dx], [dy])
        expect(difference(field, slopes, 1), name).toBeLessThan(1e-6)
      }
    })

    test('is what TensorFlow.js finds by differentiating the displaced network, but for float32', async () => {
      const engine = await openEngine('wasm')
      const { parameters, inputs, targets, setting } = given
      for (const [name, moves] of Object.entries(pairs)) {
        for (const [dx, dy] of [
          [0, 0],
          [0.31, -0.23],
        ]) {
          const { gradients } = autograd(engine, moved(parameters, moves, dx, dy), inputs, targets, setting)
          const expected = moves.map(({ name, at }) => gradients[name][at])
          const field = landscape(seen.layers, seen.minibatch, [moves[0].move, moves[1].move], [dx], [dy])
          expect(difference(field, expected, Math.max(1, ...expected.map(Math.abs))), name).toBeLessThan(1e-4)
        }
      }
    })

    test('is the same point by point as in the shorter way', () => {
      for (const [name, [a, b]] of Object.entries(pairs)) {
        const one = landscape(seen.layers, seen.minibatch, [a.move, b.move], x, y)
        const other = pointByPoint(seen.layers, seen.minibatch, [a.move, b.move], x, y)
        expect(difference(one, other, Math.max(...other.map(Math.abs), 0.01)), name).toBeLessThan(1e-12)
      }
    })

    test('has at its centre the gradient of a pass with nothing displaced', () => {
      const pass = backward(seen.layers, seen.minibatch)
      const expected = oracle(given.parameters, given.inputs, given.targets, given.setting)
      expect(Math.abs(pass.cost - expected.cost)).toBeLessThan(1e-12)
      const residuals = expected.outputs.map((output, n) => output - given.targets[n])
      expect(difference(pass.residuals, residuals)).toBeLessThan(1e-12)
      pass.layers.forEach((units, l) => {
        const layer = first + l
        units.forEach((unit, u) => {
          for (const kind of ['bias', 'gamma', 'beta'] as const) {
            const gradient = expected.gradients[`hidden${layer}.${kind}`]?.[u] ?? 0
            expect(Math.abs(unit[kind] - gradient), `${kind} ${u} of layer ${layer}`).toBeLessThan(1e-12)
          }
        })
      })
      for (const kind of ['bias', 'gamma', 'beta'] as const) {
        if (kind !== 'bias' && !given.setting.placement) continue
        const moves: [Move, Move] = [
          { kind, unit: 0 },
          { kind, unit: 3 },
        ]
        const [a, b] = landscape(seen.layers, seen.minibatch, moves, [0], [0])
        expect(Math.abs(a - pass.layers[0][0][kind])).toBeLessThan(1e-14)
        expect(Math.abs(b - pass.layers[0][3][kind])).toBeLessThan(1e-14)
      }
    })

    test('sees each layer below as the whole network does', () => {
      const { preactivations } = oracle(given.parameters, given.inputs, given.targets, given.setting)
      const minibatches = descend(seen.layers, seen.minibatch)
      expect(minibatches).toHaveLength(3 - first)
      minibatches.forEach((minibatch, l) => {
        const { hidden } = given.protocol
        const expected = transpose(preactivations[first + l].flat(), minibatch.size, hidden[first + l])
        expect(difference(minibatch.preactivations, expected)).toBeLessThan(1e-12)
        expect(minibatch.masks?.length).toBe(seen.minibatch.masks && 3 - first - l)
      })
    })

    test('changes neither the parameters nor the minibatch', () => {
      const before = digest([given.parameters, seen.layers, seen.minibatch])
      for (const [a, b] of Object.values(pairs)) {
        const inputs = digest([a.move, b.move])
        landscape(seen.layers, seen.minibatch, [a.move, b.move], x, y)
        landscape(seen.layers, seen.minibatch, [a.move, b.move], x, y, 'float32')
        expect(digest([a.move, b.move])).toBe(inputs)
      }
      backward(seen.layers, seen.minibatch)
      descend(seen.layers, seen.minibatch)
      expect(digest([given.parameters, seen.layers, seen.minibatch])).toBe(before)
    })
  })
})

describe('the shorter way for at most two layers without batch norm', () => {
  /** A moved layer, perhaps one below it, and a minibatch; all but the shape from one seed. */
  const anyNetwork = fc
    .record({
      seed: fc.nat(),
      units: fc.integer({ min: 2, max: 6 }),
      below: fc.option(fc.integer({ min: 1, max: 6 })),
      size: fc.integer({ min: 1, max: 9 }),
      dropout: fc.boolean(),
      dead: fc.subarray(['moved', 'other', 'below'] as const),
      kinds: fc.tuple(fc.constantFrom('bias', 'weight'), fc.constantFrom('bias', 'weight')),
      second: fc.constantFrom(0, 1),
      columns: fc.integer({ min: 1, max: 7 }),
      rows: fc.integer({ min: 1, max: 7 }),
      reach: fc.constantFrom(0.001, 0.1, 3),
    })
    .map(({ seed, units, below, size, dropout, dead, kinds, second, columns, rows, reach }) => {
      const from = stream(seed, 'network')
      const draw = (count: number, mean = 0, deviation = 1) =>
        Float64Array.from({ length: count }, () => from.normal(mean, deviation))
      const mask = (count: number) =>
        Float64Array.from({ length: count }, () => (from.uniform() < 0.3 ? 0 : 1 / 0.7))
      const next = below ?? 1
      const layers: HiddenLayer[] = [
        { units, weight: draw(units * next), bias: draw(next, dead.includes('below') && below ? -20 : 0) },
        ...(below ? [{ units: below, weight: draw(below), bias: draw(1) }] : []),
      ]
      const preactivations = draw(units * size, 0.3)
      if (dead.includes('moved')) preactivations.fill(-9, 0, size)
      if (dead.includes('other')) preactivations.fill(-9, size, 2 * size)
      const minibatch: Minibatch = {
        size,
        preactivations,
        targets: draw(size, 0, 3),
        masks: dropout ? layers.map((layer) => mask(layer.units * size)) : undefined,
      }
      const move = (kind: 'bias' | 'weight', unit: number): Move => ({
        kind,
        unit,
        inputs: kind === 'weight' ? draw(size) : undefined,
      })
      const moves: [Move, Move] = [move(kinds[0], 0), move(kinds[1], second)]
      return { layers, minibatch, moves, x: draw(columns, 0, reach), y: draw(rows, 0, reach) }
    })

  test('equals the way point by point for any network, dead units, masks, moves and grid', () => {
    fc.assert(
      fc.property(anyNetwork, ({ layers, minibatch, moves, x, y }) => {
        const expected = pointByPoint(layers, minibatch, moves, x, y)
        const field = landscape(layers, minibatch, moves, x, y)
        expect(difference(field, expected, Math.max(...expected.map(Math.abs), 1))).toBeLessThan(1e-12)
      }),
      { numRuns: 500 },
    )
  })

  test('turns with the roles of the two parameters: swapped moves give the transposed landscape', () => {
    fc.assert(
      fc.property(anyNetwork, ({ layers, minibatch, moves: [a, b], x, y }) => {
        const field = landscape(layers, minibatch, [a, b], x, y)
        const swapped = landscape(layers, minibatch, [b, a], y, x)
        const turned = new Float64Array(field.length)
        for (let j = 0; j < y.length; j++)
          for (let i = 0; i < x.length; i++)
            for (const axis of [0, 1])
              turned[2 * (j * x.length + i) + axis] = swapped[2 * (i * y.length + j) + 1 - axis]
        expect(difference(field, turned, Math.max(...field.map(Math.abs), 1))).toBeLessThan(1e-12)
      }),
    )
  })

  test('is zero where both moved units stay closed', () => {
    const { layers, minibatch } = seenFrom(problem({ seed: 41 }), 1)
    const closed = { ...minibatch, preactivations: minibatch.preactivations.map(() => -1) }
    const moves: [Move, Move] = [
      { kind: 'bias', unit: 0 },
      { kind: 'bias', unit: 1 },
    ]
    expect(landscape(layers, closed, moves, [-0.5, 0.5], [0.9]).every((value) => value === 0)).toBe(true)
    expect(backward(layers, closed).layers[0].some(({ active }) => active)).toBe(false)
  })
})

describe('batch norm on the minibatch', () => {
  const biases: [Move, Move] = [
    { kind: 'bias', unit: 0 },
    { kind: 'bias', unit: 1 },
  ]
  const largest = (
    placement: BatchNormPlacement,
    statistics: 'minibatch' | 'running',
    kind: Move['kind'] = 'bias',
  ) => {
    const { layers, minibatch } = seenFrom(problem({ seed: 51, placement, statistics }), 1)
    const moves: [Move, Move] = [
      { ...biases[0], kind },
      { ...biases[1], kind },
    ]
    return Math.max(...landscape(layers, minibatch, moves, x, y).map(Math.abs))
  }

  test('before the ReLU takes every bias away again: the gradient is zero but for round-off', () => {
    expect(largest('before ReLU', 'minibatch')).toBeLessThan(1e-14)
  })

  test('leaves gamma and beta their gradients, and the bias its own where running statistics normalize', () => {
    expect(largest('before ReLU', 'minibatch', 'gamma')).toBeGreaterThan(1e-3)
    expect(largest('before ReLU', 'minibatch', 'beta')).toBeGreaterThan(1e-3)
    expect(largest('before ReLU', 'running')).toBeGreaterThan(1e-3)
  })

  test('after the ReLU leaves the bias a gradient, unless the gradient from above is the same for all examples', () => {
    expect(largest('after ReLU', 'minibatch')).toBeGreaterThan(1e-3)
    const { layers, minibatch } = seenFrom(problem({ seed: 51, placement: 'after ReLU' }), 2)
    const oneSigned = { ...minibatch, targets: minibatch.targets.map(() => 1000) }
    // All residuals negative: the gradient from above is constant, and batch norm removes a constant.
    expect(Math.max(...landscape(layers, oneSigned, biases, [0], [0]).map(Math.abs))).toBeLessThan(1e-14)
  })
})

describe('float32', () => {
  const moves: [Move, Move] = [
    { kind: 'bias', unit: 0 },
    { kind: 'bias', unit: 1 },
  ]
  const grid = [-0.01, 0, 0.01]

  test('differs from float64 by about the seventh digit, with and without batch norm', () => {
    for (const placement of [null, 'before ReLU', 'after ReLU'] as const) {
      const { layers, minibatch } = seenFrom(problem({ seed: 61, placement, statistics: 'running' }), 1)
      const exact = landscape(layers, minibatch, moves, grid, grid)
      const rounded = landscape(layers, minibatch, moves, grid, grid, 'float32')
      expect(difference(rounded, exact)).toBeLessThan(2e-6)
      expect(difference(rounded, exact)).toBeGreaterThan(1e-9)
    }
  })

  test('gives float32 numbers', () => {
    const { layers, minibatch } = seenFrom(problem({ seed: 61, placement: 'after ReLU' }), 1)
    const rounded = landscape(layers, minibatch, moves, grid, grid, 'float32')
    expect(rounded.every((value) => Math.fround(value) === value)).toBe(true)
  })

  test('leaves round-off, 1e-10 and more, of a gradient that is exactly zero', () => {
    const { layers, minibatch } = seenFrom(problem({ seed: 61, placement: 'before ReLU' }), 1)
    const rounded = landscape(layers, minibatch, moves, grid, grid, 'float32')
    const largest = Math.max(...rounded.map(Math.abs))
    expect(largest).toBeGreaterThan(1e-10)
    expect(largest).toBeLessThan(1e-5)
  })
})

describe('the displacements of an axis', () => {
  test('are exactly symmetric about an exact zero, a step apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: 1e-6, max: 10, noNaN: true }),
        (steps, step) => {
          const values = displacements({ steps, step })
          expect(values).toHaveLength(2 * steps + 1)
          expect(values[steps]).toBe(0)
          values.forEach((value, i) => {
            expect(value + values[2 * steps - i]).toBe(0)
            if (i > 0) expect(Math.abs(value - values[i - 1] - step)).toBeLessThan(1e-12)
          })
        },
      ),
    )
  })

  test('reach 0.1 on both axes of the study', () => {
    expect([...displacements({ steps: 5, step: 0.02 })].map((value) => Number(value.toFixed(9)))).toEqual([
      -0.1, -0.08, -0.06, -0.04, -0.02, 0, 0.02, 0.04, 0.06, 0.08, 0.1,
    ])
  })
})

describe('a unit', () => {
  test('is active if its ReLU is open for at least one example', () => {
    for (const placement of [null, 'before ReLU', 'after ReLU'] as const) {
      const given = problem({ seed: 71, placement, hidden: [6, 12, 8], size: 4 })
      const { layers, minibatch } = seenFrom(given, 1)
      const { parameters, inputs, targets, setting } = given
      const { preactivations, statistics } = oracle(parameters, inputs, targets, setting)
      const flags = backward(layers, minibatch).layers.map((units) => units.map(({ active }) => active))
      for (const layer of [1, 2]) {
        const gated = preactivations[layer].map((row) =>
          row.map((z, unit) => {
            if (placement !== 'before ReLU') return z
            const [gamma, beta] = ['gamma', 'beta'].map(
              (what) => parameters[`hidden${layer}.${what}`].data[unit],
            )
            const { mean, variance } = statistics[layer]
            return (gamma * (z - mean[unit])) / Math.sqrt(variance[unit] + setting.epsilon) + beta
          }),
        )
        const expected = gated[0].map((_, unit) => gated.some((row) => row[unit] > 0))
        expect(flags[layer - 1]).toEqual(expected)
      }
    }
  })

  test('has a gradient by example that sums to that of its bias', () => {
    const { layers, minibatch } = seenFrom(problem({ seed: 72, dropout: 0.3 }), 1)
    for (const units of backward(layers, minibatch).layers)
      for (const { gradient, bias } of units)
        expect(Math.abs(Array.from(gradient).reduce((sum, value) => sum + value, 0) - bias)).toBeLessThan(
          1e-14,
        )
  })

  test('can be left out of the next layer’s pre-activations, which are then its part smaller', () => {
    const { layers, minibatch } = seenFrom(problem({ seed: 73, dropout: 0.3 }), 1)
    const [layer] = layers
    const next = layer.bias.length
    const whole = nextPreactivations(layer, minibatch)
    const without = nextPreactivations(layer, minibatch, { without: [2, 2] })
    whole.forEach((column, k) => {
      column.forEach((value: number, n: number) => {
        const at = 2 * minibatch.size + n
        const activation = Math.max(0, minibatch.preactivations[at]) * minibatch.masks![0][at]
        expect(Math.abs(value - without[k][n] - activation * layer.weight[2 * next + k])).toBeLessThan(1e-12)
      })
    })
  })
})

describe('what cannot be moved', () => {
  const { layers, minibatch } = seenFrom(problem(), 1)
  const ok: Move = { kind: 'bias', unit: 0 }

  test('is a parameter of a unit that the layer has not, and the error says which it has', () => {
    for (const unit of [5, -1, 0.5])
      expect(() => landscape(layers, minibatch, [ok, { kind: 'bias', unit }], [0], [0])).toThrow(
        `The layer has units 0..4; a parameter of unit ${unit} cannot be moved.`,
      )
  })

  test('is gamma or beta where there is no batch normalization', () => {
    for (const kind of ['gamma', 'beta'] as const)
      expect(() => landscape(layers, minibatch, [{ kind, unit: 0 }, ok], [0], [0])).toThrow(
        `The layer has no batch normalization, so there is no ${kind} to move.`,
      )
  })
})

describe('a transposed matrix', () => {
  test('has row and column exchanged, and is itself when transposed twice', () => {
    expect([...transpose([1, 2, 3, 4, 5, 6], 2, 3)]).toEqual([1, 4, 2, 5, 3, 6])
    expect([...transpose(transpose([1, 2, 3, 4, 5, 6], 2, 3), 3, 2)]).toEqual([1, 2, 3, 4, 5, 6])
  })
})
