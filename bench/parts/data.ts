import { join } from 'node:path'
import { deliveries } from '../../experiments/deliveries.ts'
import { characters, encode } from '../../experiments/encoding.ts'
import { paper } from '../../experiments/protocol.ts'
import { openStore } from '../../pipeline/store.ts'
import { interleaved, spread, time } from '../measure.ts'
import type { Part } from '../part.ts'
import { makeData } from '../study.ts'

/** Records to encoded examples, and reading them back from the cache. */
export const data: Part = async (bench) => {
  const records = deliveries(paper)
  const store = openStore(join(bench.scratch, 'store'))
  const { artifacts } = await makeData()
  const about = { stage: 'dataset', fingerprint: {} as never, made: { date: '', seconds: 0, memory: 0 } }
  const { files } = await store.keep('dataset', artifacts, about)
  const samples = await interleaved(
    {
      'records of the study, made, encoded and split': () => time(makeData),
      'encoding alone': () =>
        time(() => records.map(({ fields }) => encode(characters(fields, paper.encoding), paper.encoding))),
      'reading them from the cache, verified': () =>
        time(() => store.upstream('dataset', files).tensors('examples.safetensors')),
    },
    7,
  )
  return Object.entries(samples).map(([what, values]) => ({
    part: 'data',
    what: `${records.length.toLocaleString('en')} ${what}`.replace(/^([\d,]+) (encoding|reading)/, '$2'),
    unit: 'ms',
    spread: spread(values),
  }))
}
