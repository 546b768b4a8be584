/** Small multiples in one picture: where the cell of each minibatch lies. For the build and for the page. */

/** Width of a cell, and the room between two, in the picture's own coordinates. */
export const cell = { size: 46, gap: 3 } as const
const pitch = cell.size + cell.gap

/** Cells in a row, for so many in all. */
export const columnsFor = (count: number): number => Math.min(10, count)

/** Width and height of the picture of `count` cells. */
export const cellsSize = (count: number): readonly [width: number, height: number] => [
  columnsFor(count) * pitch - cell.gap,
  Math.ceil(count / columnsFor(count)) * pitch - cell.gap,
]

/** Left upper corner of the cell with this place, from 0. */
export const cornerOf = (place: number, count: number): readonly [x: number, y: number] => [
  (place % columnsFor(count)) * pitch,
  Math.floor(place / columnsFor(count)) * pitch,
]

/** The place of the cell that a point lies in, or nearest to; undefined outside of them all. */
export function cellAt(x: number, y: number, count: number): number | undefined {
  const columns = columnsFor(count)
  const [column, row] = [Math.floor((x + cell.gap / 2) / pitch), Math.floor((y + cell.gap / 2) / pitch)]
  const place = row * columns + column
  return column < 0 || column >= columns || row < 0 || place >= count ? undefined : place
}
