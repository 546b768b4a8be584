import { dataset } from '../definitions/dataset.ts'
import { type Delivery, deliveries } from '../deliveries.ts'
import { characters, encode, positions } from '../encoding.ts'
import { fixedMinibatches, split } from '../minibatches.ts'
import type { Protocol } from '../protocol.ts'

export default dataset.implement(async (protocol) => {
  const { encoding, seed, landscapes } = protocol
  const records = deliveries(protocol)
  const count = records.length
  const width = positions(encoding)
  const codes = new Uint16Array(count * width)
  records.forEach(({ fields }, n) => {
    codes.set(encode(characters(fields, encoding), encoding), n * width)
  })
  const { train, test } = split(seed, count, protocol.deliveries.trainFraction)
  const members = fixedMinibatches(seed, train, landscapes)
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
      minibatches: { shape: [landscapes.minibatches, landscapes.batchSize], data: members },
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
