/**
 * The examples of a minibatch one by one: numbers behind the arrows, and the way to choose examples singly.
 */
import { plainNumber } from '../../number.ts'
import { messageOf } from './asking.ts'
import type { Measured } from './measuring.ts'

/** Rows made at once; a minibatch may have thousands of examples. */
const mostRows = 256

const heads = ['Record', 'Deliverers', 'Target', 'Predicted', 'Adds to x', 'Adds to y']

/**
 * Fills a table when the reader opens it. A reader who is at a row stays at that row.
 *
 * @param remove takes a record out of the minibatch
 * @param record reads a record's fields
 */
export function showTable(
  details: HTMLDetailsElement,
  measured: Measured,
  remove: (record: number) => void,
  record: (number: number) => Promise<[field: string, text: string][]>,
): void {
  const place = details.querySelector('.table')
  const fill = () => {
    const rows = () => [...(place?.querySelectorAll('tbody tr') ?? [])]
    const at = rows().findIndex((row) => row.contains(document.activeElement))
    place?.replaceChildren(tableOf(measured, remove, record))
    if (at >= 0)
      rows()
        .at(Math.min(at, rows().length - 1))
        ?.querySelector<HTMLElement>('.out')
        ?.focus()
  }
  details.ontoggle = () => details.open && fill()
  if (details.open) fill()
}

function tableOf(
  { records, deliverers, targets, outputs, contributions }: Measured,
  remove: (record: number) => void,
  record: (number: number) => Promise<[field: string, text: string][]>,
): HTMLTableElement {
  const table = document.createElement('table')
  const head = table.createTHead().insertRow()
  const cell = (name: string) =>
    Object.assign(document.createElement('th'), { scope: 'col', textContent: name })
  head.append(...(contributions ? heads : heads.slice(0, 4)).map(cell), document.createElement('td'))
  const body = table.createTBody()
  const order = Array.from(records, (_, n) => n).sort((p, q) => deliverers[p] - deliverers[q] || p - q)
  for (const n of order.slice(0, mostRows)) {
    const row = body.insertRow()
    const name = document.createElement('th')
    name.scope = 'row'
    const show = button(String(records[n]), `Show record ${records[n]}`)
    show.addEventListener('click', () => void fieldsIn(name, record(records[n]), records[n]))
    name.append(show)
    row.append(name)
    const values = [deliverers[n], targets[n], outputs[n], ...(contributions?.slice(2 * n, 2 * n + 2) ?? [])]
    for (const [i, value] of values.entries()) {
      const style =
        i < 2 ? { digits: 0 } : i === 2 ? { digits: 1 } : { format: 'scientific' as const, digits: 1 }
      const data = row.insertCell()
      data.className = 'figure'
      data.textContent = plainNumber(value, style)
    }
    const out = button('Take out', `Take out record ${records[n]}`)
    out.className = 'out'
    out.disabled = order.length === 1
    out.addEventListener('click', () => remove(records[n]))
    row.insertCell().append(out)
  }
  if (order.length > mostRows)
    table.createCaption().textContent = `The ${mostRows} of ${order.length} with the fewest deliverers.`
  return table
}

async function fieldsIn(
  cell: HTMLElement,
  record: Promise<[field: string, text: string][]>,
  number: number,
): Promise<void> {
  const text = await record.then(
    (fields) => fields.map(([field, text]) => `${field} ${text || 'empty'}`).join(', '),
    (error: unknown) => messageOf(error),
  )
  cell.textContent = `${number}: ${text}`
}

function button(text: string, label: string): HTMLButtonElement {
  const made = Object.assign(document.createElement('button'), { type: 'button', textContent: text })
  made.setAttribute('aria-label', label)
  return made
}
