/** YAML that a person wrote, against a schema. */
import type { z } from 'astro/zod'
import { LineCounter, parseDocument } from 'yaml'
import { unknown } from '../../pipeline/nearest.ts'
import { Mistakes, type Problem } from './problem.ts'

/**
 * What a text holds.
 * @throws Mistakes that name every one in a line of its own: file, line, column, what was found, what is
 *   right
 */
export function parseYaml<Schema extends z.ZodObject>(
  schema: Schema,
  text: string,
  file: string,
): z.output<Schema> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problem = (offset: number, reason: string): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col, reason }
  }
  if (document.errors.length > 0)
    throw new Mistakes(document.errors.map(({ pos, message }) => problem(pos[0], message)))
  const { data, error } = schema.safeParse(document.toJS() ?? {})
  if (!error) return data
  const mistakes = error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [problem(offsetOf(document, issue.path), `${issue.path.join('.')}: ${issue.message}.`)]
    return issue.keys.map((key) =>
      problem(
        offsetOf(document, [...issue.path, key]),
        unknown('setting', [...issue.path, key].join('.'), keysAt(schema, issue.path)),
      ),
    )
  })
  throw new Mistakes(mistakes)
}

/** What may be said at a place. */
function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const inner = path.reduce<unknown>((at, key) => (isObject(at) ? at.shape[String(key)] : undefined), schema)
  return isObject(inner) ? Object.keys(inner.shape).map((key) => [...path, key].join('.')) : []
}

const isObject = (schema: unknown): schema is z.ZodObject =>
  typeof schema === 'object' && schema !== null && 'shape' in schema

/** Where a value, or the nearest thing around it that is there, begins. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return Number(node.range[0])
  }
  return 0
}
