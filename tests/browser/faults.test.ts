/** A sample of the fault suite's classes that take the results of the smoke profile. */

import { describe, expect, inject, test } from 'vitest'
import { ofProject } from '../faults/classes.ts'
import { runCases } from '../faults/suite.ts'

const cache = inject('cache')

describe.skipIf(cache === undefined)('of the faults of', () => {
  test.each(ofProject.map((each) => [each.name, each] as const))(
    '%s, one case is survived',
    { timeout: 240_000 },
    async (_, each) => {
      process.env.FAULT_RESULTS = cache
      const [outcome] = await runCases([each], 1, () => 1)
      expect(outcome?.failures).toEqual([])
    },
  )
})
