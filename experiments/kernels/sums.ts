/** The text of the kernel that sums rows: see `Sums` in engine/sums.ts. */

/**
 * Columns are taken a strip at a time, in bytes: so much of each row of the matrix stays in the caches while
 * all segments are summed.
 */
const strip = 1024

/** Of a strip, as much at a time as registers hold: a sum goes to memory once. */
const pieces = [
  { registers: 8, bytes: 16, load: 'v128.load', store: 'v128.store' },
  { registers: 1, bytes: 16, load: 'v128.load', store: 'v128.store' },
  { registers: 1, bytes: 4, load: 'v128.load32_zero', store: 'v128.store32_lane' },
]

export function sums(): string {
  const add = (name: string, amount: string) => `(local.set ${name} (i32.add (local.get ${name}) ${amount}))`
  /** Sums one segment, the ones from $first to $end, in the columns from $column on while there is room. */
  const piece = ({ registers, bytes, load, store }: (typeof pieces)[number]) => {
    const each = (line: (register: number) => string) =>
      Array.from({ length: registers }, (_, register) => line(register)).join('\n')
    return `
      (block (loop
        (br_if 1 (i32.gt_u (i32.add (local.get $column) (i32.const ${registers * bytes})) (local.get $until)))
        ${each((r) => `(local.set $sum${r} (v128.const i32x4 0 0 0 0))`)}
        (local.set $i (local.get $first))
        (block (loop
          (br_if 1 (i32.ge_u (local.get $i) (local.get $end)))
          (local.set $from (i32.add (i32.add (local.get $matrix) (local.get $column))
            (i32.mul (local.get $width) (i32.load (i32.add (local.get $rows) (local.get $i))))))
          ${each(
            (r) => `(local.set $sum${r} (f32x4.add (local.get $sum${r})
              (${load} offset=${r * bytes} (local.get $from))))`,
          )}
          ${add('$i', '(i32.const 4)')}
          (br 0)))
        (local.set $to (i32.add (local.get $row) (local.get $column)))
        ${each(
          (r) =>
            `(${store} offset=${r * bytes} ${bytes === 4 ? '0' : ''} (local.get $to) (local.get $sum${r}))`,
        )}
        ${add('$column', `(i32.const ${registers * bytes})`)}
        (br 0)))`
  }
  return `(module
  (import "host" "memory" (memory 0))
  (func (export "sumRows") (param $matrix i32) (param $columns i32) (param $rows i32) (param $segments i32)
      (param $ones i32) (param $out i32) (param $count i32)
      (local $width i32) (local $start i32) (local $until i32) (local $column i32) (local $row i32) (local $s i32)
      (local $first i32) (local $end i32) (local $i i32) (local $from i32) (local $to i32)
      ${Array.from({ length: pieces[0].registers }, (_, r) => `(local $sum${r} v128)`).join(' ')}
    (local.set $width (i32.mul (local.get $columns) (i32.const 4)))
    (local.set $ones (i32.mul (local.get $ones) (i32.const 4)))
    (block (loop
      (br_if 1 (i32.ge_u (local.get $start) (local.get $width)))
      (local.set $until (i32.add (local.get $start) (i32.const ${strip})))
      (if (i32.gt_u (local.get $until) (local.get $width)) (then (local.set $until (local.get $width))))
      (local.set $end (i32.const 0))
      (local.set $s (i32.const 0))
      (local.set $row (local.get $out))
      (block (loop
        (br_if 1 (i32.ge_u (local.get $s) (local.get $count)))
        (local.set $first (local.get $end))
        (block (loop
          (br_if 1 (i32.ge_u (local.get $end) (local.get $ones)))
          (br_if 1 (i32.ne (i32.load (i32.add (local.get $segments) (local.get $end))) (local.get $s)))
          ${add('$end', '(i32.const 4)')}
          (br 0)))
        (local.set $column (local.get $start))
        ${pieces.map(piece).join('')}
        ${add('$row', '(local.get $width)')}
        ${add('$s', '(i32.const 1)')}
        (br 0)))
      (local.set $start (local.get $until))
      (br 0)))))`
}
