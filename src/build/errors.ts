/**
 * What a person is told when the site cannot be built: one line for each thing that is wrong, with the file
 * if one is known.
 */
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Mistakes } from '../markdown/problem.ts'

/** What the bundler, Astro and the file system throw, each with some of these. */
interface BuildError extends Error {
  readonly errors?: readonly Place[]
  readonly code?: string
  readonly path?: string
  readonly hint?: string
}

interface Place {
  readonly message: string
  readonly id?: string
  readonly line?: number
  readonly column?: number
  readonly loc?: { readonly file?: string; readonly line?: number; readonly column?: number }
}

/**
 * An error of a build as one that has a line for each thing that is wrong, without a stack. Our own are left
 * as they are.
 */
export function inOurWords(thrown: unknown, root: string): Error {
  const error: BuildError & Place = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error instanceof Mistakes) return error
  if (error.code && error.path && /^E[A-Z]+$/.test(error.code))
    return new Error(`${here(error.path, root)}: the file system says ${error.message.split(',')[0]}.`)
  const lines = (error.errors ?? [error]).map((place) => inOneLine(place, root))
  const message = [...new Set(lines)].join('\n')
  return new Error(error.hint ? `${message} ${firstLine(error.hint)}` : message)
}

function inOneLine(
  { id, loc, line = loc?.line, column = loc?.column, message }: Place,
  root: string,
): string {
  const file = loc?.file ?? id
  const said = firstLine(message)
  if (!file || said.startsWith(`${here(file, root)}:`)) return said
  return [here(file, root), line, column]
    .filter((part) => part !== undefined)
    .join(':')
    .concat(`: ${said}`)
}

const firstLine = (text: string): string =>
  stripVTControlCharacters(text).trim().split('\n')[0].trim() || 'an error without a message'

const here = (file: string, root: string): string => relative(root, file.replace(/^file:\/\/|\?.*$/g, ''))
