/** What `content/site.yaml` says of the site as a whole. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'astro/zod'
import { Mistakes } from '../markdown/problem.ts'
import { parseYaml } from '../markdown/yaml.ts'

/** Empty is the same as left out. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional())

const day = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  z.iso.date('a day such as 2026-11-30 is expected'),
)
const web = z.url({ protocol: /^https?$/, error: 'an address that starts with https:// is expected' })

const schema = z.strictObject({
  name: z.string().min(1),
  language: z.string().min(2).default('en'),
  address: optional(web.transform((address) => address.replace(/\/*$/, '/'))),
  authors: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        orcid: optional(
          z.string().regex(/^(\d{4}-){3}\d{3}[\dX]$/, 'an ORCID such as 0000-0002-1825-0097 is expected'),
        ),
        affiliation: optional(z.string()),
      }),
    )
    .nullish()
    .transform((authors) => authors ?? []),
  published: optional(day),
  modified: optional(day),
  doi: optional(z.string().regex(/^10\.\d{4,9}\/\S+$/, 'a DOI such as 10.5281/zenodo.1234 is expected')),
  repository: optional(web.transform((address) => address.replace(/(\.git)?\/*$/, ''))),
  revision: optional(z.string()),
  licence: optional(z.strictObject({ name: optional(z.string()), address: optional(web) })),
})

export type SiteSettings = z.output<typeof schema>
export type Author = SiteSettings['authors'][number]

/** The file's place below the project's root. */
export const settingsFile = 'content/site.yaml'

/**
 * The settings in a text.
 * @throws Mistakes that name every one in a line of its own: file, line, column, what was found, what is
 *   right
 */
export const parseSettings = (text: string, file = settingsFile): SiteSettings =>
  parseYaml(schema, text, file)

/**
 * The settings of the project whose root this is. @throws as `parseSettings` does, also when there is no such
 * file
 */
export function readSettings(root: string): SiteSettings {
  const file = join(root, settingsFile)
  if (!existsSync(file))
    throw new Mistakes([{ file: settingsFile, line: 1, column: 1, reason: 'there is no such file' }])
  return parseSettings(readFileSync(file, 'utf8'))
}
