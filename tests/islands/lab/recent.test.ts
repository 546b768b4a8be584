import { describe, expect, test } from 'vitest'
import { Files } from '../../../src/islands/lab/files.ts'
import { Recent } from '../../../src/islands/lab/recent.ts'
import { lowerFile } from '../../../src/islands/lab/study.ts'
import { problem } from '../../experiments/problem.ts'
import { lowerOf, studyOf } from './setting.ts'

describe('what was used last', () => {
  test('is kept, and the oldest goes when there is more', () => {
    const recent = new Recent<number>(2)
    recent.set('a', 1)
    recent.set('b', 2)
    expect(recent.get('a')).toBe(1)
    recent.set('c', 3)
    expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([1, undefined, 3])
  })
})

describe('the files', () => {
  test('hold a bounded number of networks, however many a reader looks at', async () => {
    const asked = problem()
    const study = studyOf(asked)
    const loaded: string[] = []
    const files = new Files(study, async (file) => {
      loaded.push(file)
      return lowerOf(asked.parameters, [true])
    })
    const look = (epoch: number) => files.lower('some', epoch, () => {})
    for (let epoch = 0; epoch < 20; epoch++) await look(epoch)
    await look(19)
    expect(loaded).toHaveLength(20)
    await look(0)
    expect(loaded.filter((file) => file === lowerFile('some', 0))).toHaveLength(2)
  })
})
