/** Recorded evidence: what a sweep measured of each of its members, as it is kept in the repository. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from './disk.ts'
import { type Code, canonicalJson, readCode, sha256 } from './fingerprint.ts'
import type { Json, Stage } from './stage.ts'

/**
 * One computation of a sweep, such as one network: its stages, and the name of the one whose `measures.json`
 * is kept.
 */
export interface Member {
  /** Unique in the sweep. */
  readonly id: string
  /** Members of a group differ in their seed only. */
  readonly group: string
  readonly seed: number
  readonly stages: readonly Stage[]
  readonly measures: string
}

const digest = z.string().regex(/^[0-9a-f]{64}$/)

const recorded = z.strictObject({
  id: z.string(),
  group: z.string(),
  seed: z.number(),
  /** `protocolOf` the member and the code that measured it (`codeOf`). */
  protocol: digest,
  code: digest,
  /** Digest of `measures` as canonical JSON, and of the result of each stage that led to them. */
  digest,
  stages: z.record(z.string(), digest),
  measures: z.custom<Json>(),
})

const stamp = z.strictObject({
  /** `codeOf` those members at that time. */
  codes: z.array(digest).min(1),
  node: z.string(),
  /** The members that were computed again, chosen by a hash of this commit. */
  commit: z.string(),
  members: z.array(z.string()).min(1),
  date: z.string(),
})

const evidence = z.strictObject({
  sweep: z.string(),
  /** Name and version of the engine that the members were made with. */
  engine: z.string(),
  /** The last time that a sample of the members was computed again and came out the same to the bit. */
  verified: stamp.nullable(),
  members: z.array(recorded),
})

export type Recorded = z.infer<typeof recorded>
export type Stamp = z.infer<typeof stamp>
/** The content of `evidence/NAME.json`. */
export type Evidence = z.infer<typeof evidence>

/**
 * Digest of all that decides a member besides code and engine: its stages' modules, parameters and inputs.
 */
export function protocolOf({ stages, measures }: Pick<Member, 'stages' | 'measures'>): string {
  const parts = stages.map(({ name, module, parameters, inputs }) => ({ name, module, parameters, inputs }))
  return sha256(canonicalJson({ stages: parts, measures }))
}

/**
 * Digest of the code that computes a member, the versions of its packages and the engine; not of Node, whose
 * patches are verified rather than recomputed.
 */
export function codeOf({ stages }: Member, code: ReadonlyMap<string, Code>, engine: string): string {
  const modules = [...new Set(stages.map(({ module }) => module))].sort().map((module) => {
    const { hash, packages } = code.get(module)!
    const { node, ...others } = packages
    return { module, hash, packages: others }
  })
  return sha256(canonicalJson({ engine, modules }))
}

/**
 * The code of all stages of the members. @throws with file:line:column when a module is missing or is not
 * TypeScript
 */
export function codeOfMembers(root: string, members: readonly Member[]): Promise<Map<string, Code>> {
  return readCode(
    root,
    members.flatMap(({ stages }) => stages.map(({ module }) => module)),
  )
}

/**
 * Whether the evidence has the member as its protocol is, by the code with this digest or verified with it
 * since.
 */
export function isCurrent({ members, verified }: Evidence, member: Member, code: string): boolean {
  const recorded = members.find(({ id }) => id === member.id)
  return (
    recorded?.protocol === protocolOf(member) &&
    (recorded.code === code || (verified?.codes.includes(code) ?? false))
  )
}

/**
 * Members that the evidence has as their protocol is, but neither made by the present code nor verified with
 * it since; the engine is taken to be the recorded one.
 */
export function staleMembers(
  members: readonly Member[],
  code: ReadonlyMap<string, Code>,
  evidence: Evidence,
): Member[] {
  const recorded = new Map(evidence.members.map(({ id, protocol }) => [id, protocol]))
  return members.filter(
    (member) =>
      recorded.get(member.id) === protocolOf(member) &&
      !isCurrent(evidence, member, codeOf(member, code, evidence.engine)),
  )
}

/** Digest of a member's measures, as recorded. */
export const digestOfMeasures = (measures: Json): string => sha256(canonicalJson(measures))

const pathOf = (folder: string, sweep: string) => join(folder, `${sweep}.json`)

/**
 * The evidence of a sweep; undefined when there is none.
 * @throws naming the file and the place when it is not evidence, or was changed by hand
 */
export async function readEvidence(folder: string, sweep: string): Promise<Evidence | undefined> {
  const path = pathOf(folder, sweep)
  const bad = (what: string) =>
    new Error(
      `${path} ${what}. Take it from the repository again, or make it with \`npm run sweep -- ${sweep}\`.`,
    )
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error.code === 'EISDIR' ? bad('is a folder') : error
  })
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw bad(`is not JSON (${(error as Error).message})`)
  }
  const parsed = evidence.safeParse(json)
  if (!parsed.success) {
    const [{ path: where, message }] = parsed.error.issues
    throw bad(`is not the evidence of a sweep: at ${where.join('.') || 'the top'}, ${message}`)
  }
  if (parsed.data.sweep !== sweep) throw bad(`holds the evidence of the sweep "${parsed.data.sweep}"`)
  const changed = parsed.data.members.find(({ measures, digest }) => digestOfMeasures(measures) !== digest)
  if (changed)
    throw bad(`was changed by hand: the measures of member "${changed.id}" do not have their digest`)
  return parsed.data
}

/** Writes the evidence of a sweep, a member a line, as a whole or not at all. */
export async function writeEvidence(folder: string, found: Evidence): Promise<void> {
  const { members, ...about } = found
  const lines = members.map((member) => canonicalJson(member)).join(',\n')
  const head = JSON.stringify(about).slice(0, -1)
  await replaceFile(pathOf(folder, found.sweep), `${head},"members":[\n${lines}\n]}\n`)
}
