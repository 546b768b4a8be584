/**
 * The definition of a stage: what it is told, which stages it reads, which files it leaves and what each
 * holds, which random streams it draws from.
 * Names, files and types of the study, the stages and the site all come from here: a stage is addressed by
 * `training.at('none')`, opened with `open(run, address)`, and each of its files is then a method,
 * `await open(run, training.at('none')).history()`, that checks what comes off the disk.
 */

import type { z } from 'zod'
import type {
  Artifacts,
  Json,
  Stage,
  StageContext,
  StageFunction,
  Tensor,
  Tensors,
  TypedArray,
  Upstream,
} from '../pipeline/stage.ts'
import type { MaskName, StreamFamily } from './streams.ts'

/** What a file holds: JSON of a schema, or tensors. */
export interface Content<C> {
  readonly ending: '.json' | '.safetensors'
  /** The content as its readers get it. @throws an Error that says where it is not what it should be */
  read(stored: Json | Tensors): C
  /** The content as it is stored. */
  write(content: C): Json | Tensors
}

/** Files of one content, one for each key: `parameters-10.safetensors`. */
export interface Each<K extends string | number, C> {
  readonly each: Content<C>
  /** What tells the files apart; only a type. */
  readonly key?: K
}

/** Files of a stage by name, without their endings. */
export type Files = { readonly [name: string]: Content<unknown> | Each<string | number, unknown> }

/** What a stage returns: the content of each of its files. */
export type Contents<F> = {
  readonly [N in keyof F]: F[N] extends Each<infer K, infer C>
    ? number extends K
      ? { readonly [key: number]: C }
      : { readonly [key in K]?: C }
    : F[N] extends Content<infer C>
      ? C
      : never
}

/** A stage's files as methods that read and check them. */
export type Reader<F> = {
  readonly [N in keyof F]: F[N] extends Each<infer K, infer C>
    ? (key: K) => Promise<C>
    : F[N] extends Content<infer C>
      ? () => Promise<C>
      : never
}

/** JSON of a schema. */
export function json<C>(schema: z.ZodType<C>): Content<C> {
  return {
    ending: '.json',
    read(stored) {
      const { data, error } = schema.safeParse(stored)
      if (!error) return data
      const [{ path, message }] = error.issues
      throw new Error(`${path.join('.') || 'the whole'}: ${message}`)
    },
    // The store refuses what is not JSON.
    write: (content) => content as Json,
  }
}

/** The type of a tensor: its elements, the name of each axis, the unit of its values. */
export interface TensorType<A extends TypedArray> {
  readonly array: { new (length: number): A; readonly name: string }
  readonly axes: readonly string[]
  readonly unit?: string
}

const elements =
  <A extends TypedArray>(array: TensorType<A>['array']) =>
  (axes: readonly string[], unit?: string): TensorType<A> => ({
    array,
    axes,
    ...(unit !== undefined && { unit }),
  })
export const float64 = elements<Float64Array>(Float64Array)
export const float32 = elements<Float32Array>(Float32Array)
export const int32 = elements<Int32Array>(Int32Array)
export const uint16 = elements<Uint16Array>(Uint16Array)

/** A tensor that not every stage of the kind has. */
export const optional = <A extends TypedArray>(type: TensorType<A>) => ({ optional: type })

type TensorsOf<T> = {
  readonly [N in keyof T]: T[N] extends TensorType<infer A>
    ? Tensor<A>
    : T[N] extends { readonly optional: TensorType<infer A> }
      ? Tensor<A> | undefined
      : never
}

/** Tensors of these names and types. */
export function tensors<
  const T extends {
    readonly [name: string]: TensorType<TypedArray> | { readonly optional: TensorType<TypedArray> }
  },
>(types: T): Content<TensorsOf<T>> {
  return {
    ending: '.safetensors',
    read(stored) {
      const found = stored as Tensors
      for (const [name, declared] of Object.entries(types)) {
        if (found[name]) checkTensor(name, found[name], 'optional' in declared ? declared.optional : declared)
        else if (!('optional' in declared)) throw new Error(`there is no tensor "${name}"`)
      }
      // Checked by name.
      return found as TensorsOf<T>
    },
    write: (content) =>
      Object.fromEntries(
        Object.entries<Tensor | undefined>(content).flatMap(([name, tensor]) => {
          const declared = types[name]
          const { axes, unit } = 'optional' in declared ? declared.optional : declared
          return tensor ? [[name, { ...tensor, axes, ...(unit !== undefined && { unit }) }]] : []
        }),
      ),
  }
}

/** Tensors of any names, all of this type. */
export function tensorsOf<A extends TypedArray>(
  type: TensorType<A>,
): Content<{
  readonly [name: string]: Tensor<A>
}> {
  return {
    ending: '.safetensors',
    read(stored) {
      const found = stored as { readonly [name: string]: Tensor<A> }
      for (const [name, tensor] of Object.entries(found)) checkTensor(name, tensor, type)
      return found
    },
    write: (content) =>
      Object.fromEntries(
        Object.entries(content).map(([name, tensor]) => [
          name,
          { ...tensor, axes: type.axes, ...(type.unit !== undefined && { unit: type.unit }) },
        ]),
      ),
  }
}

/** Tensors of any names and axes whose elements are float32. */
export function float32Tensors(): Content<{ readonly [name: string]: Tensor<Float32Array> }> {
  return {
    ending: '.safetensors',
    read(stored) {
      const found = stored as { readonly [name: string]: Tensor<Float32Array> }
      for (const [name, tensor] of Object.entries(found))
        checkTensor(name, tensor, { array: Float32Array, axes: tensor.axes ?? tensor.shape.map(String) })
      return found
    },
    write: (content) => content,
  }
}

/** Tensors of any names, axes and elements. */
export const anyTensors = (): Content<Tensors> => ({
  ending: '.safetensors',
  read: (stored) => stored as Tensors,
  write: (content) => content,
})

function checkTensor(name: string, { shape, data, axes }: Tensor, type: TensorType<TypedArray>): void {
  if (!(data instanceof type.array))
    throw new Error(`tensor "${name}" holds ${data.constructor.name}, not ${type.array.name}`)
  const found = axes ?? shape.map((_, i) => type.axes[i] ?? '?')
  if (shape.length !== type.axes.length || found.join() !== type.axes.join())
    throw new Error(`tensor "${name}" has the axes [${found.join(', ')}], not [${type.axes.join(', ')}]`)
}

/** What the readers of a stage need to know of it. */
export interface Kind<K extends string = string, F extends Files = Files> {
  readonly kind: K
  readonly files: F
}

/** The stages that a stage reads, by the name under which it knows them. */
export type Inputs = { readonly [input: string]: Kind }

/** A stage of the study: its name, composed from kind and place, and its kind. */
export interface Address<K extends string = string, F extends Files = Files> {
  readonly name: string
  readonly of: Kind<K, F>
}

type MaskFamily = (...details: never[]) => MaskName

export interface Definition<
  K extends string,
  P extends object,
  Place extends readonly (string | number)[],
  I extends Inputs,
  F extends Files,
> extends Kind<K, F> {
  /** Path of the module that does the work, relative to the project's root. */
  readonly module: string
  /** All random streams that it may draw from, those of dropout masks by what they mask. */
  readonly streams: readonly StreamFamily[]
  readonly masks: readonly MaskFamily[]
  /** The stage of this kind at a place of the study: a condition, a checkpoint. */
  at(...place: Place): Address<K, F>
  /** The stage as the pipeline sees it. */
  stage(
    place: Place,
    parameters: P,
    inputs: { readonly [N in keyof I]: Address<I[N]['kind'], I[N]['files']> },
  ): Stage
  /** The stage's work, as its module exports it, from the work on opened inputs. */
  implement(
    work: (
      parameters: P,
      inputs: { readonly [N in keyof I]: Reader<I[N]['files']> },
      context: StageContext,
    ) => Promise<Contents<F>>,
  ): StageFunction<P>
}

/**
 * Defines the stages of a kind: `defineStage<Parameters, Place>()({ kind, inputs, files, ... })`. The work is
 * the default export of experiments/stages/<kind>.ts.
 */
export const defineStage =
  <P extends object, Place extends readonly (string | number)[]>() =>
  <const K extends string, I extends Inputs, F extends Files>(about: {
    readonly kind: K
    readonly inputs: I
    readonly files: F
    readonly streams?: readonly StreamFamily[]
    readonly masks?: readonly MaskFamily[]
    /** Whether the engine decides the bits. */
    readonly usesEngine?: boolean
    /** Estimated peak memory, bytes. */
    readonly memory?: number
  }): Definition<K, P, Place, I, F> => {
    const { kind, files, streams = [], masks = [], usesEngine = false, memory } = about
    const module = `experiments/stages/${kind}.ts`
    const definition: Definition<K, P, Place, I, F> = {
      kind,
      module,
      files,
      streams,
      masks,
      at: (...place) => ({ name: [kind, ...place].join(' '), of: definition }),
      stage: (place, parameters, inputs) => ({
        name: definition.at(...place).name,
        module,
        // The pipeline refuses what is not JSON.
        parameters: parameters as Json,
        inputs: Object.fromEntries(Object.entries(inputs).map(([input, { name }]) => [input, name])),
        usesEngine,
        ...(memory !== undefined && { memory }),
      }),
      implement: (work) => async (parameters, upstream, context) => {
        const opened = Object.entries(about.inputs).map(([input, { kind, files }]) => [
          input,
          reader({ kind, files }, upstream[input]),
        ])
        return written(files, await work(parameters, Object.fromEntries(opened), context))
      },
    }
    return definition
  }

/** Files of these contents, as they are stored. */
export function written<F extends Files>(files: F, contents: Contents<F>): Artifacts {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => {
      const content: unknown = contents[name]
      return 'each' in file
        ? Object.entries(content as object).map(([key, one]) => [
            `${name}-${key}${file.each.ending}`,
            file.each.write(one),
          ])
        : [[name + file.ending, file.write(content)]]
    }),
  )
}

/** The contents of files as they were stored. @throws where they do not hold what they should */
export function read<F extends Files>(files: F, stored: Artifacts): Contents<F> {
  const contents = Object.entries(files).map(([name, file]) => {
    if (!('each' in file)) return [name, file.read(stored[name + file.ending])]
    const found = Object.keys(stored).filter((each) => each.startsWith(`${name}-`))
    const keyed = found.map((each) => [
      each.slice(name.length + 1, -file.each.ending.length),
      file.each.read(stored[each]),
    ])
    return [name, Object.fromEntries(keyed)]
  })
  // Built name by name from `files`, as its type is.
  return Object.fromEntries(contents)
}

/** Where stages are found by name: a run. */
export interface Source {
  stage(name: string): Upstream
}

/** The files of a stage of a run. */
export const open = <F extends Files>(source: Source, { name, of }: Address<string, F>): Reader<F> =>
  reader(of, source.stage(name), name)

/** The files of a stage of this kind. */
export function reader<F extends Files>(
  { kind, files }: Kind<string, F>,
  upstream: Upstream,
  stage: string = kind,
): Reader<F> {
  const readFile = async (file: string, content: Content<unknown>) => {
    const stored = await (content.ending === '.json' ? upstream.json(file) : upstream.tensors(file))
    try {
      return content.read(stored)
    } catch (error) {
      const { message } = error as Error
      throw new Error(
        `${file} of stage "${stage}" does not hold what experiments/definitions/ says: ${message}.`,
        { cause: error },
      )
    }
  }
  const methods = Object.entries(files).map(([name, file]) => [
    name,
    'each' in file
      ? (key: string | number) => readFile(`${name}-${key}${file.each.ending}`, file.each)
      : () => readFile(name + file.ending, file),
  ])
  // Built name by name from `files`, as its type is.
  return Object.fromEntries(methods)
}
