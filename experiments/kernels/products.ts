import { block, tileBytes } from './blocks.ts'

/** Rows of A that are multiplied with all of a block of B before the next are. */
const strip = 64

/** The text of the kernel that multiplies matrices: see `Products` in engine/products.ts. */
export function products(): string {
  const rows = [0, 1, 2, 3]
  const halves = [0, 1]
  const lines = (items: readonly unknown[]) => items.flat(3).join('\n')
  const add = (name: string, amount: string) => `(local.set ${name} (i32.add (local.get ${name}) ${amount}))`
  const product = (at: number) =>
    lines([
      halves.map((h) => `(local.set $b${h} (v128.load offset=${32 * at + 16 * h} (local.get $b)))`),
      rows.map((r) => [
        `(local.set $s (v128.load32_splat offset=${4 * at} (local.get $a${r})))`,
        halves.map(
          (h) =>
            `(local.set $c${r}${h} (f32x4.add (local.get $c${r}${h})
               (f32x4.mul (local.get $s) (local.get $b${h}))))`,
        ),
      ]),
    ])
  /** Adds k products to each of 4 x 8 sums. */
  const accumulate = `
    (if (i32.eq (local.get $aColumn) (i32.const 4)) (then
      (block (loop
        (br_if 1 (i32.lt_u (local.get $k) (i32.const 4)))
        ${lines(rows.map(product))}
        ${lines(rows.map((r) => add(`$a${r}`, '(i32.const 16)')))}
        ${add('$b', '(i32.const 128)')}
        ${add('$k', '(i32.const -4)')}
        (br 0)))))
    (block (loop
      (br_if 1 (i32.eqz (local.get $k)))
      ${product(0)}
      ${lines(rows.map((r) => add(`$a${r}`, '(local.get $aColumn)')))}
      ${add('$b', '(i32.const 32)')}
      ${add('$k', '(i32.const -1)')}
      (br 0)))`
  const parameters = `(param $a0 i32) (param $a1 i32) (param $a2 i32) (param $a3 i32) (param $aColumn i32)
    (param $b i32) (param $k i32) (param $c i32) (param $step i32)`
  const registers = `(local $s v128) (local $b0 v128) (local $b1 v128)
    ${lines(rows.map((r) => halves.map((h) => `(local $c${r}${h} v128)`)))}`
  const row = (r: number) => `(i32.add (local.get $c) (i32.mul (local.get $step) (i32.const ${r})))`
  const shuffle = (bytes: number[], a: string, b: string) =>
    `(i8x16.shuffle ${bytes.flatMap((w) => [0, 1, 2, 3].map((i) => 4 * w + i)).join(' ')} ${a} ${b})`
  const get = (name: string) => `(local.get ${name})`
  return `(module
  (import "host" "memory" (memory 0))

  ;; A tile of 4 x 8, whose rows are contiguous and $step apart; $more says that it has sums already.
  (func $tile ${parameters} (param $more i32) ${registers}
    (if (local.get $more) (then
      ${lines(rows.map((r) => halves.map((h) => `(local.set $c${r}${h} (v128.load offset=${16 * h} ${row(r)}))`)))}))
    ${accumulate}
    ${lines(rows.map((r) => halves.map((h) => `(v128.store offset=${16 * h} ${row(r)} (local.get $c${r}${h}))`)))})

  ;; The same, whose columns are contiguous and $step apart.
  (func $turnedTile ${parameters} ${registers} (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    ${accumulate}
    ${lines(
      halves.map((h) => [
        `(local.set $t0 ${shuffle([0, 4, 1, 5], get(`$c0${h}`), get(`$c1${h}`))})`,
        `(local.set $t1 ${shuffle([2, 6, 3, 7], get(`$c0${h}`), get(`$c1${h}`))})`,
        `(local.set $t2 ${shuffle([0, 4, 1, 5], get(`$c2${h}`), get(`$c3${h}`))})`,
        `(local.set $t3 ${shuffle([2, 6, 3, 7], get(`$c2${h}`), get(`$c3${h}`))})`,
        `(v128.store ${row(4 * h)} ${shuffle([0, 1, 4, 5], get('$t0'), get('$t2'))})`,
        `(v128.store ${row(4 * h + 1)} ${shuffle([2, 3, 6, 7], get('$t0'), get('$t2'))})`,
        `(v128.store ${row(4 * h + 2)} ${shuffle([0, 1, 4, 5], get('$t1'), get('$t3'))})`,
        `(v128.store ${row(4 * h + 3)} ${shuffle([2, 3, 6, 7], get('$t1'), get('$t3'))})`,
      ]),
    )})

  ;; Copies rows x columns between two places, each with its distances from row to row and column to column.
  (func $copy (param $from i32) (param $fromRow i32) (param $fromColumn i32)
      (param $to i32) (param $toRow i32) (param $toColumn i32) (param $rows i32) (param $columns i32)
      (local $f i32) (local $t i32) (local $n i32)
    (block (loop
      (br_if 1 (i32.eqz (local.get $rows)))
      (local.set $f (local.get $from))
      (local.set $t (local.get $to))
      (local.set $n (local.get $columns))
      (block (loop
        (br_if 1 (i32.eqz (local.get $n)))
        (f32.store (local.get $t) (f32.load (local.get $f)))
        ${add('$f', '(local.get $fromColumn)')}
        ${add('$t', '(local.get $toColumn)')}
        ${add('$n', '(i32.const -1)')}
        (br 0)))
      ${add('$from', '(local.get $fromRow)')}
      ${add('$to', '(local.get $toRow)')}
      ${add('$rows', '(i32.const -1)')}
      (br 0))))

  ;; Eight columns of $k rows of B, one row after the other; columns beyond $columns are left as they are.
  (func $pack (param $b i32) (param $bRow i32) (param $bColumn i32) (param $k i32) (param $columns i32) (param $to i32)
    (if (i32.and (i32.eq (local.get $bColumn) (i32.const 4)) (i32.eq (local.get $columns) (i32.const 8)))
      (then
        (block (loop
          (br_if 1 (i32.eqz (local.get $k)))
          (v128.store (local.get $to) (v128.load (local.get $b)))
          (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $b)))
          ${add('$b', '(local.get $bRow)')}
          ${add('$to', '(i32.const 32)')}
          ${add('$k', '(i32.const -1)')}
          (br 0))))
      (else
        (call $copy (local.get $b) (local.get $bRow) (local.get $bColumn)
          (local.get $to) (i32.const 32) (i32.const 4) (local.get $k) (local.get $columns)))))

  (func (export "multiply")
      (param $a i32) (param $aRow i32) (param $aColumn i32) (param $b i32) (param $bRow i32) (param $bColumn i32)
      (param $c i32) (param $cRow i32) (param $cColumn i32) (param $m i32) (param $n i32) (param $k i32)
      (param $packed i32)
      (local $part i32) (local $done i32) (local $i i32) (local $j i32) (local $rows i32) (local $columns i32)
      (local $panel i32) (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32) (local $at i32)
      (local $tile i32) (local $strip i32) (local $until i32)
    (local.set $tile (local.get $packed))
    ${add('$packed', `(i32.const ${tileBytes})`)}
    (block (loop
      (br_if 1 (i32.ge_u (local.get $done) (local.get $k)))
      (local.set $part (i32.sub (local.get $k) (local.get $done)))
      (if (i32.gt_u (local.get $part) (i32.const ${block})) (then (local.set $part (i32.const ${block}))))

      (local.set $j (i32.const 0))
      (local.set $panel (local.get $packed))
      (block (loop
        (br_if 1 (i32.ge_u (local.get $j) (local.get $n)))
        (local.set $columns (i32.sub (local.get $n) (local.get $j)))
        (if (i32.gt_u (local.get $columns) (i32.const 8)) (then (local.set $columns (i32.const 8))))
        (call $pack
          (i32.add (i32.add (local.get $b) (i32.mul (local.get $done) (local.get $bRow)))
            (i32.mul (local.get $j) (local.get $bColumn)))
          (local.get $bRow) (local.get $bColumn) (local.get $part) (local.get $columns) (local.get $panel))
        ${add('$panel', '(i32.mul (local.get $part) (i32.const 32))')}
        ${add('$j', '(i32.const 8)')}
        (br 0)))

      (local.set $strip (i32.const 0))
      (block (loop
        (br_if 1 (i32.ge_u (local.get $strip) (local.get $m)))
        (local.set $until (i32.add (local.get $strip) (i32.const ${strip})))
        (if (i32.gt_u (local.get $until) (local.get $m)) (then (local.set $until (local.get $m))))
        (local.set $j (i32.const 0))
        (local.set $panel (local.get $packed))
        (block (loop
          (br_if 1 (i32.ge_u (local.get $j) (local.get $n)))
          (local.set $columns (i32.sub (local.get $n) (local.get $j)))
          (if (i32.gt_u (local.get $columns) (i32.const 8)) (then (local.set $columns (i32.const 8))))
          (local.set $i (local.get $strip))
          (block (loop
            (br_if 1 (i32.ge_u (local.get $i) (local.get $until)))
            (local.set $rows (i32.sub (local.get $until) (local.get $i)))
            (if (i32.gt_u (local.get $rows) (i32.const 4)) (then (local.set $rows (i32.const 4))))
            (local.set $a0 (i32.add (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $aRow)))
              (i32.mul (local.get $done) (local.get $aColumn))))
            ;; A row that is not there is another one: what becomes of it is not kept.
            ${lines(
              [1, 2, 3].map(
                (
                  r,
                ) => `(local.set $a${r} (select (i32.add (local.get $a${r - 1}) (local.get $aRow)) (local.get $a0)
                  (i32.gt_u (local.get $rows) (i32.const ${r}))))`,
              ),
            )}
            (local.set $at (i32.add (i32.add (local.get $c) (i32.mul (local.get $i) (local.get $cRow)))
              (i32.mul (local.get $j) (local.get $cColumn))))
            (if (i32.and (i32.eq (local.get $rows) (i32.const 4)) (i32.eq (local.get $columns) (i32.const 8)))
              (then
                (if (i32.eq (local.get $cColumn) (i32.const 4))
                  (then (call $tile ${rows.map((r) => get(`$a${r}`)).join(' ')} (local.get $aColumn)
                    (local.get $panel) (local.get $part) (local.get $at) (local.get $cRow) (local.get $done)))
                  (else (call $turnedTile ${rows.map((r) => get(`$a${r}`)).join(' ')} (local.get $aColumn)
                    (local.get $panel) (local.get $part) (local.get $at) (local.get $cColumn)))))
              (else
                (call $copy (local.get $at) (local.get $cRow) (local.get $cColumn)
                  (local.get $tile) (i32.const 32) (i32.const 4) (local.get $rows) (local.get $columns))
                (call $tile ${rows.map((r) => get(`$a${r}`)).join(' ')} (local.get $aColumn)
                  (local.get $panel) (local.get $part) (local.get $tile) (i32.const 32) (local.get $done))
                (call $copy (local.get $tile) (i32.const 32) (i32.const 4)
                  (local.get $at) (local.get $cRow) (local.get $cColumn) (local.get $rows) (local.get $columns))))
            ${add('$i', '(i32.const 4)')}
            (br 0)))
          ${add('$panel', '(i32.mul (local.get $part) (i32.const 32))')}
          ${add('$j', '(i32.const 8)')}
          (br 0)))
        (local.set $strip (local.get $until))
        (br 0)))
      ${add('$done', '(local.get $part)')}
      (br 0))))
  )`
}
