import microdiff from 'microdiff'
import { z } from 'zod'
import { canonicalJson, engineVersion, sha256 } from './fingerprint.ts'
import { digest, fileName, label, parseRecord } from './record.ts'
import type { Run } from './run.ts'
import type { Tensor } from './stage.ts'
import { parse, type Store, type StoredFile, storedFile } from './store.ts'
import { decodeTensors } from './tensors.ts'

/** A file of a result as the record of reproducibility keeps it. */
export interface LockedFile extends StoredFile {
  /** Digest of each tensor's element type, shape and values, by name. */
  readonly tensors?: { readonly [name: string]: string }
}

/** The record of reproducibility: what the results of a profile are, to the bit. */
export interface ResultsLock {
  readonly profile: string
  readonly engine: string
  readonly node: string
  /** In the graph's order. */
  readonly stages: {
    readonly [stage: string]: {
      readonly digest: string
      readonly files: { readonly [file: string]: LockedFile }
    }
  }
}

const resultsLock: z.ZodType<ResultsLock> = z.object({
  profile: label,
  engine: label,
  node: label,
  stages: z.record(
    label,
    z.object({
      digest,
      files: z.record(fileName, storedFile.extend({ tensors: z.record(z.string(), digest).exactOptional() })),
    }),
  ),
})

/** The record of reproducibility that a text holds. @throws Damaged when it holds none */
export const parseLock = (text: string): ResultsLock => parseRecord(resultsLock, text)

/** A stage whose result is not the locked one. */
export interface Deviation {
  readonly stage: string
  /** What differs and by how much, one line each. */
  readonly details: readonly string[]
  /** Whether an upstream stage's result differs too, so that this was to be expected. */
  readonly consequence: boolean
}

/** The record of a run's results. @throws when a stage has none */
export async function lockRun(run: Run): Promise<ResultsLock> {
  const stages: Record<string, { digest: string; files: Record<string, LockedFile> }> = {}
  for (const { name } of run.stages) {
    const result = run.stage(name)
    const files: Record<string, LockedFile> = {}
    for (const [file, stored] of Object.entries(result.files)) {
      if (!file.endsWith('.safetensors')) files[file] = stored
      else {
        const digests = Object.entries(await result.tensors(file)).map(([tensor, value]) => [
          tensor,
          tensorDigest(value),
        ])
        files[file] = { ...stored, tensors: Object.fromEntries(digests) }
      }
    }
    stages[name] = { digest: result.digest, files }
  }
  return { profile: run.profile, engine: engineVersion(run.engine), node: process.versions.node, stages }
}

/**
 * Where a run's results are not the locked ones, in the graph's order.
 * @param store may hold the locked results, to say by how much tensors differ
 */
export async function deviations(lock: ResultsLock, run: Run, store: Store): Promise<Deviation[]> {
  const found: Deviation[] = []
  const differing = new Set<string>()
  for (const { name, inputs, digest } of run.stages) {
    const locked = lock.stages[name]
    if (locked?.digest === digest) continue
    differing.add(name)
    const consequence = Object.values(inputs).some((upstream) => differing.has(upstream))
    const details = locked
      ? await compareFiles(locked.files, run, name, store)
      : ['the stage is not in the record']
    found.push({ stage: name, details, consequence })
  }
  const names = new Set(run.stages.map(({ name }) => name))
  const gone = Object.keys(lock.stages).filter((stage) => !names.has(stage))
  return [...found, ...gone.map((stage) => ({ stage, details: ['the stage is gone'], consequence: false }))]
}

async function compareFiles(
  locked: ResultsLock['stages'][string]['files'],
  run: Run,
  stage: string,
  store: Store,
) {
  const result = run.stage(stage)
  const details: string[] = []
  for (const file of new Set([...Object.keys(locked), ...Object.keys(result.files)])) {
    const [before, now] = [locked[file], result.files[file]]
    if (!before) details.push(`${file} is not in the record`)
    else if (!now) details.push(`${file} is gone`)
    else if (before.integrity !== now.integrity) {
      const kept = await store.read(before).catch(() => undefined)
      if (file.endsWith('.safetensors')) {
        const tensors = await result.tensors(file)
        details.push(...compareTensors(file, before.tensors ?? {}, tensors, kept && decodeTensors(kept)))
      } else if (kept) details.push(...compareJson(file, parse(file, kept), await result.json(file)))
      else details.push(`${file} differs (${unknownSize})`)
    }
  }
  return details
}

const unknownSize = 'by how much is not known: the recorded one is not in the cache'

function compareTensors(
  file: string,
  before: { readonly [name: string]: string },
  now: { readonly [name: string]: Tensor },
  kept: { readonly [name: string]: Tensor } | undefined,
): string[] {
  const details: string[] = []
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const tensor = `${file}: tensor ${name}`
    if (!now[name]) details.push(`${tensor} is gone`)
    else if (!before[name]) details.push(`${tensor} is not in the record`)
    else if (before[name] !== tensorDigest(now[name])) {
      details.push(
        kept?.[name]
          ? `${tensor} ${difference(kept[name], now[name])}`
          : `${tensor} differs (${unknownSize})`,
      )
    }
  }
  return details.length > 0 ? details : [`${file} differs in its axes or units only`]
}

/** "[100, 20]: 3 of 2000 values differ, by at most 1.2e-7 (largest value 0.31)" */
function difference(before: Tensor, now: Tensor): string {
  const shape = `[${now.shape.join(', ')}]`
  if (before.shape.join() !== now.shape.join())
    return `has shape ${shape} instead of [${before.shape.join(', ')}]`
  let [count, most, largest] = [0, 0, 0]
  for (let i = 0; i < now.data.length; i++) {
    const distance = Math.abs(now.data[i] - before.data[i])
    largest = Math.max(largest, Math.abs(before.data[i]))
    if (Object.is(now.data[i], before.data[i])) continue
    count++
    most = Number.isNaN(distance) ? Number.NaN : Math.max(most, distance)
  }
  return `${shape}: ${count} of ${now.data.length} values differ, by at most ${most.toPrecision(2)} (largest value ${largest.toPrecision(2)})`
}

function compareJson(file: string, before: unknown, now: unknown): string[] {
  return microdiff({ '': before }, { '': now }).map((change) => {
    const path = change.path.slice(1).join('.')
    const was = change.type === 'CREATE' ? 'nothing' : JSON.stringify(change.oldValue)
    return `${file}: ${path} is ${change.type === 'REMOVE' ? 'nothing' : JSON.stringify(change.value)} instead of ${was}`
  })
}

function tensorDigest({ shape, data }: Tensor): string {
  const kind = canonicalJson({ type: data.constructor.name, shape })
  return sha256(
    Buffer.concat([Buffer.from(kind), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]),
  )
}
