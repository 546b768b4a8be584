/** The published study at full size, in memory: the data, and the network after some steps of training. */

import { reader } from '../experiments/definition.ts'
import { dataset as definition } from '../experiments/definitions/dataset.ts'
import type { Engine } from '../experiments/engine/index.ts'
import { initialParameters, type Parameters } from '../experiments/network.ts'
import { type Condition, paper } from '../experiments/protocol.ts'
import { permutation, stream } from '../experiments/random.ts'
import dataset from '../experiments/stages/dataset.ts'
import { type Dataset, readDataset } from '../experiments/stages/inputs.ts'
import { streams } from '../experiments/streams.ts'
import { Trainer } from '../experiments/training.ts'
import { quiet, upstream } from '../pipeline/memory.ts'
import type { Artifacts } from '../pipeline/stage.ts'

export async function makeData(): Promise<{ artifacts: Artifacts; data: Dataset }> {
  const artifacts = await dataset(paper, {}, quiet('none'))
  return { artifacts, data: await readDataset(reader(definition, upstream(artifacts))) }
}

/** Minibatches of the training set, one after the other, epoch after epoch. */
export function* minibatchesOf(
  { train }: Dataset,
  size = paper.training.batchSize,
): Generator<Int32Array, never> {
  for (let epoch = 1; ; epoch++) {
    const order = permutation(train.length, stream(paper.seed, ...streams.shuffle(epoch)))
    for (let at = 0; at + size <= train.length; at += size)
      yield order.slice(at, at + size).map((i) => train[i])
  }
}

/** A network of the study in training. */
export function startTraining(
  engine: Engine,
  { examples }: Dataset,
  condition: Condition = paper.conditions.none,
  protocol = paper,
): { trainer: Trainer; initial: Parameters } {
  const initial = initialParameters(protocol, condition)
  return { trainer: new Trainer(engine, protocol, condition, initial, examples), initial }
}
