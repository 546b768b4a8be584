/** The text of the loops over arrays: see `Loops` in engine/loops.ts. */

/** Four numbers at a time, and the rest one at a time, in the first of a register's four lanes. */
const widths = [
  { count: 4, load: 'v128.load', store: 'v128.store' },
  { count: 1, load: 'v128.load32_zero', store: 'v128.store32_lane 0' },
]

/** Runs through `$n` numbers from the offsets in `pointers` on. */
function forAll(pointers: string[], body: (load: string, store: string) => string): string {
  return widths
    .map(
      ({ count, load, store }) => `
        (block (loop
          (br_if 1 (i32.lt_u (local.get $n) (i32.const ${count})))
          ${body(load, store)}
          ${pointers.map((name) => `(local.set ${name} (i32.add (local.get ${name}) (i32.const ${4 * count})))`).join('\n')}
          (local.set $n (i32.sub (local.get $n) (i32.const ${count})))
          (br 0)))`,
    )
    .join('')
}

export const loops = `(module
  (import "host" "memory" (memory 0))

  (func (export "adam")
    (param $p i32) (param $m i32) (param $v i32) (param $g i32) (param $n i32)
    (param $scale f32) (param $rate f32) (param $towards1 f32) (param $towards2 f32) (param $epsilon f32)
    (local $scale4 v128) (local $rate4 v128) (local $towards1_4 v128) (local $towards2_4 v128) (local $epsilon4 v128)
    (local $gradient v128) (local $first v128) (local $second v128)
    (local.set $scale4 (f32x4.splat (local.get $scale)))
    (local.set $rate4 (f32x4.splat (local.get $rate)))
    (local.set $towards1_4 (f32x4.splat (local.get $towards1)))
    (local.set $towards2_4 (f32x4.splat (local.get $towards2)))
    (local.set $epsilon4 (f32x4.splat (local.get $epsilon)))
    ${forAll(
      ['$p', '$m', '$v', '$g'],
      (load, store) => `
        (local.set $gradient (f32x4.mul (local.get $scale4) (${load} (local.get $g))))
        (local.set $first (${load} (local.get $m)))
        (local.set $first (f32x4.add (local.get $first)
          (f32x4.mul (local.get $towards1_4) (f32x4.sub (local.get $gradient) (local.get $first)))))
        (local.set $second (${load} (local.get $v)))
        (local.set $second (f32x4.add (local.get $second)
          (f32x4.mul (local.get $towards2_4)
            (f32x4.sub (f32x4.mul (local.get $gradient) (local.get $gradient)) (local.get $second)))))
        (${store} (local.get $m) (local.get $first))
        (${store} (local.get $v) (local.get $second))
        (${store} (local.get $p) (f32x4.sub (${load} (local.get $p))
          (f32x4.div (f32x4.mul (local.get $rate4) (local.get $first))
            (f32x4.add (f32x4.sqrt (local.get $second)) (local.get $epsilon4)))))`,
    )})

  (func (export "sumOfSquares") (param $x i32) (param $n i32) (result f64)
    (local $four v128) (local $low v128) (local $high v128) (local $sums v128) (local $others v128)
    ${forAll(
      ['$x'],
      (load) => `
        (local.set $four (${load} (local.get $x)))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $four)))
        (local.set $high (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $four) (local.get $four))))
        (local.set $sums (f64x2.add (local.get $sums) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $others (f64x2.add (local.get $others) (f64x2.mul (local.get $high) (local.get $high))))`,
    )}
    (local.set $sums (f64x2.add (local.get $sums) (local.get $others)))
    (f64.add (f64x2.extract_lane 0 (local.get $sums)) (f64x2.extract_lane 1 (local.get $sums)))))`
