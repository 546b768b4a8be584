import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pool } from '../../pipeline/pool.ts'

const never = new AbortController().signal

test('so many run at once as there is room for, of so much memory, and all get their turn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 12 }),
      async (jobs, sizes) => {
        const pool = new Pool(jobs, 10)
        const running: number[] = []
        let done = 0
        await Promise.all(
          sizes.map(async (size, index) => {
            const leave = await pool.enter(index, size, never)
            running.push(size)
            expect(running.length).toBeLessThanOrEqual(jobs)
            if (running.length > 1) expect(running.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(10)
            await sleep(0)
            running.splice(running.indexOf(size), 1)
            done++
            leave()
          }),
        )
        expect(done).toBe(sizes.length)
      },
    ),
    { numRuns: 30 },
  )
})

test('those of high priority come first', async () => {
  const pool = new Pool(1, 10)
  const order: number[] = []
  const leaveFirst = await pool.enter(0, 1, never)
  const others = [1, 3, 2].map(async (priority) => {
    const leave = await pool.enter(priority, 1, never)
    order.push(priority)
    leave()
  })
  leaveFirst()
  await Promise.all(others)
  expect(order).toEqual([3, 2, 1])
})

test('who waits is let go when the signal comes', async () => {
  const pool = new Pool(1, 10)
  const interruption = new AbortController()
  await pool.enter(0, 1, never)
  const waiting = pool.enter(0, 1, interruption.signal)
  interruption.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})
