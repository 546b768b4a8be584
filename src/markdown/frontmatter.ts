/** What an article says of itself, between the two lines of hyphens at its top. */
import { z } from 'astro/zod'
import type { Point } from './tree.ts'

export const frontmatter = z.strictObject({
  title: z.string().min(1),
  /** One or two sentences, shown under the title and to search engines. */
  summary: z.string().min(1),
  /** What links between pages call it; the title unless given. */
  short: z.string().min(1).optional(),
})

export type Frontmatter = z.infer<typeof frontmatter>

/**
 * What is wrong with an article's frontmatter, and in which line.
 *
 * @param source the article's text, frontmatter included
 */
export function frontmatterProblems(
  data: unknown,
  source: string,
): { readonly at: Point; readonly reason: string }[] {
  const lines = source.split('\n')
  const at = (key: string): Point => ({
    line: Math.max(1, lines.findIndex((line) => line.startsWith(`${key}:`)) + 1),
    column: 1,
  })
  const valid = Object.keys(frontmatter.shape).join(', ')
  const { error } = frontmatter.safeParse(data)
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        at: at(key),
        reason: `unknown key "${key}" of the frontmatter. Valid: ${valid}.`,
      }))
    const key = String(issue.path[0])
    const missing = !Object.hasOwn(data as object, key)
    const reason = missing ? `the frontmatter has no ${key}` : `${key} of the frontmatter: ${issue.message}`
    return { at: at(key), reason }
  })
}
