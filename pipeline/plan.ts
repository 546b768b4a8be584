import type { Cache } from './cache.ts'
import {
  type Code,
  differences,
  type Engine,
  engineVersion,
  type Fingerprint,
  fingerprint,
  keyOf,
  readCode,
} from './fingerprint.ts'
import { find, needed, ordered } from './graph.ts'
import { Damaged } from './record.ts'
import type { Stage } from './stage.ts'
import type { LastResult, Manifest } from './store.ts'

export interface PlanOptions {
  /** The project's root: modules of stages are relative to it. */
  readonly root: string
  readonly cache: Cache
  readonly profile: string
  readonly engine: Engine
  /** Run these stages and what they need, and no others. */
  readonly only?: readonly string[]
  /** Make these again even if nothing changed. */
  readonly force?: readonly string[]
}

/** Digest of a stage's result, by the stage's name. */
export type Digests = { readonly [stage: string]: string }

/** What a run is to see to, and what decides the result of each stage. */
export interface Plan {
  /** All stages, each after those it needs. */
  readonly order: readonly Stage[]
  /** Those that may run. */
  readonly selected: ReadonlySet<Stage>
  /** Those to be made again even if nothing changed. */
  readonly forced: ReadonlySet<Stage>
  code(stage: Stage): Code
  /** The stage's most recent result in this profile. */
  last(stage: Stage): LastResult | undefined
  /** What decides the stage's result, if those of its upstream stages have these digests. */
  fingerprint(stage: Stage, digests: Digests): Fingerprint
  /** Looks the stage's result up and verifies it, to the last byte. */
  appraise(stage: Stage, digests: Digests): Promise<Appraisal>
}

/** How the stored result of a stage stands against what decides it now. */
export interface Appraisal {
  readonly key: string
  readonly fingerprint: Fingerprint
  /** The stored result, if it is there and every byte of it is right. */
  readonly manifest?: Manifest
  /** Why it has to be made, if it is not there; one line each. */
  readonly reasons: readonly string[]
  /** Digest that the result had before it was damaged. */
  readonly expected?: string
}

/**
 * @throws an Error that shows what is wrong with the graph or the code of the stages, or which name is
 * unknown
 */
export async function planOf(stages: readonly Stage[], options: PlanOptions): Promise<Plan> {
  const { root, cache, profile, only, force } = options
  const order = ordered(stages)
  const selected = new Set(only ? needed(order, only) : order)
  const forced = new Set(force?.map((name) => find(order, name)))
  const modules = order.map(({ module }) => module)
  const codes = await readCode(root, modules)
  const lasts = new Map<Stage, LastResult>()
  for (const stage of order) {
    const last = await cache.store.last(profile, stage.name)
    if (last) lasts.set(stage, last)
  }
  const engine = engineVersion(options.engine)

  function code({ name, module }: Stage): Code {
    const found = codes.get(module)
    if (!found) throw new Error(`The stage "${name}" is not of this plan.`)
    return found
  }
  const decided = (stage: Stage, digests: Digests) => fingerprint(stage, code(stage), digests, engine)

  return {
    order,
    selected,
    forced,
    code,
    last: (stage) => lasts.get(stage),
    fingerprint: decided,
    async appraise(stage, digests) {
      const now = decided(stage, digests)
      const key = keyOf(now)
      const about = { key, fingerprint: now }
      try {
        const manifest = await cache.store.manifest(key)
        if (!manifest) return { ...about, reasons: why(lasts.get(stage), now, key) }
        const damages = await cache.store.damages(manifest)
        return damages.length === 0
          ? { ...about, manifest, reasons: [] }
          : { ...about, reasons: damages, expected: manifest.digest }
      } catch (error) {
        if (!(error instanceof Damaged)) throw error
        return { ...about, reasons: [`its record in the cache ${error.message}`] }
      }
    },
  }
}

function why(last: LastResult | undefined, now: Fingerprint, key: string): string[] {
  if (!last) return ['not made before']
  return last.key === key ? ['its record in the cache is missing'] : differences(last.fingerprint, now)
}

/**
 * How a stage's result stands. Stale: it would be made again. Waiting: what it needs would be, and it depends
 * on that whether it would.
 */
export type Inspection =
  | { readonly state: 'fresh'; readonly stage: Stage; readonly manifest: Manifest }
  | {
      readonly state: 'stale' | 'waiting'
      readonly stage: Stage
      /** What changed since the stage's last result, apart from what it waits for; one line each. */
      readonly reasons: readonly string[]
      /** Upstream stages that are not fresh. */
      readonly waitsFor: readonly string[]
      readonly last?: LastResult
    }

/** How each stage's result stands, in the graph's order, without making any. */
export async function inspect(plan: Plan): Promise<Inspection[]> {
  const digests: Record<string, string> = {}
  const found: Inspection[] = []
  for (const stage of plan.order) {
    const waitsFor = Object.values(stage.inputs).filter((name) => digests[name] === undefined)
    const last = plan.last(stage)
    const about = { stage, waitsFor, ...(last && { last }) }
    if (waitsFor.length > 0) {
      const before = Object.values(last?.fingerprint.upstream ?? {})
      const assumed = Object.fromEntries(before.map((upstream) => [upstream.stage, upstream.digest]))
      const now = plan.fingerprint(stage, { ...assumed, ...digests })
      const reasons = last ? differences(last.fingerprint, now) : ['not made before']
      found.push({ ...about, state: 'waiting', reasons })
      continue
    }
    const { manifest, reasons } = await plan.appraise(stage, digests)
    if (manifest) {
      digests[stage.name] = manifest.digest
      found.push({ stage, state: 'fresh', manifest })
    } else found.push({ ...about, state: 'stale', reasons })
  }
  return found
}
