/** What a run and its claims came to, and what decided it: what one version is compared with another by. */
import { z } from 'zod'
import { verdicts } from '../../experiments/claims/claim.ts'
import { openCache } from '../../pipeline/cache.ts'
import { type Fingerprint, storedFingerprint } from '../../pipeline/fingerprint.ts'
import type { Run } from '../../pipeline/run.ts'
import type { Ledger } from './ledger.ts'

const number = z.number().nullable()

const schema = z.object({
  /** That of package.json, and when the run ended. */
  version: z.string(),
  date: z.iso.datetime(),
  profile: z.string(),
  engine: z.object({ name: z.string(), version: z.string() }),
  claims: z.record(
    z.string(),
    z.object({
      verdict: z.enum(verdicts),
      median: number,
      /** An end is null where it is infinite. */
      interval: z.tuple([number, number]).nullable(),
    }),
  ),
  /** What decided each stage's result. */
  stages: z.record(z.string(), storedFingerprint),
})

export type Version = z.infer<typeof schema>

/** As `provenance.json` keeps it: code that stages share is written once, under its hash. */
export function writeVersion(version: Version): string {
  const code: { [hash: string]: Fingerprint['code'] } = {}
  const stages = Object.entries(version.stages).map(([name, { code: own, ...rest }]) => {
    code[own.hash] = own
    return [name, { ...rest, code: own.hash }]
  })
  return JSON.stringify({ ...version, stages: Object.fromEntries(stages), code }, null, 1)
}

/** @throws when the text is not what `writeVersion` writes */
export function parseVersion(text: string): Version {
  const { code, stages, ...rest } = JSON.parse(text)
  const whole = Object.entries(stages as { [name: string]: { code: string } }).map(([name, stage]) => [
    name,
    { ...stage, code: code[stage.code] },
  ])
  return schema.parse({ ...rest, stages: Object.fromEntries(whole) })
}

/** The version that a run makes. @param version that of package.json */
export async function versionOf(run: Run, ledger: Ledger, version: string): Promise<Version> {
  const { store } = openCache()
  const stages = run.stages.map(async ({ name, key = '' }) => {
    const manifest = await store.manifest(key)
    return manifest ? [[name, manifest.fingerprint] as const] : []
  })
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  const claims = [...ledger.values()].map(({ claim, judgement: { verdict, median, interval } }) => {
    const ends = interval && ([finite(interval[0]), finite(interval[1])] as [number | null, number | null])
    return [claim.id, { verdict, median, interval: ends }] as const
  })
  const { date, profile, engine } = run
  return {
    version,
    date,
    profile,
    engine: { name: engine.name, version: engine.version },
    claims: Object.fromEntries(claims),
    stages: Object.fromEntries((await Promise.all(stages)).flat()),
  }
}
