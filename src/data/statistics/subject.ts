/** What the statistics of the pages are made of: subjects, each with its names, forms and measures. */
import type { Source } from '../../../experiments/definition.ts'
import type { Protocol } from '../../../experiments/protocol.ts'
import type { NumberStyle } from '../../number.ts'
import { watching } from '../watching.ts'

/** How a number is written, and in which unit. */
export interface Style extends NumberStyle {
  readonly unit?: string
}

/** How a statistic is shown: a number, one with its 95 % interval, or a verdict, in words of the page. */
export type Form =
  | { readonly kind: 'number' | 'estimate'; readonly style: (value: number) => Style }
  | { readonly kind: 'verdict' }

/** An estimate and its 95 % interval, each where there is one. */
export interface Estimate {
  readonly value: number | null
  readonly interval: readonly [low: number, high: number] | null
}

/** What is measured of a statistic of this form; null where there is nothing to measure. */
type ValueOf<F> = F extends { readonly kind: 'verdict' }
  ? boolean
  : F extends { readonly kind: 'estimate' }
    ? Estimate
    : number | null

type Forms = { readonly [name: string]: Form }
type ValuesOf<F extends Forms> = { readonly [name in keyof F]: ValueOf<F[name]> }

/** Statistics of one kind of thing, the same of each: of conditions, of layers at checkpoints. */
interface About<Place, Prefix extends string, F extends Forms> {
  /** The things, as a protocol has them. */
  readonly places: (protocol: Protocol) => readonly Place[]
  /** What the names of one's statistics begin with: `none.epoch10.layer1` of `none.epoch10.layer1.cosine`. */
  readonly prefix: (place: Place) => Prefix
  /** How each statistic is shown, by the last part of its name. */
  readonly forms: F
  /** What each is, of one of the things. The stages opened in `run` are what the statistics come from. */
  readonly measure: (place: Place, run: Source, protocol: Protocol) => ValuesOf<F> | Promise<ValuesOf<F>>
}

/** A number or verdict as it is quoted. */
export interface Statistic extends Style {
  readonly value: number | boolean | null
  readonly interval?: readonly [low: number, high: number]
  /** Names of the stages that were opened to make it; none for a number of the protocol. */
  readonly from: readonly string[]
}

export interface Subject<Name extends string> {
  /** The names that a protocol has, and how what they name is shown. */
  forms(protocol: Protocol): (readonly [name: Name, form: Form])[]
  /** What they name, of a run. */
  measure(run: Source, protocol: Protocol): Promise<(readonly [name: Name, statistic: Statistic])[]>
}

export type NamesOf<S> = S extends Subject<infer Name> ? Name : never

export function subject<Place, const Prefix extends string, const F extends Forms>({
  places,
  prefix,
  forms,
  measure,
}: About<Place, Prefix, F>): Subject<`${Prefix}.${keyof F & string}`> {
  type Name = keyof F & string
  const names = Object.keys(forms) as Name[]
  return {
    forms: (protocol) =>
      places(protocol).flatMap((place) =>
        names.map((name) => [`${prefix(place)}.${name}`, forms[name]] as const),
      ),
    async measure(run, protocol) {
      const made = places(protocol).map(async (place) => {
        const { run: watched, opened } = watching(run)
        const values = await measure(place, watched, protocol)
        const from = opened()
        return names.map(
          (name) =>
            [`${prefix(place)}.${name}` as const, { ...shown(forms[name], values[name]), from }] as const,
        )
      })
      return (await Promise.all(made)).flat()
    },
  }
}

/** A value in the form of its statistic. */
function shown(form: Form, measured: number | boolean | null | Estimate): Omit<Statistic, 'from'> {
  const { value, interval } = isEstimate(measured) ? measured : { value: measured, interval: null }
  const style = form.kind !== 'verdict' && typeof value === 'number' ? form.style(value) : {}
  return { value, ...style, ...(interval && { interval }) }
}

const isEstimate = (measured: number | boolean | null | Estimate): measured is Estimate =>
  typeof measured === 'object' && measured !== null

const styled = <K extends 'number' | 'estimate'>(kind: K, style: Style | ((value: number) => Style)) =>
  ({ kind, style: typeof style === 'function' ? style : () => style }) as const

export const number = (style: Style | ((value: number) => Style)) => styled('number', style)
export const estimate = (style: Style | ((value: number) => Style)) => styled('estimate', style)
export const verdict = { kind: 'verdict' } as const

export const integer = number({ format: 'integer' })
export const percent = number({ format: 'percent', digits: 0 })
export const digits = (count: number) => number({ digits: count })

/** A condition of the protocol. */
export const conditions = ({ conditions }: Protocol): string[] => Object.keys(conditions)

/** A checkpoint of a condition. */
export interface Checkpoint {
  readonly condition: string
  readonly epoch: number
}

export const checkpoints = ({ conditions }: Protocol): Checkpoint[] =>
  Object.entries(conditions).flatMap(([condition, { checkpoints }]) =>
    checkpoints.map((epoch) => ({ condition, epoch })),
  )

export const atCheckpoint = ({ condition, epoch }: Checkpoint) => `${condition}.epoch${epoch}` as const
