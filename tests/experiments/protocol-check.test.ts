import { describe, expect, test } from 'vitest'
import { type Protocol, paper, protocols } from '../../experiments/protocol.ts'
import { faultsOf } from '../../experiments/protocol-check.ts'
import { tiny } from './harness.ts'

/** The protocol with another value at a path such as `training.clipNorm`. */
function edited(path: string, value: unknown, protocol: Protocol = paper): unknown {
  const copy = structuredClone(protocol)
  const parts = path.split('.')
  const last = parts.pop() ?? ''
  const holder = parts.reduce<Record<string, unknown>>((part, name) => Object(part[name]), Object(copy))
  holder[last] = value
  return copy
}

const pathsOf = (protocol: unknown) => faultsOf(protocol).map(({ path }) => path.join('.'))

test.each([...Object.entries(protocols), ['tiny', tiny] as const])(
  'nothing is wrong with %s',
  (_, protocol) => {
    expect(faultsOf(protocol)).toEqual([])
  },
)

describe('a number that cannot be so is named with its path', () => {
  test.each([
    ['training.batchSize', 64.5],
    ['training.batchSize', -1],
    ['training.batchSize', 0],
    ['training.batchSize', 9000],
    ['training.clipNorm', -1],
    ['training.clipNorm', Number.NaN],
    ['training.filmed', 2001],
    ['seed', 1.5],
    ['hidden', [5600, 100]],
    ['landscapes.minibatches', 1],
    ['landscapes.minibatches', 126],
    ['landscapes.grid.x.steps', 0],
    ['deliveries.trainFraction', 1],
    ['deliveries.ranges.store', [9, 1]],
    ['encoding.padding', '#'],
    ['agreement.pairs', 0],
    ['agreement.batchSizes', [4, 1]],
    ['grades.opposite', 100],
    ['conditions.none.learningRate', -1],
    ['conditions.none.learningRate', '1e-4'],
    ['conditions.none.epochs', 0],
    ['conditions.none.batchNorm', 'sideways'],
    ['conditions.dropout.dropout', 1],
    ['conditions.none.checkpoints', [2, 0, 10, 50]],
    ['walks.from', 49],
    ['walks.orders', 1],
  ])('%s: %j', (path, value) => {
    expect(pathsOf(edited(path, value))).toEqual([path])
  })

  test.each([
    ['conditions.none.checkpoints', [0, 10, 50, 99], 'conditions.none.checkpoints.3'],
    ['conditions.none.checkpoints', [0, 1.5, 10, 50], 'conditions.none.checkpoints.1'],
    ['conditions.none.epoch', 5, 'conditions.none.epoch'],
    ['walks.conditions', ['none', 'nobody'], 'walks.conditions.1'],
    ['conditions.a/b', paper.conditions.none, 'conditions.a/b'],
    ['conditions.__proto__', paper.conditions.none, 'conditions.__proto__'],
  ])('%s: %j at %s', (path, value, at) => {
    expect(pathsOf(edited(path, value))).toEqual([at])
  })
})

test('all faults are named at once, each with what was found and what would be right', () => {
  const { seed: _, ...unseeded } = paper
  const training = { ...paper.training, clipNorm: -1, batchSize: 64.5, batchsize: 64 }
  expect(faultsOf({ ...unseeded, training })).toEqual([
    { path: ['seed'], message: 'is missing' },
    { path: ['training', 'batchSize'], message: 'is 64.5; expected a whole number' },
    { path: ['training', 'clipNorm'], message: 'is -1; expected number to be >0' },
    { path: ['training', 'batchsize'], message: 'is not a field of the protocol' },
  ])
})

test('too few records for the minibatches are said with the numbers they come from', () => {
  expect(faultsOf(edited('deliveries.count', 3000))).toEqual([
    {
      path: ['landscapes', 'minibatches'],
      message:
        'is too many: 50 minibatches of 64 need 3200 records; deliveries.count and trainFraction leave 2400 records for training and 600 for testing',
    },
  ])
})
