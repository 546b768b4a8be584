import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import canonicalize from 'canonicalize'
import microdiff from 'microdiff'
import { z } from 'zod'
import { digest, json, label } from './record.ts'
import type { Json, Stage } from './stage.ts'

/** The code that a stage runs. */
export interface Code {
  /**
   * Digest of the minified bundle of the stage's module and all it imports. A comment or a renamed local
   * changes nothing in it.
   */
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

/** What is to be found where a fingerprint was stored. */
export const storedFingerprint: z.ZodType<Fingerprint> = z.object({
  parameters: json,
  engine: z.string().nullable(),
  upstream: z.record(z.string(), z.object({ stage: label, digest })),
  code: z.object({
    hash: digest,
    packages: z.record(z.string(), z.string()),
    modules: z.record(z.string(), digest),
  }),
})

/** What decides the bits of stages that use the engine: its name and version. */
export interface Engine {
  readonly name: string
  readonly version: string
}

/** The engine as it enters keys and records. */
export function engineVersion({ name, version }: Engine): string {
  return `${name} (${version})`
}

/** Changes with the format of stored results, so that results of an older format are never read. */
const format = 1

/**
 * Names are shortened and white space goes, so that neither they nor comments and types count; nothing else
 * is changed.
 */
const minification = {
  mangle: { toplevel: true },
  compress: false,
  codegen: { removeWhitespace: true },
} as const

/** Hexadecimal SHA-256. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/**
 * JSON with sorted keys and one way to write each number (RFC 8785). @throws on NaN and the infinities, which
 * JSON does not have
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new Error('undefined is not a JSON value')
  return text
}

/**
 * The address of the result: a digest of what decides it. Names of stages and inputs' origins do not; their
 * content does.
 */
export function keyOf({ parameters, engine, upstream, code }: Fingerprint): string {
  const inputs = Object.fromEntries(Object.entries(upstream).map(([input, { digest }]) => [input, digest]))
  return sha256(
    canonicalJson({ format, parameters, engine, inputs, code: code.hash, packages: code.packages }),
  )
}

/**
 * What decides the result of `stage`, given its code, the digests of its upstream stages and the engine of
 * the run.
 */
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

/**
 * In words, one line each, what differs between two fingerprints of a stage. Empty when their keys are the
 * same.
 */
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
    const name =
      `${kind} ${difference.path.filter((step) => step !== '').join(kind === 'parameter' ? '.' : '')}`.trim()
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
 * The code of each stage module.
 * @param root the project's root; module paths are relative to it
 * @throws with file:line:column when a module is missing or is not TypeScript
 */
export async function readCode(root: string, modules: Iterable<string>): Promise<Map<string, Code>> {
  const code = [...new Set(modules)].map(async (module) => [module, await closure(root, module)] as const)
  return new Map(await Promise.all(code))
}

/** The bundler is loaded when it is needed: workers seldom do. */
async function closure(root: string, module: string): Promise<Code> {
  const { rolldown } = await import('rolldown')
  try {
    const external = (id: string) => !/^[./\\]|^[A-Z]:/i.test(id)
    const input = { input: `./${module}`, cwd: root, external, tsconfig: false, logLevel: 'silent' } as const
    const bundle = await rolldown({ ...input, platform: 'node' })
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, minify: minification })
    const [chunk] = output
    const imported = [...chunk.imports, ...chunk.dynamicImports].filter((name) => name !== chunk.fileName)
    const sources = await Promise.all((await bundle.watchFiles).sort().map((path) => digests(root, path)))
    await bundle.close()
    const included = sources.filter(({ path }) => chunk.moduleIds.includes(path))
    return {
      hash: sha256(chunk.code),
      packages: await versions(root, imported),
      modules: Object.fromEntries(included.map(({ name, minified }) => [name, minified])),
      sources: Object.fromEntries(sources.map(({ name, source }) => [name, source])),
    }
  } catch (error) {
    throw describe(error as Error & BundleError, root, module)
  }
}

async function digests(root: string, path: string) {
  const { minify, transform } = await import('rolldown/utils')
  const source = await readFile(path, 'utf8')
  const { code } = path.endsWith('.json') ? { code: source } : await transform(path, source)
  const { code: minified } = await minify('module.js', code, { ...minification, module: true })
  return {
    path,
    name: relative(root, path).replaceAll('\\', '/'),
    source: sha256(source),
    minified: sha256(minified),
  }
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

/** Version by name of the packages of these import specifiers, and of Node, whose modules are among them. */
async function versions(root: string, specifiers: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = { node: process.versions.node }
  for (const specifier of specifiers.filter((each) => !isBuiltin(each))) {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    found[name] = await version(root, name)
  }
  return found
}

async function version(folder: string, name: string): Promise<string> {
  const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(
    () => undefined,
  )
  if (manifest) return JSON.parse(manifest).version
  return dirname(folder) === folder ? 'not installed' : version(dirname(folder), name)
}

interface BundleError {
  readonly errors?: readonly {
    readonly message: string
    readonly loc?: { file: string; line: number; column: number }
  }[]
}

/**
 * The bundler's errors without their colours and drawings: "experiments/training.ts:3:17: Unexpected token".
 */
function describe(error: Error & BundleError, root: string, module: string): Error {
  if (!error.errors) return error
  const lines = error.errors.map(({ message, loc }) => {
    const [line] = stripVTControlCharacters(message).split('\n')
    const where = loc ? `${relative(root, loc.file)}:${loc.line}:${loc.column + 1}` : module
    return `${where}: ${line.replace(/^\[\w+\] /, '')}`
  })
  return new Error(lines.join('\n'))
}
