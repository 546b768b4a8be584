import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import canonicalize from 'canonicalize'
import { type BuildFailure, build, type Message, type Metafile, transform } from 'esbuild'
import microdiff from 'microdiff'
import type { Json, Stage } from './stage.ts'

/** The code that a stage runs. */
export interface Code {
  /** Digest of the minified bundle of the stage's module and all it imports. A comment or a renamed local changes nothing in it. */
  readonly hash: string
  /** Version by name of each package that the bundle imports, and of Node. */
  readonly packages: { readonly [name: string]: string }
  /** Digest of each module of the closure, minified alone: to name the one that changed. */
  readonly modules: { readonly [path: string]: string }
  /** Digest of each module's source, to notice an edit made while a run is under way. */
  readonly sources: { readonly [path: string]: string }
}

/** Everything that decides a stage's result. */
export interface Fingerprint {
  readonly parameters: Json
  readonly engine: string | null
  /** Input name -> the upstream stage and the digest of its result. */
  readonly upstream: { readonly [input: string]: { readonly stage: string; readonly digest: string } }
  readonly code: Omit<Code, 'sources'>
}

/** Changes with the format of stored results, so that results of an older format are never read. */
const format = 1

/** Hexadecimal SHA-256. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** JSON with sorted keys and one way to write each number (RFC 8785). @throws on NaN and the infinities, which JSON does not have */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new Error('undefined is not a JSON value')
  return text
}

/** The address of the result: a digest of what decides it. Names of stages and inputs' origins do not; their content does. */
export function keyOf({ parameters, engine, upstream, code }: Fingerprint): string {
  const inputs = Object.fromEntries(Object.entries(upstream).map(([input, { digest }]) => [input, digest]))
  return sha256(canonicalJson({ format, parameters, engine, inputs, code: code.hash, packages: code.packages }))
}

/** What decides the result of `stage`, given its code, the digests of its upstream stages and the engine of the run. */
export function fingerprint(
  stage: Stage,
  code: Code,
  digests: { readonly [stage: string]: string },
  engine: string,
): Fingerprint {
  const { hash, packages, modules } = code
  return {
    parameters: stage.parameters,
    engine: stage.usesEngine ? engine : null,
    upstream: Object.fromEntries(
      Object.entries(stage.inputs).map(([input, name]) => [input, { stage: name, digest: digests[name] }]),
    ),
    code: { hash, packages, modules },
  }
}

/** In words, one line each, what differs between two fingerprints of a stage. Empty when their keys are the same. */
export function differences(before: Fingerprint, now: Fingerprint): string[] {
  if (keyOf(before) === keyOf(now)) return []
  const lines = changes('parameter', { '': before.parameters }, { '': now.parameters })
  if (before.engine !== now.engine) lines.push(`engine ${before.engine ?? 'none'} -> ${now.engine ?? 'none'}`)
  for (const input of new Set([...Object.keys(before.upstream), ...Object.keys(now.upstream)])) {
    const [old, current] = [before.upstream[input], now.upstream[input]]
    if (!old) lines.push(`input "${input}" is new (from ${current.stage})`)
    else if (!current) lines.push(`input "${input}" is gone (was from ${old.stage})`)
    else if (old.digest !== current.digest) lines.push(`upstream ${current.stage}: another result`)
  }
  lines.push(...changes('package', before.code.packages, now.code.packages))
  if (before.code.hash !== now.code.hash) {
    const modules = changes('code', before.code.modules, now.code.modules).map((line) =>
      line.replace(/ [0-9a-f]{64} -> .*/, ''),
    )
    lines.push(...(modules.length > 0 ? modules : ['code: which parts of the modules are used']))
  }
  return lines.length > 0 ? lines : ['names of the inputs, or the format of the cache']
}

function changes(kind: string, before: Record<string, unknown>, now: Record<string, unknown>): string[] {
  return microdiff(before, now).map((difference) => {
    const name = `${kind} ${difference.path.filter((step) => step !== '').join(kind === 'parameter' ? '.' : '')}`.trim()
    if (difference.type === 'CREATE')
      return kind === 'code' ? `${name} (new)` : `${name} added: ${show(difference.value)}`
    if (difference.type === 'REMOVE')
      return kind === 'code' ? `${name} (gone)` : `${name} removed: ${show(difference.oldValue)}`
    return `${name} ${show(difference.oldValue)} -> ${show(difference.value)}`
  })
}

function show(value: unknown): string {
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/**
 * The code of each stage module, by one esbuild run for all of them.
 * @param root the project's root; module paths are relative to it
 * @throws with file:line:column when a module is missing or is not TypeScript
 */
export async function readCode(root: string, modules: Iterable<string>): Promise<Map<string, Code>> {
  const entryPoints = [...new Set(modules)]
  if (entryPoints.length === 0) return new Map()
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    minify: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    tsconfigRaw: {},
    legalComments: 'none',
    outdir: 'bundles',
    outbase: root,
    write: false,
    metafile: true,
    logLevel: 'silent',
  }).catch((error: BuildFailure) => {
    throw new Error(error.errors?.map(describe).join('\n') ?? error.message)
  })
  const bundles = new Map(outputFiles.map(({ path, contents }) => [path, sha256(contents)]))
  const digests = await moduleDigests(root, Object.keys(metafile.inputs))
  const code = new Map<string, Code>()
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const closure = importClosure(metafile, output.entryPoint!)
    const external = output.imports.filter((edge) => edge.external).map((edge) => packageName(edge.path))
    code.set(output.entryPoint!, {
      hash: bundles.get(resolve(root, path))!,
      packages: await versions(root, external),
      modules: Object.fromEntries(closure.map((module) => [module, digests.get(module)!.minified])),
      sources: Object.fromEntries(closure.map((module) => [module, digests.get(module)!.source])),
    })
  }
  return code
}

/** Those of `code.sources` whose files are no longer as they were when the code was read. */
export async function editedSources(root: string, code: Code): Promise<string[]> {
  const edited = await Promise.all(
    Object.entries(code.sources).map(async ([path, digest]) => {
      const source = await readFile(join(root, path)).catch(() => '')
      return sha256(source) === digest ? [] : [path]
    }),
  )
  return edited.flat()
}

async function moduleDigests(root: string, modules: string[]) {
  return new Map(
    await Promise.all(
      modules.map(async (module) => {
        const source = await readFile(join(root, module), 'utf8')
        const loader = module.endsWith('.json') ? 'json' : 'ts'
        const { code } = await transform(source, { loader, minify: true, legalComments: 'none', tsconfigRaw: {} })
        return [module, { source: sha256(source), minified: sha256(code) }] as const
      }),
    ),
  )
}

function importClosure({ inputs }: Metafile, entry: string): string[] {
  const found = new Set([entry])
  for (const module of found) {
    for (const edge of inputs[module].imports) if (!edge.external && inputs[edge.path]) found.add(edge.path)
  }
  return [...found].sort()
}

/** `@scope/name` of `@scope/name/some/file.js`; undefined for a module of Node itself. */
function packageName(specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

async function versions(root: string, names: (string | undefined)[]): Promise<Record<string, string>> {
  const found: Record<string, string> = { node: process.versions.node }
  for (const name of new Set(names)) if (name) found[name] = await version(root, name)
  return found
}

async function version(folder: string, name: string): Promise<string> {
  const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(() => undefined)
  if (manifest) return JSON.parse(manifest).version
  return dirname(folder) === folder ? 'not installed' : version(dirname(folder), name)
}

function describe({ location, text }: Message): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text
}
