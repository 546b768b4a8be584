/** The numbers of a run of the benchmark in docs/performance.md, which no hand writes. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../pipeline/disk.ts'
import type { Line } from './measure.ts'

/** A run on one machine: bench/results/bench.json, and docs/bench/<processor>.json. */
export interface Report {
  readonly processor: string
  readonly cores: number
  readonly node: string
  /** Of the machine when the run began: above 0.5 the ratios are to be trusted more than the times. */
  readonly load: number
  readonly pace: number
  readonly date: string
  readonly commit: string
  readonly lines: readonly Line[]
}

const [from, to] = ['<!-- numbers of npm run bench -- --docs -->', '<!-- end of the numbers -->']
const folder = 'docs/bench'
const page = 'docs/performance.md'

export const number = (value: number) =>
  value >= 100
    ? Math.round(value).toLocaleString('en')
    : value === 0
      ? '0'
      : value.toPrecision(value >= 10 ? 3 : 2)

/** A machine's numbers as a table. */
export function section({ processor, cores, node, load, pace, date, commit, lines }: Report): string {
  const rows = lines.map(({ part, what, unit, spread: { median, low, high, repeats }, budget }) => {
    const range = repeats > 1 ? ` (${number(low)} to ${number(high)})` : ''
    const cells = [part, what, `${number(median)} ${unit}`.trim() + range, budget?.text ?? '']
    return `| ${[...cells, budget ? (budget.holds ? 'holds' : '**missed**') : ''].join(' | ')} |`
  })
  return [
    `### ${processor}, ${cores} cores`,
    '',
    `${date}, commit ${commit}, Node.js ${node}, pace ${pace.toFixed(2)}, load ${load.toFixed(1)} at the start.`,
    '',
    '| part | what | median (quartiles) | budget | |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** The page with the numbers of these machines. @throws where it has no place for them */
export function withNumbers(text: string, reports: readonly Report[]): string {
  const [begin, end] = [text.indexOf(from), text.indexOf(to)]
  if (begin < 0 || end < begin) throw new Error(`${page} has no "${from}" before "${to}".`)
  const blocks = [text.slice(0, begin) + from, ...reports.map(section), text.slice(end)]
  return blocks.join('\n\n')
}

/** The reports in docs/bench, by name; none before one was put there. */
export async function reports(root: string): Promise<Report[]> {
  const files = await readdir(join(root, folder)).catch(() => [])
  const names = files.filter((name) => name.endsWith('.json')).sort()
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(root, folder, name), 'utf8'))))
}

/** Keeps a report among those in docs/bench, in place of an earlier one of the machine, and on the page. */
export async function writeReport(root: string, report: Report): Promise<void> {
  const slug = report.processor.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  await replaceFile(join(root, folder, `${slug}.json`), `${JSON.stringify(report, undefined, 2)}\n`)
  const path = join(root, page)
  await replaceFile(path, withNumbers(await readFile(path, 'utf8'), await reports(root)))
}
