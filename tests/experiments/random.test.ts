import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dropoutMask, permutation, stream } from '../../experiments/random.ts'

/**
 * xoshiro128** after Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021), in whole
 * numbers without bounds.
 */
function* xoshiro128starstar(seed: readonly bigint[]): Generator<number> {
  const word = 0xffffffffn
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & word
  const s = [...seed]
  while (true) {
    yield Number((rotate((s[1] * 5n) & word, 7n) * 9n) & word)
    const t = (s[1] << 9n) & word
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 11n)
  }
}

/**
 * The state of a named stream: FNV-1a of its name from four offset bases, each mixed by MurmurHash3's
 * finalizer.
 */
function stateOf(name: string): bigint[] {
  const word = 0xffffffffn
  return [0x9e3779b9n, 0x3c6ef372n, 0xdaa66d2bn, 0x78dde6e5n].map((offset) => {
    let h = 0x811c9dc5n ^ offset
    for (const character of Buffer.from(name)) h = ((h ^ BigInt(character)) * 0x01000193n) & word
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & word
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & word
    return h ^ (h >> 16n)
  })
}

const draw = (count: number, next: () => number) => Array.from({ length: count }, next)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: readonly number[], order: number) => mean(values.map((value) => value ** order))

describe('the reference generator of these tests', () => {
  test('gives the published outputs of xoshiro128** from state 1, 2, 3, 4', () => {
    const reference = xoshiro128starstar([1n, 2n, 3n, 4n])
    expect(draw(10, () => reference.next().value)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })
})

describe('a stream', () => {
  test('is xoshiro128** from a state hashed of seed and name', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.oneof(fc.nat(), fc.constantFrom('a', 'minibatch order', 'b c'))),
        (seed, name) => {
          const reference = xoshiro128starstar(stateOf(`${seed}/${name.join('/')}`))
          const { bits } = stream(seed, ...name)
          expect(draw(40, bits)).toEqual(draw(40, () => reference.next().value))
        },
      ),
      { numRuns: 50 },
    )
  })

  test('goes on like that for thousands of draws', () => {
    const reference = xoshiro128starstar(stateOf('1/long'))
    const { bits } = stream(1, 'long')
    expect(draw(3000, bits)).toEqual(draw(3000, () => reference.next().value))
  })

  test('makes a uniform number of two words: the upper 27 bits of the first, then the upper 26 of the second', () => {
    const reference = xoshiro128starstar(stateOf('1/uniform'))
    const { uniform } = stream(1, 'uniform')
    for (let i = 0; i < 200; i++) {
      const [high, low] = [reference.next().value >>> 5, reference.next().value >>> 6]
      expect(uniform()).toBe(Number((BigInt(high) << 26n) + BigInt(low)) / 2 ** 53)
    }
  })

  test('gives these very numbers, today and on any machine', () => {
    const { uniform, normal, integer } = stream(20230117, 'golden', 3)
    expect([uniform(), uniform(), normal(3, 2), integer(-5, 5)]).toMatchInlineSnapshot(`
      [
        0.10420962243446819,
        0.09696302652735189,
        4.239730885891847,
        -2,
      ]
    `)
  })

  test('does not depend on what other streams drew before or between', () => {
    const alone = draw(20, stream(7, 'a').normal.bind(null, 0, 1))
    const other = stream(7, 'b')
    draw(33, other.bits)
    const { normal } = stream(7, 'a')
    const among = draw(20, () => {
      other.normal(0, 1)
      return normal(0, 1)
    })
    expect(among).toEqual(alone)
  })

  test('differs from every stream of another seed or name, and from names that only look alike', () => {
    const names: [number, ...(string | number)[]][] = [
      [1, 'a'],
      [2, 'a'],
      [1, 'b'],
      [1, 'a', 0],
      [1, 'a', 1],
      [1, 0, 'a'],
      [11, 'a'],
      [1, 'aa'],
    ]
    const firsts = names.map(([seed, ...name]) => draw(2, stream(seed, ...name).bits).join())
    expect(new Set(firsts).size).toBe(names.length)
  })

  test('is not correlated with the stream of the next name', () => {
    const count = 20_000
    const [a, b] = [stream(1, 'epoch', 1), stream(1, 'epoch', 2)]
    const products = draw(count, () => (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12)
    expect(Math.abs(mean(products))).toBeLessThan(4.5 / Math.sqrt(count))
  })

  test('draws uniform numbers in [0, 1) with the moments of the uniform distribution', () => {
    const count = 50_000
    const values = draw(count, stream(3, 'uniform').uniform)
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    // The k-th moment is 1 / (k + 1), and its standard error at most 1 / sqrt(12 count).
    for (const order of [1, 2, 3, 4])
      expect(Math.abs(moment(values, order) - 1 / (order + 1))).toBeLessThan(4.5 / Math.sqrt(12 * count))
  })

  test('fills the 53 bits of a uniform number, not only the upper 32', () => {
    const { uniform } = stream(3, 'bits')
    expect(draw(10, uniform).some((value) => (value * 2 ** 32) % 1 !== 0)).toBe(true)
  })

  test('draws whole numbers evenly from the least to the most, both included', () => {
    const count = 30_000
    const { integer } = stream(5, 'integer')
    const seen = new Map<number, number>()
    for (let i = 0; i < count; i++) {
      const value = integer(-2, 3)
      seen.set(value, (seen.get(value) ?? 0) + 1)
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3])
    for (const times of seen.values())
      expect(Math.abs(times - count / 6)).toBeLessThan(4.5 * Math.sqrt(count / 6))
  })

  test('draws normal numbers with the mean, deviation, skewness and kurtosis of the normal distribution', () => {
    const count = 50_000
    const { normal } = stream(6, 'normal')
    const values = draw(count, () => (normal(10, 3) - 10) / 3)
    // Variances of the first four sample moments of a standard normal: 1, 2, 15 and 96, over the count.
    const expected = [0, 1, 0, 3]
    const variances = [1, 2, 15, 96]
    expected.forEach((value, i) => {
      expect(Math.abs(moment(values, i + 1) - value)).toBeLessThan(4.5 * Math.sqrt(variances[i] / count))
    })
  })
})

describe('a permutation', () => {
  test('holds every number below its length exactly once', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (count, seed) => {
        const order = permutation(count, stream(seed, 'order'))
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
    )
  })

  test('puts each number at each place equally often', () => {
    const [count, draws] = [4, 12_000]
    const from = stream(8, 'order')
    const times = new Float64Array(count * count)
    for (let i = 0; i < draws; i++)
      permutation(count, from).forEach((value, place) => {
        times[place * count + value]++
      })
    const expected = draws / count
    for (const seen of times) expect(Math.abs(seen - expected)).toBeLessThan(4.5 * Math.sqrt(expected))
  })

  test('is the same for the same stream and another for another', () => {
    const of = (name: string) => permutation(50, stream(1, name)).join()
    expect(of('a')).toBe(of('a'))
    expect(of('a')).not.toBe(of('b'))
  })
})

describe('a dropout mask', () => {
  test('is 0 with probability p, within five deviations of the binomial distribution, and 1 / (1 - p) otherwise', () => {
    for (const p of [0.1, 0.3, 0.5, 0.9]) {
      const count = 40_001
      const values = dropoutMask(new Float64Array(count), p, stream(9, 'mask', p))
      const zeros = values.filter((value) => value === 0).length
      expect(Math.abs(zeros - count * p)).toBeLessThan(5 * Math.sqrt(count * p * (1 - p)))
      expect(values.every((value) => value === 0 || value === 1 / (1 - p))).toBe(true)
    }
  })

  test('is decided by the halves of the words, the upper half first, whatever is drawn before and after', () => {
    const p = 0.3
    for (const count of [1, 2, 7, 511, 512, 513, 5001]) {
      const reference = xoshiro128starstar(stateOf(`9/halves/${count}`))
      const from = stream(9, 'halves', count)
      const next = () => reference.next().value
      expect(from.bits()).toBe(next())
      const expected = draw(Math.ceil(count / 2), next).flatMap((word) => [word >>> 16, word & 0xffff])
      const values = dropoutMask(new Float64Array(count), p, from)
      expect([...values]).toEqual(
        expected.slice(0, count).map((half) => (half < Math.round(p * 65536) ? 0 : 1 / (1 - p))),
      )
      expect(from.bits()).toBe(next())
    }
  })

  test('keeps the expected activation', () => {
    const count = 40_000
    const values = [...dropoutMask(new Float64Array(count), 0.3, stream(9, 'expectation'))]
    expect(Math.abs(mean(values) - 1)).toBeLessThan(5 * Math.sqrt(0.3 / 0.7 / count))
  })

  test('drops neighbours independently of each other', () => {
    const count = 40_000
    const values = dropoutMask(new Float64Array(count), 0.5, stream(9, 'neighbours'))
    for (const distance of [1, 2, 20]) {
      const products = draw(
        count - distance,
        (
          (i) => () =>
            (values[i] - 1) * (values[i++ + distance] - 1)
        )(0),
      )
      expect(Math.abs(mean(products))).toBeLessThan(4.5 / Math.sqrt(count))
    }
  })

  test('fills a mask of odd length to its end, and is the same in either precision', () => {
    const single = dropoutMask(new Float32Array(7), 0.3, stream(9, 'odd'))
    const double = dropoutMask(new Float64Array(7).fill(Number.NaN), 0.3, stream(9, 'odd'))
    expect([...single]).toEqual([...double].map(Math.fround))
  })

  test('keeps everything at p = 0 and nothing at p = 1', () => {
    expect([...dropoutMask(new Float32Array(5), 0, stream(9, 'none'))]).toEqual([1, 1, 1, 1, 1])
    expect([...dropoutMask(new Float32Array(5), 1, stream(9, 'all'))]).toEqual([0, 0, 0, 0, 0])
  })
})
