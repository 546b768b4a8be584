import { expect, test } from 'vitest'
import { csv } from '../../src/csv.ts'

test('a table has a line for its columns and one for each row, with quotes where a field needs them', () => {
  const rows = [
    ['a, b', 1],
    ['says "no"', -2.5e-7],
    ['two\nlines', Number.NaN],
  ]
  expect(csv(['name', 'x'], rows)).toBe('name,x\n"a, b",1\n"says ""no""",-2.5e-7\n"two\nlines",NaN\n')
  expect(csv(['x'], [])).toBe('x\n')
})
