/** What a worker can be asked to do, at full size. `count` says how much of it. */

import type { Engine } from '../experiments/engine/index.ts'
import { displacements, landscape } from '../experiments/landscape/landscape.ts'
import { layersFrom, type Minibatch, type Move, transpose } from '../experiments/landscape/layers.ts'
import { backward, descend } from '../experiments/landscape/one-pass.ts'
import { byLayer } from '../experiments/layers.ts'
import { initialParameters, load } from '../experiments/network.ts'
import { paper } from '../experiments/protocol.ts'
import fresh from '../experiments/stages/fresh.ts'
import type { Trainer } from '../experiments/training.ts'
import { quiet, upstream } from '../pipeline/memory.ts'
import type { Tensor, Tensors } from '../pipeline/stage.ts'
import { writeExchange } from './exchange.ts'
import { naiveLandscape, stockTraining } from './straightforward.ts'
import { makeData, minibatchesOf, startTraining } from './study.ts'

export type Task = (count: number, folder?: string) => unknown

/**
 * Steps of training behind the network whose landscapes are drawn: some residuals then are of either sign.
 */
const trained = 100

export async function tasksOn(engine: Engine) {
  const { none, dropout } = paper.conditions
  const { artifacts, data } = await makeData()
  const { examples, minibatches } = data
  const members = minibatchesOf(data)
  const next = () => members.next().value
  const { trainer, initial } = startTraining(engine, data)
  for (let step = 0; step < trained; step++) trainer.update(examples, next())
  const parameters = trainer.parameters()
  const dropped = startTraining(engine, data, dropout).trainer
  const stock = stockTraining(engine, initial, examples)

  let wide: { units: number; trainer: Trainer } | undefined
  const widened = (units: number) => {
    wide?.trainer.dispose()
    const [, second, third] = paper.hidden
    return startTraining(engine, data, none, { ...paper, hidden: [units, second, third] }).trainer
  }

  const { network } = load(engine, paper, none, parameters, examples)
  const layers = layersFrom(parameters, 1, { placement: null, epsilon: 0 })
  const seen = (i: number): Minibatch[] => {
    const [size, [, units]] = [paper.landscapes.batchSize, paper.hidden]
    const of = minibatches[i % minibatches.length]
    const { hidden } = engine.tf.tidy(() => {
      const { hidden } = network.forward(examples, of, { statistics: 'minibatch' })
      return { hidden: hidden[1].preactivations }
    })
    const preactivations = transpose(hidden.dataSync(), size, units)
    hidden.dispose()
    return descend(layers, {
      size,
      preactivations,
      targets: Float64Array.from(of, (member) => examples.targets[member]),
    })
  }
  const first = seen(0)
  const units = backward(layers, first[0]).layers.map((layer) => {
    const [a, b] = [...layer.keys()].sort(
      (p, q) => Number(layer[q].active) - Number(layer[p].active) || p - q,
    )
    return [a, b] as const
  })
  const moves = units.map(([a, b]): [Move, Move] => [
    { kind: 'bias', unit: a },
    { kind: 'bias', unit: b },
  ])
  const [x, y] = [displacements(paper.landscapes.grid.x), displacements(paper.landscapes.grid.y)]
  const draw = (minibatch: readonly Minibatch[], layer: number) =>
    landscape(layers.slice(layer), minibatch[layer], moves[layer], x, y)

  const naive = naiveLandscape(engine, parameters, examples, minibatches[0], units[0])
  const naiveFresh = naiveLandscape(engine, parameters, examples, minibatches[0], units[0], dropout.dropout)
  const points = (count: number, at: (x: number, y: number) => unknown) => {
    for (let point = 0; point < count; point++)
      at(x[point % x.length], y[Math.floor(point / x.length) % y.length])
  }

  return {
    step(count) {
      for (let i = 0; i < count; i++) trainer.update(examples, next())
      trainer.takeCost(count)
    },
    dropoutStep(count) {
      for (let i = 0; i < count; i++) dropped.update(examples, next())
      dropped.takeCost(count)
    },
    /** Five steps on minibatches of so many examples. */
    sizedStep(count) {
      for (let i = 0; i < 5; i++) trainer.update(examples, data.train.subarray(0, count))
      trainer.takeCost(5)
    },
    /** Five steps of a network with so many units in its first hidden layer. */
    wideStep(count) {
      wide = wide?.units === count ? wide : { units: count, trainer: widened(count) }
      for (let i = 0; i < 5; i++) wide.trainer.update(examples, next())
      wide.trainer.takeCost(5)
    },
    stockStep(count) {
      for (let i = 0; i < count; i++) stock(next())
    },
    /** Landscapes of both layers of so many minibatches, from the records to the field. */
    landscapes(count) {
      for (let i = 0; i < count; i++) {
        const minibatch = seen(i)
        layers.forEach((_, layer) => {
          draw(minibatch, layer)
        })
      }
    },
    activations(count) {
      for (let i = 0; i < count; i++) seen(i)
    },
    panel1(count) {
      for (let i = 0; i < count; i++) draw(first, 0)
    },
    panel2(count) {
      for (let i = 0; i < count; i++) draw(first, 1)
    },
    naive: (count) => points(count, naive),
    naiveFresh: (count) => points(count, naiveFresh),
    /** Landscapes of both layers of so many minibatches with a fresh mask at each grid point. */
    async fresh(count) {
      const condition = paper.conditions.dropout
      const still = { neighbourAngle: null, length: 0, zero: 1 }
      const drawn = byLayer((layer) => ({
        units: units[layer - 1],
        active: [],
        variants: { bias: still, float32: still },
      }))
      const all = artifacts['examples.safetensors'] as Tensors
      const few = { ...all, minibatches: firstRows(all.minibatches, count) }
      await fresh(
        {
          protocol: paper,
          condition,
          epoch: 0,
          grid: paper.landscapes.grid,
          single: paper.landscapes.single,
          roundOff: paper.landscapes.roundOff,
          bootstrap: 1,
        },
        {
          dataset: upstream({ 'examples.safetensors': few }),
          training: upstream({ 'parameters-0.safetensors': parameters }),
          landscapes: upstream({ 'summary.json': { cost: [], positiveResiduals: [], layers: drawn } }),
        },
        quiet(engine.name),
      )
    },
    /** Writes what a peer needs to do the same, and what came out here. */
    exchange(_, folder) {
      writeExchange(folder!, engine, {
        data,
        initial: initialParameters(paper, none),
        parameters,
        units,
        field: draw(first, 0),
        x,
        y,
      })
    },
  } satisfies { [name: string]: Task }
}

function firstRows({ shape, data }: Tensor, count: number): Tensor {
  return { shape: [count, shape[1]], data: data.subarray(0, count * shape[1]) }
}
