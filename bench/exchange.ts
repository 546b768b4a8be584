/**
 * What peers in other languages need to do the same step and the same landscape, and the numbers that came
 * out here: raw little-endian arrays and a `meta.json`.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../experiments/engine/index.ts'
import { activeInputs, type Parameters } from '../experiments/network.ts'
import { paper } from '../experiments/protocol.ts'
import type { Dataset } from '../experiments/stages/inputs.ts'
import { Trainer } from '../experiments/training.ts'
import { denseInputs } from './straightforward.ts'

export interface Exchange {
  readonly data: Dataset
  /** Parameters before the step, and those whose landscape is drawn. */
  readonly initial: Parameters
  readonly parameters: Parameters
  readonly units: readonly (readonly [number, number])[]
  /** Landscape of the first minibatch over two biases of hidden layer 1, [y, x, 2]. */
  readonly field: Float64Array
  readonly x: Float64Array
  readonly y: Float64Array
}

/**
 * `meta.json`, and by name: initial/*, parameters/* and moments/* (Adam's first moments after one step, which
 * are 0.1 times the clipped gradient), inputs, targets, x, y, field.
 */
export function writeExchange(
  folder: string,
  engine: Engine,
  { data, initial, parameters, units, field, x, y }: Exchange,
): void {
  const { examples, minibatches } = data
  const [members] = minibatches
  const condition = paper.conditions.none
  const trainer = new Trainer(engine, paper, condition, initial, examples)
  trainer.update(examples, members)
  const { tensors } = trainer.state()
  trainer.dispose()

  const rows = [...activeInputs(examples)]
  const shapes: { [name: string]: readonly number[] } = {}
  const write = (
    name: string,
    array: Float32Array | Float64Array,
    shape: readonly number[] = [array.length],
  ) => {
    writeFileSync(join(folder, `${name}.${array instanceof Float64Array ? 'f64' : 'f32'}`), array)
    shapes[name] = shape
  }
  for (const [name, { data, shape }] of Object.entries(initial)) {
    write(`initial-${name}`, data, shape)
    write(`parameters-${name}`, parameters[name].data, shape)
    // Of the first layer only the rows of inputs in use are trained.
    const trained = name === 'hidden0.weight' ? [rows.length, shape[1]] : shape
    write(`moments-${name}`, tensors[`${name}/m`].data, trained)
  }
  write('inputs', denseInputs(examples, members), [members.length, initial['hidden0.weight'].shape[0]])
  write(
    'targets',
    Float32Array.from(members, (member) => examples.targets[member]),
  )
  write('x', x)
  write('y', y)
  write('field', field, [y.length, x.length, 2])
  const { adam, clipNorm } = paper.training
  writeFileSync(
    join(folder, 'meta.json'),
    JSON.stringify({ shapes, rows, units: units[0], learningRate: condition.learningRate, adam, clipNorm }),
  )
}
