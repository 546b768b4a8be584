/** Any JSON value: what stage parameters and small results are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

/**
 * A dense row-major array. `axes` names each dimension, `unit` says what one value means ("1" when it has
 * none).
 */
export interface Tensor<A extends TypedArray = TypedArray> {
  readonly shape: readonly number[]
  readonly data: A
  readonly axes?: readonly string[]
  readonly unit?: string
}

/** Named tensors, kept as one safetensors file. */
export type Tensors = { readonly [name: string]: Tensor }

/**
 * What a stage returns: file name -> content. A name ending in `.safetensors` holds Tensors, one ending in
 * `.json` holds Json.
 */
export type Artifacts = { readonly [file: string]: Tensors | Json }

/** Read access to the artifacts of one upstream stage; each read is verified against its digest. */
export interface Upstream {
  tensors(file: string): Promise<Tensors>
  json<T = Json>(file: string): Promise<T>
}

/** What the runner offers a running stage. Nothing here may influence the result. */
export interface StageContext {
  /** Name of the engine the run uses, such as `native` or `wasm`. */
  readonly engine: string
  /**
   * Reports work done so far, e.g. `progress(250, 6250, 'steps', 'epoch 2: cost 103')`. Cheap; call it as
   * often as you like.
   */
  progress(done: number, total: number, unit: string, note?: string): void
  /**
   * State from which an interrupted stage resumes to the very same bits. `load` gives what an earlier, killed
   * attempt with the same key saved last (undefined at first); `due` says that enough time has passed for
   * another `save` to be worth its cost.
   */
  readonly checkpoint: {
    load(): Promise<Artifacts | undefined>
    due(): boolean
    save(state: Artifacts): Promise<void>
  }
}

/**
 * A stage's work: a pure function of parameters and inputs. The default export of the module that
 * `Stage.module` names.
 */
export type StageFunction<P = Json> = (
  parameters: P,
  inputs: { readonly [input: string]: Upstream },
  context: StageContext,
) => Promise<Artifacts>

/** A node of the stage graph. */
export interface Stage {
  /** Unique in the graph, such as `training dropout`. */
  readonly name: string
  /**
   * Path of the module whose default export is the StageFunction, relative to the project's root. Its bundled
   * import closure is the stage's code.
   */
  readonly module: string
  /** Everything that decides the result, besides inputs, code and engine. */
  readonly parameters: Json
  /** Input name -> name of the upstream stage. */
  readonly inputs: { readonly [input: string]: string }
  /** Whether the engine decides the result's bits; if so its name and version are part of the key. */
  readonly usesEngine: boolean
  /**
   * Estimated peak memory of one run, bytes; the runner keeps the sum of what runs at once within its bound.
   */
  readonly memory?: number
}
