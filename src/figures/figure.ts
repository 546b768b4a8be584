/**
 * What a kind of figure is, and what a page gets of it. A kind is a file of its own: read, draw, describe,
 * tabulate.
 */
import type { Tensors } from '../../pipeline/stage.ts'
import type { FilmFile } from '../data/film.ts'
import type { Results } from '../data/results.ts'
import type { LayerLandscapes } from '../data/shapes.ts'
import type { Variant } from '../data/variants.ts'

/** A table of numbers with named columns. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (number | string)[])[]
}

/** What a figure can be told. */
export type FigureAttribute = 'condition' | 'epoch' | 'layer' | 'variant'

/**
 * What a figure was told, its epoch as a number; the check of the prose sees to it that its kind has what it
 * needs.
 */
export interface Asked {
  readonly condition: string
  readonly epoch: number
  readonly layer: number
  readonly variant: Variant
}

/** What a reader can play of a figure. */
export type Played =
  | { readonly player: 'minibatches'; readonly landscapes: readonly LayerLandscapes[]; readonly asked: Asked }
  | { readonly player: 'film'; readonly film: FilmFile }
  | { readonly player: 'epochs'; readonly epochs: number; readonly shown: number }
  | { readonly player: 'vote'; readonly batchSize: number; readonly share: number }

/** All that the page needs of a figure. */
export interface Figure {
  /** HTML with SVG panels. */
  readonly picture: string
  /** The finding in words and numbers, for a reader who cannot see the picture. */
  readonly alternative: string
  /** Names of the stages whose results it shows. */
  readonly stages: readonly string[]
  readonly played: Played | undefined
  /** Where the laboratory shows the same: what its address ends in. */
  readonly laboratory: string | undefined
  table(): Table
  /** What its player loads, where it loads something. */
  file: (() => Tensors) | undefined
}

interface Kind<Data> {
  /** What the figure shows. The stages that are read for it are those that it is made by. */
  read(results: Results, asked: Asked): Promise<Data>
  draw(data: NoInfer<Data>): string
  describe(data: NoInfer<Data>): string
  tabulate(data: NoInfer<Data>): Table
  played?(data: NoInfer<Data>, asked: Asked): Played
  laboratory?(data: NoInfer<Data>, asked: Asked): string
  file?(data: NoInfer<Data>): Tensors
}

/** Makes figures of a kind. */
export type FigureMaker = (results: Results, asked: Asked) => Promise<Figure>

/**
 * A kind of figure from its parts; it draws when the figure is asked for, and tabulates when the table is.
 */
export const kind =
  <Data>({ read, draw, describe, tabulate, played, laboratory, file }: Kind<Data>): FigureMaker =>
  async (results, asked) => {
    const { results: watched, opened } = results.watched()
    const data = await read(watched, asked)
    return {
      picture: draw(data),
      alternative: describe(data),
      stages: opened(),
      played: played?.(data, asked),
      laboratory: laboratory?.(data, asked),
      table: () => tabulate(data),
      file: file && (() => file(data)),
    }
  }

/** What the laboratory's address ends in to show a network; other parts of its state as given. */
export const atNetwork = (
  { condition, epoch }: Pick<Asked, 'condition' | 'epoch'>,
  state: { readonly [part: string]: string } = {},
): string => `?${new URLSearchParams({ condition, epoch: String(epoch), ...state })}`
