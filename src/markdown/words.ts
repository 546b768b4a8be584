/**
 * What the pages of the site's own code say: `content/laboratory.yaml` and `content/provenance.yaml`. Their
 * texts are Markdown with places, such as `{seed}`, that the run fills.
 */
import { createMarkdownProcessor } from '@astrojs/markdown-remark'
import { z } from 'astro/zod'
import { unknown } from '../../pipeline/nearest.ts'
import { parseYaml } from './yaml.ts'

/** A text with these places. */
export interface Text<Place extends string = never> {
  readonly markdown: string
  /** Which places it may have; only a type. */
  readonly places?: Place
}

const places = (markdown: string) => [...markdown.matchAll(/\{(.*?)\}/g)].map(([, place]) => place)

const text = <const Place extends string = never>(...known: readonly Place[]) =>
  z
    .string()
    .trim()
    .min(1)
    .superRefine((markdown, context) => {
      for (const place of places(markdown))
        if (!known.some((name) => name === place))
          context.addIssue({ code: 'custom', message: unknown('place in braces', place, known) })
    })
    .transform((markdown): Text<Place> => ({ markdown }))

const heading = z.string().trim().min(1)
const section = z.strictObject({ heading, text: text() })

const schemas = {
  provenance: z.strictObject({
    title: heading,
    summary: heading,
    made: text('date', 'engine', 'profile', 'seed'),
    claims: section,
    evidence: section.extend({ none: text() }),
    stages: z.strictObject({ heading }),
    numbers: z.strictObject({ heading, text: text('count') }),
  }),
  laboratory: z.strictObject({
    title: heading,
    summary: heading,
    question: heading,
    notices: z.strictObject({ noScript: text(), file: text(), worker: text(), failed: text() }),
    all: text('records'),
    arrows: text(),
    dot: text(),
    examples: z.strictObject({
      heading,
      sides: heading,
      deliverers: heading,
      draws: heading,
      largeDraws: heading,
      start: heading,
      weight: heading,
      batchNorm: heading,
      dropout: heading,
    }),
    published: z.strictObject({ heading, compare: text('minibatches') }),
    walks: z.strictObject({ heading, text: text('deliveries', 'batchSize') }),
    how: z.strictObject({ heading, text: text('opposite', 'unrelated') }),
  }),
}

export type WordsOf = keyof typeof schemas

/** The file of a page's words, below the project's root. */
export const wordsFile = (page: WordsOf): string => `content/${page}.yaml`

export const pagesWithWords = Object.keys(schemas) as readonly WordsOf[]

/** What a page says. @throws Mistakes with file, line and column of each */
export function wordsIn<Page extends WordsOf>(page: Page, source: string): z.output<(typeof schemas)[Page]> {
  return parseYaml<(typeof schemas)[Page]>(schemas[page], source, wordsFile(page))
}

const markdown = createMarkdownProcessor({ smartypants: false, syntaxHighlight: false })

/** A text as HTML, its places filled. */
export async function html<Place extends string>(
  { markdown: source }: Text<Place>,
  values: { readonly [place in Place]: string | number },
): Promise<string> {
  const { code } = await (await markdown).render(filled(source, values))
  return code
}

/** A text that is one sentence, as HTML without a paragraph around it. */
export async function inline<Place extends string>(
  text: Text<Place>,
  values: { readonly [place in Place]: string | number },
): Promise<string> {
  return (await html(text, values)).trim().replace(/^<p>([\s\S]*)<\/p>$/, '$1')
}

const filled = (source: string, values: { readonly [place: string]: string | number }): string =>
  source.replace(/\{(.*?)\}/g, (_, place: string) => String(values[place]))
