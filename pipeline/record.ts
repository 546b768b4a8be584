import { z } from 'zod'
import type { Json } from './stage.ts'

/**
 * Something kept on disk that is not what was kept, or is gone. The message goes on a sentence whose subject
 * is the thing.
 */
export class Damaged extends Error {}

/** A name that a terminal can show: of a stage, a profile, an engine. */
export const label = z
  .string()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'has to be a name without control characters')

/** Hexadecimal SHA-256. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'has to be a SHA-256')

/** Name of a result's file. */
export const fileName = z
  .string()
  .regex(/^\w[\w.-]*\.(safetensors|json)$/, 'has to be named *.safetensors or *.json')

/** Any value that JSON text can hold. */
export const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined)

/** The record that a text holds. @throws Damaged saying what is wrong with it */
export function parseRecord<T>(schema: z.ZodType<T>, text: string): T {
  const found = schema.safeParse(parseJson(text))
  if (found.success) return found.data
  const [{ path, message }] = found.error.issues
  const where = path.length > 0 ? ` at ${path.join('.')}` : ''
  throw new Damaged(`is not a record of this version${where} (${message})`)
}

function parseJson(text: string): unknown {
  const conflict = text.split('\n').findIndex((line) => /^(<{7}|>{7}) /.test(line))
  if (conflict !== -1) throw new Damaged(`has conflict markers of git, the first in line ${conflict + 1}`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Damaged(`is not JSON (${(error as Error).message})`)
  }
}
