import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { digestOfMeasures } from '../../../pipeline/evidence.ts'
import { readRecordings } from '../../../src/data/ledger.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

test('evidence whose measures lack something is refused, with sweep, member and place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evidence-'))
  folders.push(folder)
  const evidence = JSON.parse(await readFile('evidence/digits.json', 'utf8'))
  const [member] = evidence.members
  delete member.measures.epochs[1].groups.whole.opposed
  member.digest = digestOfMeasures(member.measures)
  await writeFile(join(folder, 'digits.json'), JSON.stringify(evidence))
  await expect(readRecordings(folder)).rejects.toThrow(
    `evidence/digits.json: the measures of member "${member.id}" are not as experiments/measured.ts says: epochs.1.groups.whole.opposed: `,
  )
})
