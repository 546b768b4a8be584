import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { masking } from '../../experiments/masking.ts'
import { type StreamName, stream } from '../../experiments/random.ts'

/** Activations about half of which are 0. */
const activations = (units: number) =>
  fc.array(fc.constantFrom(0, 0, 0.5, 1, 3.25), { minLength: units, maxLength: units })

describe('masks of many streams', () => {
  test('are those that each stream draws by itself, one after the other, over the units that are open', async () => {
    const size = fc.record({
      streams: fc.integer({ min: 1, max: 9 }),
      units: fc.integer({ min: 1, max: 150 }),
    })
    const cases = size.chain(({ streams, units }) =>
      fc.record({
        streams: fc.constant(streams),
        units: fc.constant(units),
        p: fc.double({ min: 0, max: 0.9, noNaN: true }),
        examples: fc.array(activations(units), { minLength: 1, maxLength: 3 }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ({ streams, units, p, examples }) => {
        const names = Array.from({ length: streams }, (_, s): StreamName => ['masks', s])
        const masks = await masking(streams, units, p)
        const alone = names.map((name) => stream(7, ...name))
        masks.start(7, names)
        for (const example of examples) {
          const { open, masked, columns } = masks.apply(Float32Array.from(example))
          expect([...open]).toEqual([...example.keys()].filter((unit) => unit === 0 || example[unit] > 0))
          alone.forEach((from, s) => {
            const kept = from.keep(new Uint8Array(units), p)
            open.forEach((unit, row) => {
              expect(masked[row * columns + s]).toBe(kept[unit] * Math.fround(example[unit] / (1 - p)))
            })
          })
        }
      }),
      { numRuns: 40 },
    )
  })

  test('begin anew with the names of other streams', async () => {
    const masks = await masking(1, 64, 0.5)
    const ones = new Float32Array(64).fill(1)
    const first = () => masks.apply(ones).masked.slice()
    masks.start(1, [['a']])
    const a = first()
    expect(first()).not.toEqual(a)
    masks.start(1, [['b']])
    expect(first()).not.toEqual(a)
    masks.start(1, [['a']])
    expect(first()).toEqual(a)
  })
})
