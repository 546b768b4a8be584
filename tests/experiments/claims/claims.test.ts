import { describe, expect, test } from 'vitest'
import type { Claim, Group, Judgement } from '../../../experiments/claims/claim.ts'
import { claims } from '../../../experiments/claims/index.ts'
import { conditionOf, ledger, type Network, ownNetworks } from '../../../experiments/claims/ledger.ts'
import { sweeps } from '../../../experiments/sweeps.ts'
import { type Found, network, networks } from './networks.ts'

/** The first networks are those that a claim is about, the others those that they are compared with. */
type Pair = readonly [Found] | readonly [Found, Found]

/**
 * For each claim: networks in which the effect is plain, such in which there is none, and such that say the
 * opposite.
 */
const cases: { readonly [id: string]: { effect: Pair; none: Pair; opposite?: Pair } } = {
  'none.learns': { effect: [{ r2: 0.995 }], none: [{ r2: 0.9 }] },
  'whole.noise-scale': {
    effect: [{ noiseScale: { whole: 30 } }],
    none: [{ noiseScale: { whole: 200 } }],
    opposite: [{ noiseScale: { whole: null } }],
  },
  'biases.noise-scale': {
    effect: [{ noiseScale: { biases: 200 } }],
    none: [{ noiseScale: { biases: 3 } }],
  },
  'biases.small-part': { effect: [{ biasesShare: 1e-6 }], none: [{ biasesShare: 0.2 }] },
  'none.opposes-biases.epoch-10': { effect: [{ biases: 0.4 }], none: [{ biases: 0 }] },
  'none.opposes-biases.over-epochs': { effect: [{ biases: 0.3 }], none: [{ biases: 0 }] },
  'none.opposes-whole.epoch-10': { effect: [{ whole: 0.2 }], none: [{ whole: 0.01 }] },
  'none.opposes-whole.over-epochs': { effect: [{ whole: 0.2 }], none: [{ whole: 0.01 }] },
  'biases.more-than-whole': {
    effect: [{ biases: 0.4, whole: 0.1 }],
    none: [{ biases: 0.2, whole: 0.2 }],
    opposite: [{ biases: 0.1, whole: 0.3 }],
  },
  'start.agrees': { effect: [{ cosineAtStart: 0.99 }], none: [{ cosineAtStart: 0 }] },
  'start.agrees-whole': { effect: [{ cosineAtStart: 0.99 }], none: [{ cosineAtStart: 0 }] },
  'vote.explains-biases': { effect: [{ biases: 'vote' }], none: [{ biases: 0.25 }] },
  'vote.not-whole': { effect: [{ whole: 0.2 }], none: [{ whole: 'vote' }] },
  'vote.followed': { effect: [{ followed: 0.99 }], none: [{ followed: 0.5 }] },
  'output.decides': { effect: [{ output: 0.99 }], none: [{ output: 0.5 }] },
  'output.majority-fails': { effect: [{ output: 0.6 }], none: [{ output: 0.99 }] },
  'output.weighted-vote': { effect: [{ output: 0.99 }], none: [{ output: 0.5 }] },
  'dropout.vote-fails': { effect: [{ followed: 0.6 }], none: [{ followed: 0.99 }] },
  'batch-norm.vote-fails': { effect: [{ followed: 0.6 }], none: [{ followed: 0.99 }] },
  ...Object.fromEntries(
    [
      'dropout.weighted-vote',
      'dropout.masks-unequal',
      'batch-norm.weighted-vote.layer-2',
      'batch-norm.weighted-vote.layer-1',
    ].map((id) => [id, { effect: [{ records: 0.99 }], none: [{ records: 0.5 }] }]),
  ),
  'generality.opposes.digits': {
    effect: [{ epochs: 10, biases: 0.3 }],
    none: [{ epochs: 10, biases: 0 }],
  },
  'generality.opposes.ends': { effect: [{ ends: 0.3 }], none: [{ ends: 0 }] },
  'signs.population': { effect: [{ balanced: 0 }], none: [{ balanced: 0.4 }] },
  'signs.one-signed': { effect: [{ oneSigned: 0.51 }], none: [{ oneSigned: 0.25 }] },
  'loss.mse-gradient': { effect: [{ squared: { cosine: 0.99 } }], none: [{ squared: { cosine: 0.1 } }] },
  'loss.mse-opposes': { effect: [{ squared: { opposed: 0.3 } }], none: [{ squared: { opposed: 0 } }] },
  'loss.mse-trained': { effect: [{ epochs: 20, biases: 0.3 }], none: [{ epochs: 20, biases: 0 }] },
  'loss.huber-trained': { effect: [{ epochs: 20, biases: 0.3 }], none: [{ epochs: 20, biases: 0 }] },
  'adam.gradients-oppose': { effect: [{ steps: { gradient: 0.3 } }], none: [{ steps: { gradient: 0 } }] },
  'adam.steps-not-opposed': { effect: [{ steps: { adam: 0 } }], none: [{ steps: { adam: 0.3 } }] },
  'adam.whole-steps-not-opposed': { effect: [{ steps: { adam: 0 } }], none: [{ steps: { adam: 0.3 } }] },
  'narrow.opposes': { effect: [{ biases: 0.4 }], none: [{ biases: 0 }] },
  'composition.sorted-worse': {
    effect: [{ lastError: 50 }, {}],
    none: [{}, {}],
    opposite: [{ lastError: 5 }, {}],
  },
  'composition.stratified-better': {
    effect: [{ lastError: 8 }, {}],
    none: [{}, {}],
    opposite: [{ lastError: 12 }, {}],
  },
  'composition.fixed-same': { effect: [{}, {}], none: [{ lastError: 20 }, {}] },
  'composition.repeated-same': { effect: [{}, {}], none: [{ lastError: 20 }, {}] },
  'order.decides-path': { effect: [{ order: { permuted: 1 } }], none: [{ order: { permuted: 0 } }] },
  'order.alone': { effect: [{ order: { permuted: 1 } }], none: [{ order: { permuted: 0.3 } }] },
  'order.repeats': { effect: [{ order: { repeated: 0 } }], none: [{ order: { repeated: 0.01 } }] },
  'dropout.opposes': { effect: [{ epochs: 10, biases: 0.3 }], none: [{ epochs: 10, biases: 0 }] },
  'batch-norm.opposes': { effect: [{ epochs: 10, biases: 0.3 }], none: [{ epochs: 10, biases: 0 }] },
  'batch-norm.round-off': { effect: [{ epochs: 10, zero: 1 }], none: [{ epochs: 10, zero: 0.2 }] },
  'batch-norm.after-round-off': { effect: [{ epochs: 10, zero: 1 }], none: [{ epochs: 10, zero: 0.2 }] },
  'batch-norm.bias-idle': {
    effect: [
      { epochs: 10, lastError: 20 },
      { epochs: 10, lastError: 20 },
    ],
    none: [
      { epochs: 10, lastError: 30 },
      { epochs: 10, lastError: 20 },
    ],
  },
  'weight-decay.like-none': {
    effect: [{ epochs: 10, biases: 0.3 }, { biases: 0.32 }],
    none: [{ epochs: 10, biases: 0.05 }, { biases: 0.3 }],
  },
  ...Object.fromEntries(
    [
      'cost-x-busy',
      'first-layer-500',
      'first-layer-900',
      'layers-300-50',
      'batch-16',
      'batch-256',
      'batch-256-longer',
    ].flatMap((name) => [
      [
        `generality.opposes.${name}`,
        { effect: [{ epochs: 10, biases: 0.3 }], none: [{ epochs: 10, biases: 0 }] },
      ],
      [
        `generality.vote.${name}`,
        { effect: [{ epochs: 10, biases: 'vote' }], none: [{ epochs: 10, biases: 0 }] },
      ],
    ]),
  ),
}

const replicates = ({ sweep, group }: Group) =>
  (sweeps[sweep] as { [group: string]: { replicates: number } })[group].replicates

/** The judgement on one claim by as many networks as its sweep has. */
function judged(claim: Claim, [found, others]: Pair): Judgement {
  if (!('networks' in claim)) throw new Error(`${claim.id} is not about networks`)
  const evidence = {
    networks: (group: Group): readonly Network[] =>
      networks(group === claim.against ? (others ?? {}) : found, replicates(group)),
    drawn: () => undefined,
  }
  return ledger([claim], evidence).get(claim.id)!
}

const measured = claims.filter((claim) => 'networks' in claim)

test('every claim about networks has a case below, and its networks are in a sweep', () => {
  expect(Object.keys(cases).sort()).toEqual(measured.map(({ id }) => id).sort())
  for (const { networks: group, against } of measured) {
    expect(replicates(group)).toBeGreaterThanOrEqual(6)
    if (against) expect(replicates(against)).toBeGreaterThanOrEqual(replicates(group))
  }
})

describe.each(measured.map((claim) => [claim.id, claim] as const))('the claim %s', (id, claim) => {
  const { effect, none, opposite } = cases[id]

  test('holds where the effect is plain', () => {
    expect(judged(claim, effect).verdict).toBe('holds')
  })

  test('does not hold where there is no effect, or the opposite', () => {
    for (const found of [none, ...(opposite ? [opposite] : [])])
      expect(judged(claim, found).verdict).toBe('does not hold')
  })

  test('cannot be decided where half of the networks have the effect and half have not', () => {
    const [half, other] = [effect, none].map((found) => judged(claim, found).values)
    const mixed = half.map((value, i) => (i % 2 === 0 ? value : other[i]))
    const evidence = { networks: () => networks({}, mixed.length), drawn: () => undefined }
    let at = 0
    const fixed: Claim = { ...claim, value: () => mixed[at++ % mixed.length] }
    expect(ledger([fixed], evidence).get(id)!.verdict).toBe('cannot be decided')
  })
})

describe('claims about how figures are drawn', () => {
  const drawn = claims.filter((claim) => 'drawn' in claim)
  const verdict = (claim: Claim, value: number | null | undefined) =>
    ledger([claim], { networks: () => 'none', drawn: () => (value === undefined ? undefined : [value]) }).get(
      claim.id,
    )!.verdict

  test.each(drawn.map((claim) => [claim.id, claim] as const))(
    '%s is decided by a build and by nothing else',
    (_, claim) => {
      const found = [1, 80].map((value) => verdict(claim, value))
      expect(found.sort()).toEqual(['does not hold', 'holds'])
      expect(verdict(claim, undefined)).toBe('not evaluated')
      expect(verdict(claim, null)).toBe('does not hold')
    },
  )
})

test('claims have names of their own, a statement and a reason, and parts that are claims', () => {
  const ids = claims.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const claim of claims) {
    expect(claim.statement).toMatch(/^[A-Z].*\.$/)
    if ('reason' in claim) expect(claim.reason).toMatch(/\.$/)
    if ('parts' in claim) expect(ids).toEqual(expect.arrayContaining([...claim.parts]))
  }
})

describe('the ledger', () => {
  const claim = (id: string) => claims.find((candidate) => candidate.id === id)!
  const parts = ['none.opposes-whole.epoch-10', 'none.opposes-whole.over-epochs', 'none.opposes-whole']

  test('says why evidence is not to be had', () => {
    const evidence = { networks: () => 'recorded of another protocol', drawn: () => undefined }
    const judgements = ledger(claims, evidence)
    expect([...judgements.values()].map(({ verdict }) => verdict)).toEqual(claims.map(() => 'not evaluated'))
    expect(judgements.get('none.learns')!.because).toBe('recorded of another protocol')
  })

  test('a claim with parts holds in part where some do, and says which', () => {
    const [first, second, whole] = parts.map(claim)
    const evidence = (atTen: number) => ({
      networks: () =>
        networks({ whole: 0.2 }).map(({ seed, measures }) => ({
          seed,
          measures: {
            ...measures,
            checkpoints: { 10: network({ whole: atTen }, seed).checkpoints[10] },
          },
        })),
      drawn: () => undefined,
    })
    expect(ledger([first, second, whole], evidence(0.2)).get(whole.id)!.verdict).toBe('holds')
    const inPart = ledger([whole, first, second], evidence(0)).get(whole.id)!
    expect(inPart).toMatchObject({
      verdict: 'holds in part',
      because: 'of its parts, none.opposes-whole.over-epochs hold',
    })
  })

  test('a network without a value speaks for neither side', () => {
    const signs = claim('signs.population')
    const some = (missing: number) => ({
      networks: () =>
        networks({ balanced: 0 }).map(({ seed, measures }, i) => ({
          seed,
          measures: i < missing ? network({ balanced: null }, seed) : measures,
        })),
      drawn: () => undefined,
    })
    expect(ledger([signs], some(6)).get(signs.id)!.verdict).toBe('holds')
    expect(ledger([signs], some(7)).get(signs.id)!).toMatchObject({
      verdict: 'cannot be decided',
      because: '7 networks have no value',
    })
  })

  test("a build's own network meets a claim or does not, one by one and for claims with parts", () => {
    const own = (group: Group) => (conditionOf(group) === 'none' ? network({ whole: 0.2 }, 5) : undefined)
    const found = ownNetworks(parts.map(claim), own)
    expect(found.get('none.opposes-whole.epoch-10')!.value).toBeCloseTo(0.2, 1)
    expect([...found.values()].map(({ meets }) => meets)).toEqual([true, true, true])
    const other = ownNetworks(parts.map(claim), () => network({ whole: 0 }, 5))
    expect([...other.values()].map(({ meets }) => meets)).toEqual([false, false, false])
    expect(ownNetworks(claims, () => undefined).size).toBe(0)
  })
})
