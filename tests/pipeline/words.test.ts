import { expect, test } from 'vitest'
import { bytes, duration, listed, printable } from '../../pipeline/words.ts'

test('times are told in words', () => {
  expect([0.04, 9.94, 9.96, 59.4, 59.6, 125, 3599.7, 7260].map(duration)).toEqual([
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '2 min 5 s',
    '1 h 0 min',
    '2 h 1 min',
  ])
})

test('sizes are told in words', () => {
  expect([0, 999, 1000, 12_345, 9_960_000, 3.2e9, 5e13].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12 kB',
    '10 MB',
    '3.2 GB',
    '50000 GB',
  ])
})

test('many names are cut short', () => {
  expect(listed(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c, d, e')
  expect(listed(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more')
})

test('no sign of a text moves a cursor or colours anything', () => {
  expect(printable('one\ntwo, größer, \u65e5')).toBe('one\ntwo, größer, \u65e5')
  expect(printable('\u001b[31mred\r\u009b\u202e')).toBe('\\u{1b}[31mred\\u{d}\\u{9b}\\u{202e}')
})
