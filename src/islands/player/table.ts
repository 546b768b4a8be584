/** A figure's numbers as a table in the page, read from the file that it offers for download. */

/** Rows shown at most; the file has all. */
const most = 200

/** Fills the opened element with the table of the file that its `data-table` names. */
export async function showTable(details: HTMLDetailsElement): Promise<void> {
  const place = document.createElement('div')
  place.className = 'table'
  place.tabIndex = 0
  place.setAttribute('role', 'region')
  place.setAttribute('aria-label', details.querySelector('summary')?.textContent ?? 'Table')
  place.textContent = 'Loading\u2026'
  details.append(place)
  try {
    const response = await fetch(details.dataset.table!)
    if (!response.ok) throw new Error(`the server answered ${response.status}.`)
    const [columns, ...rows] = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','))
    const table = document.createElement('table')
    const head = table.createTHead().insertRow()
    for (const column of columns) {
      const cell = document.createElement('th')
      cell.scope = 'col'
      cell.textContent = column
      head.append(cell)
    }
    const body = table.createTBody()
    for (const row of rows.slice(0, most)) {
      const line = body.insertRow()
      for (const value of row) line.insertCell().textContent = written(value)
    }
    place.replaceChildren(table)
    if (rows.length > most) place.append(`The first ${most} of ${rows.length} rows; the file has all.`)
  } catch (error) {
    place.textContent = `The table could not be loaded: ${error instanceof Error ? error.message : error}`
  }
}

/** Four significant digits of what is not a whole number; the file has all digits. */
const written = (value: string): string =>
  value === '' || !/[.e]/.test(value) || Number.isNaN(Number(value))
    ? value
    : String(Number(Number(value).toPrecision(4)))
