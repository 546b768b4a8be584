import { type Code, differences, type Fingerprint, fingerprint, keyOf } from './fingerprint.ts'
import type { Stage } from './stage.ts'
import { Damaged, type LastResult, type Manifest, type Store } from './store.ts'

/** How the stored result of a stage stands against what decides it now. */
export interface Appraisal {
  readonly key: string
  readonly fingerprint: Fingerprint
  /** The stored result, if it is there and every byte of it is right. */
  readonly manifest?: Manifest
  /** Why it has to be made, if it is not there; one line each. */
  readonly reasons: readonly string[]
  /** The stage's most recent result in this profile. */
  readonly last?: LastResult
  /** Digest that the result had before it was damaged. */
  readonly expected?: string
}

/** Looks the stage's result up and verifies it. `digests` has those of its upstream stages' results. */
export async function appraise(
  store: Store,
  profile: string,
  stage: Stage,
  code: Code,
  digests: { readonly [stage: string]: string },
  engine: string,
): Promise<Appraisal> {
  const now = fingerprint(stage, code, digests, engine)
  const key = keyOf(now)
  const last = await store.last(profile, stage.name)
  const about = { key, fingerprint: now, ...(last && { last }) }
  try {
    const manifest = await store.manifest(key)
    if (!manifest) return { ...about, reasons: why(last, now, key) }
    const damages = await store.damages(manifest)
    return damages.length === 0
      ? { ...about, manifest, reasons: [] }
      : { ...about, reasons: damages, expected: manifest.digest }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error
    return { ...about, reasons: [`its record in the cache ${error.message}`] }
  }
}

function why(last: LastResult | undefined, now: Fingerprint, key: string): string[] {
  if (!last) return ['not made before']
  return last.key === key ? ['its record in the cache is missing'] : differences(last.fingerprint, now)
}
