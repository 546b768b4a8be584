import { csvFormatRows } from 'd3-dsv'

/** A table as CSV (RFC 4180), with a row of the columns' names. */
export function csv(columns: readonly string[], rows: Iterable<readonly (number | string)[]>): string {
  return `${csvFormatRows([[...columns], ...Array.from(rows, (row) => row.map(String))])}\n`
}
