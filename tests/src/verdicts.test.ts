import { describe, expect, test } from 'vitest'
import type { Claim, Group } from '../../experiments/claims/claim.ts'
import { claims } from '../../experiments/claims/index.ts'
import { ledger as judged } from '../../experiments/claims/ledger.ts'
import { members, sweeps } from '../../experiments/sweeps.ts'
import { digestOfMeasures, protocolOf, type Recorded } from '../../pipeline/evidence.ts'
import type { Json } from '../../pipeline/stage.ts'
import { type Entry, type Ledger, openLedger, type Recordings } from '../../src/data/ledger.ts'
import { contradiction, grounds, marksOf, rows, strip, tally } from '../../src/verdicts.ts'
import { type Found, network, networks } from '../experiments/claims/networks.ts'

const named = (id: string) => claims.find((claim) => claim.id === id) as Claim

/** The ledger of networks in which this is found. */
function found(what: Found, own?: boolean): Ledger {
  const evidence = { networks: (_: Group) => networks(what), drawn: () => undefined }
  return new Map(
    [...judged(claims, evidence)].map(([id, judgement]): [string, Entry] => [
      id,
      {
        from: [],
        claim: named(id),
        judgement,
        ...(own !== undefined && { own: { value: 0.5, meets: own } }),
      },
    ]),
  )
}

/** Recorded evidence of the sweep `plain`, of as many networks. */
function recorded(what: Found, count = 24, change: Partial<Recorded> = {}): Recordings {
  const all = members(sweeps.plain).slice(0, count)
  const entries = all.map((member): Recorded => {
    const measures = network(what, member.seed) as unknown as Json
    return {
      id: member.id,
      group: member.group,
      seed: member.seed,
      protocol: protocolOf(member),
      code: 'c'.repeat(64),
      digest: digestOfMeasures(measures),
      stages: {},
      measures,
      ...change,
    }
  })
  return new Map([['plain', { sweep: 'plain', engine: 'wasm (1)', verified: null, members: entries }]])
}

describe('the ledger of recorded evidence', () => {
  const of = async (recordings: Recordings) =>
    (await openLedger(recordings)).get('vote.explains-biases')!.judgement

  test('has a verdict where all networks are recorded as the protocol is', async () => {
    expect((await of(recorded({ biases: 'vote' }))).verdict).toBe('holds')
    expect((await of(recorded({ biases: 0.2 }))).verdict).toBe('does not hold')
  })

  test('has a verdict by the first networks, up to one that is missing, and says how many they are', async () => {
    const ledger = await openLedger(recorded({ biases: 'vote' }, 23))
    const entry = ledger.get('vote.explains-biases')!
    expect(entry.judgement.verdict).toBe('holds')
    expect(grounds(entry)).toMatch(/over the first 23 of 24 networks; /)
    const [[name, evidence]] = recorded({ biases: 'vote' }, 12)
    const withGap = { ...evidence, members: evidence.members.filter((_, i) => i !== 8) }
    expect((await of(new Map([[name, withGap]]))).values).toHaveLength(8)
  })

  test('is not evaluated by too few networks, by another protocol, by nothing', async () => {
    expect(await of(recorded({ biases: 'vote' }, 5))).toMatchObject({
      verdict: 'not evaluated',
      because: 'evidence/plain.json has 5 of 24 networks of the group "plain"',
    })
    expect(await of(recorded({ biases: 'vote' }, 24, { protocol: 'd'.repeat(64) }))).toMatchObject({
      verdict: 'not evaluated',
      because: 'evidence/plain.json is of another protocol',
    })
    expect(await of(new Map())).toMatchObject({ because: 'there is no evidence/plain.json' })
  })
})

describe('words', () => {
  const holding = found({ biases: 'vote' }).get('vote.explains-biases')!

  test('that say what is found are not contradicted, others are, with value, interval and rule', () => {
    expect(contradiction(holding, 'holds')).toBeUndefined()
    expect(contradiction(holding, 'does not hold')).toEqual({
      by: 'evidence',
      reason: 'it holds: median 1.00, 95% interval 1.00 to 1.00 over 24 networks; the rule is at least 0.90',
    })
    const failing = found({ biases: 0.2 }).get('vote.explains-biases')!
    expect(contradiction(failing, 'holds')!.reason).toMatch(
      /^it does not hold: median .*, 95% interval .* over 24 networks; the rule is at least 0\.90$/,
    )
  })

  test("are contradicted by a build's own network alone, unless they claim neither side", () => {
    const with_ = (meets: boolean) => found({ biases: 'vote' }, meets).get('vote.explains-biases')!
    expect(contradiction(with_(false), 'holds')).toEqual({
      by: 'own network',
      reason: 'the network of this build says otherwise: 0.50; the rule is at least 0.90',
    })
    expect(contradiction(with_(true), 'holds')).toBeUndefined()
  })

  test('about a claim that is not evaluated are contradicted by nothing, and counted', async () => {
    const empty = await openLedger(new Map())
    expect(contradiction(empty.get('none.learns')!, 'does not hold')).toBeUndefined()
    const sayings = [
      { claim: 'none.learns', says: 'holds' },
      { claim: 'start.agrees', says: 'holds' },
    ]
    expect(tally(empty, sayings)).toMatchObject({
      byEvidence: 0,
      notEvaluated: 2,
      because: ['there is no evidence/plain.json'],
    })
    expect(tally(empty, [{ claim: 'none.learns', says: 'not evaluated' }]).notEvaluated).toBe(0)
    expect(tally(found({ r2: 0.5, cosineAtStart: 0.99 }), sayings)).toMatchObject({ byEvidence: 1 })
    expect(tally(found({ r2: 0.999, cosineAtStart: 0.99 }, false), sayings)).toMatchObject({
      byOwnNetwork: 2,
    })
  })

  test('carry a mark for each claim, another one where they are contradicted', () => {
    const signs = (what: Found) =>
      marksOf(found(what), 'none.learns, start.agrees', 'holds').map(({ sign, against }) => [sign, against])
    expect(signs({ r2: 0.999, cosineAtStart: 0.99 })).toEqual([
      ['✓', false],
      ['✓', false],
    ])
    expect(signs({ r2: 0.999, cosineAtStart: 0 })).toEqual([
      ['✓', false],
      ['‡', true],
    ])
  })
})

describe('the table', () => {
  test("has what the source says in the order of its paragraphs, then the article's claims, each once", () => {
    const ledger = found({})
    const all = rows(ledger, undefined, true)
    expect(new Set(all.map(({ entry }) => entry.claim.id)).size).toBe(claims.length)
    const paragraphs = rows(ledger, 'source', false).map(({ entry }) =>
      typeof entry.claim.by === 'object' ? entry.claim.by.source : undefined,
    )
    expect(paragraphs).toEqual([...paragraphs].sort((a, b) => a! - b!))
    expect(rows(ledger, 'article', false).every(({ entry }) => entry.claim.by === 'article')).toBe(true)
  })

  test('plots the networks of a claim, and says what decides it', () => {
    const entry = found({ biases: 0.3 }).get('none.opposes-biases.epoch-10')!
    expect(strip(entry)).toMatchObject({ bound: 0.05, domain: [0, 0.6] })
    expect(strip(entry)!.values).toHaveLength(24)
    expect(grounds(entry)).toMatch(/^median 30%, 95% interval \d+% to 3\d% over 24 networks; .* at least 5%$/)
    expect(strip(found({}).get('none.opposes-biases')!)).toBeUndefined()
  })
})
