/** A sample of the fault suite; `npm run test:faults` runs as much of it as is asked for. */

import { expect, test } from 'vitest'
import { ofPipeline } from './classes.ts'
import { runCases } from './suite.ts'

test.each(ofPipeline.map((each) => [each.name, each] as const))(
  'of %s, two cases are survived',
  {
    timeout: 240_000,
  },
  async (_, each) => {
    const [outcome] = await runCases([each], 1, () => 2)
    expect(outcome?.failures).toEqual([])
  },
)
