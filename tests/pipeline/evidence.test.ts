import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Evidence, readEvidence, writeEvidence } from '../../pipeline/evidence.ts'
import { temporaryFolder } from './helpers.ts'

const evidence: Evidence = { sweep: 'toy', engine: 'none', verified: null, members: [] }

test('evidence that is damaged is named with what to do; there may be none', async () => {
  const folder = temporaryFolder()
  expect(await readEvidence(folder, 'toy')).toBeUndefined()
  await writeEvidence(folder, evidence)
  expect(await readEvidence(folder, 'toy')).toEqual(evidence)
  const file = join(folder, 'toy.json')
  for (const text of ['null', '{}', '[]', '', '{"sweep":"toy"', '<<<<<<< HEAD\n{}']) {
    writeFileSync(file, text)
    const remedy = 'Take it from the repository again, or make it with `npm run sweep -- toy`.'
    await expect(readEvidence(folder, 'toy'), text).rejects.toThrow(remedy)
    await expect(readEvidence(folder, 'toy'), text).rejects.toThrow(file)
  }
  mkdirSync(join(folder, 'other.json'))
  await expect(readEvidence(folder, 'other')).rejects.toThrow(`${join(folder, 'other.json')} is a folder`)
})
