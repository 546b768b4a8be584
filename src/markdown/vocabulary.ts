/** Every name that an article may use, as the last run, the bibliography and the content folder have them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from '../data/results.ts'
import { layers } from '../data/shapes.ts'
import { variantsOf } from '../data/variants.ts'
import { figureKinds } from '../figures/kinds.ts'

export interface Vocabulary {
  readonly statistics: readonly string[]
  readonly figures: { readonly [kind: string]: readonly string[] }
  /** For each condition the epochs of its checkpoints, and how its landscapes are computed. */
  readonly conditions: {
    readonly [condition: string]: { readonly epochs: readonly number[]; readonly variants: readonly string[] }
  }
  readonly layers: readonly number[]
  /** How many minibatches' landscapes are drawn. */
  readonly minibatches: number
  readonly citations: readonly string[]
  /** Names of the pages' files, such as `method.mdx`. */
  readonly pages: readonly string[]
}

/** The keys of a BibTeX file's entries. */
export const bibliographyKeys = (bibtex: string): string[] =>
  [...bibtex.matchAll(/^\s*@\w+\s*\{\s*([^,\s]+)\s*,/gm)].map(([, key]) => key)

/** Collects the vocabulary of the articles in the folder `content`. */
export async function vocabulary(results: Results, content: string): Promise<Vocabulary> {
  return {
    statistics: Object.keys(await results.stats()),
    figures: figureKinds,
    conditions: Object.fromEntries(
      Object.entries(results.protocol.conditions).map(([name, condition]) => [
        name,
        { epochs: condition.checkpoints, variants: variantsOf(condition) },
      ]),
    ),
    layers,
    minibatches: results.protocol.landscapes.minibatches,
    citations: bibliographyKeys(await readFile(join(content, 'references.bib'), 'utf8')),
    pages: (await readdir(content)).filter((name) => name.endsWith('.mdx')),
  }
}
