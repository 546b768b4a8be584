import { dataset } from '../definitions/dataset.ts'
import { type Delivery, deliveries } from '../deliveries.ts'
import { characters, encode, positions } from '../encoding.ts'
import type { Protocol } from '../protocol.ts'
import { permutation, stream } from '../random.ts'
import { streams } from '../streams.ts'

export default dataset.implement(async (protocol) => {
  const { encoding, seed, landscapes } = protocol
  const records = deliveries(protocol)
  const count = records.length
  const width = positions(encoding)
  const codes = new Uint16Array(count * width)
  records.forEach(({ fields }, n) => {
    codes.set(encode(characters(fields, encoding), encoding), n * width)
  })
  const order = permutation(count, stream(seed, ...streams.split()))
  const train = order.slice(0, Math.round(count * protocol.deliveries.trainFraction)).sort()
  const test = order.slice(train.length).sort()
  const { minibatches, batchSize } = landscapes
  if (minibatches * batchSize > train.length)
    throw new RangeError(
      `${minibatches} landscapes of ${batchSize} examples need ${minibatches * batchSize} training examples; there are ${train.length}.`,
    )
  const members = permutation(train.length, stream(seed, ...streams.fixedMinibatches()))
    .subarray(0, minibatches * batchSize)
    .map((at) => train[at])
  return {
    examples: {
      codes: { shape: [count, width], data: codes },
      targets: {
        shape: [count],
        data: Float32Array.from(records, (record) => targetOf(record, protocol)),
      },
      deliverers: { shape: [count], data: Uint16Array.from(records, ({ deliverers }) => deliverers) },
      train: { shape: [train.length], data: train },
      test: { shape: [test.length], data: test },
      minibatches: { shape: [minibatches, batchSize], data: members },
    },
    records: records.slice(0, 20).map(({ fields, deliverers }) => ({
      fields,
      characters: characters(fields, encoding),
      target: targetOf({ fields, deliverers }, protocol),
    })),
  }
})

/** What the network is to learn of a record. */
function targetOf(
  { fields, deliverers }: Delivery,
  { target, targetFactor }: Pick<Protocol, 'target' | 'targetFactor'>,
): number {
  return target === 'cost x busy'
    ? (Number(fields.Cost) / 100) * Number(fields['Busy Deliverers'])
    : targetFactor * deliverers
}
