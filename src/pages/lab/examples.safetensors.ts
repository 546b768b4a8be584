/** The training examples, for the laboratory. */
import type { APIRoute } from 'astro'
import { encodeTensors } from '../../../pipeline/tensors.ts'
import { results } from '../../published.ts'

export const GET: APIRoute = async () => {
  const { codes, deliverers, train, minibatches } = await results.run.stage('dataset').tensors('examples.safetensors')
  const letters = results.protocol.encoding.alphabet.length
  const positions = codes.shape[1]
  const count = train.data.length
  const placeOf = new Map(Array.from(train.data, (record, place) => [record, place]))
  const characters = new Uint8Array(count * positions)
  train.data.forEach((record: number, place: number) => {
    for (let p = 0; p < positions; p++) characters[place * positions + p] = codes.data[record * positions + p] % letters
  })
  const file = encodeTensors({
    characters: { shape: [count, positions], data: characters, axes: ['example', 'position'] },
    deliverers: {
      shape: [count],
      data: Uint16Array.from(train.data, (record) => deliverers.data[record]),
      axes: ['example'],
      unit: 'deliverers',
    },
    records: { shape: [count], data: Uint16Array.from(train.data), axes: ['example'] },
    minibatches: {
      shape: minibatches.shape,
      data: Uint16Array.from(minibatches.data, (record) => placeOf.get(record)!),
      axes: ['minibatch', 'member'],
    },
  })
  return new Response(file)
}
