/** The text of the kernel that draws masks: see `Loops` in masking.ts. */

/**
 * What the half of a word that `half` gives leaves of the next unit: a closed unit's row is overwritten by
 * the next one's.
 */
const decide = (half: string, offset: number) => `
  (v128.store (local.get $row) (v128.and
    (i32x4.gt_s ${half} (local.get $threshold))
    (v128.load32_splat offset=${offset} (local.get $factor))))
  (local.set $row (i32.add (local.get $row) (i32.load offset=${offset + 4} (local.get $factor))))`

const rotated = (x: string, by: number) => `(v128.or
  (i32x4.shl ${x} (i32.const ${by})) (i32x4.shr_u ${x} (i32.const ${32 - by})))`

const xor = (a: string, b: string) => `(local.set ${a} (v128.xor (local.get ${a}) (local.get ${b})))`

/** xoshiro128** as in random.ts, four generators at a time. */
export const draw = `(module
  (import "host" "memory" (memory 0))
  (func (export "draw")
    (param $states i32) (param $registers i32) (param $factors i32) (param $words i32) (param $out i32) (param $last i32)
    (local $threshold v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $t v128) (local $word v128)
    (local $factor i32) (local $end i32) (local $row i32)
    (local.set $threshold (i32x4.splat (local.get $last)))
    (local.set $end (i32.add (local.get $factors) (i32.mul (local.get $words) (i32.const 16))))
    (loop $register
      (local.set $a (v128.load (local.get $states)))
      (local.set $b (v128.load offset=16 (local.get $states)))
      (local.set $c (v128.load offset=32 (local.get $states)))
      (local.set $d (v128.load offset=48 (local.get $states)))
      (local.set $row (local.get $out))
      (local.set $factor (local.get $factors))
      (loop $next
        (local.set $t (i32x4.add (local.get $b) (i32x4.shl (local.get $b) (i32.const 2))))
        (local.set $t ${rotated('(local.get $t)', 7)})
        (local.set $word (i32x4.add (local.get $t) (i32x4.shl (local.get $t) (i32.const 3))))
        (local.set $t (i32x4.shl (local.get $b) (i32.const 9)))
        ${xor('$c', '$a')} ${xor('$d', '$b')} ${xor('$b', '$c')} ${xor('$a', '$d')} ${xor('$c', '$t')}
        (local.set $d ${rotated('(local.get $d)', 11)})
        ${decide('(i32x4.shr_u (local.get $word) (i32.const 16))', 0)}
        ${decide('(v128.and (local.get $word) (v128.const i32x4 0xffff 0xffff 0xffff 0xffff))', 8)}
        (local.set $factor (i32.add (local.get $factor) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $factor) (local.get $end))))
      (v128.store (local.get $states) (local.get $a))
      (v128.store offset=16 (local.get $states) (local.get $b))
      (v128.store offset=32 (local.get $states) (local.get $c))
      (v128.store offset=48 (local.get $states) (local.get $d))
      (local.set $states (i32.add (local.get $states) (i32.const 64)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $registers (i32.sub (local.get $registers) (i32.const 1)))
      (br_if $register (local.get $registers)))))`
