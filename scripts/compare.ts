/** `npm run compare -- OLD NEW`: what a version says otherwise than another, and why. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { csvParseRows } from 'd3-dsv'
import { openCache } from '../pipeline/cache.ts'
import { main } from '../pipeline/command.ts'
import { differences } from '../pipeline/fingerprint.ts'
import { csv } from '../src/csv.ts'
import { openLedger, readRecordings } from '../src/data/ledger.ts'
import { resultsOf } from '../src/data/results.ts'
import type { Statistic } from '../src/data/statistics/subject.ts'
import { parseVersion, type Version, versionOf } from '../src/data/version.ts'
import { figure, figureName } from '../src/figures/index.ts'
import { requestsOf } from '../src/markdown/number.ts'
import { parse } from '../src/markdown/parse.ts'
import { figureSvg } from '../src/pictures/render.ts'
import { projectVersion } from '../src/site/index.ts'
import { evidenceFolder } from './sweep.ts'

/** A version with what it shows. */
export interface Shown extends Version {
  readonly statistics: { readonly [name: string]: Statistic }
  readonly figures: { readonly [name: string]: { readonly picture: string; readonly table: string } }
}

/** What a build wrote into a folder. */
async function readBuild(folder: string): Promise<Shown> {
  const text = (file: string) => readFile(join(folder, file), 'utf8')
  const names = (await readdir(join(folder, 'data'))).flatMap((file) => /^(.+)\.csv$/.exec(file)?.[1] ?? [])
  const figures = names.map(async (name) => {
    const [picture, table] = [await text(`pictures/${name}.svg`), await text(`data/${name}.csv`)]
    return [name, { picture, table }]
  })
  return {
    ...parseVersion(await text('provenance.json')),
    statistics: JSON.parse(await text('data/statistics.json')),
    figures: Object.fromEntries(await Promise.all(figures)),
  }
}

/** A run that the cache keeps, and the figures that today's pages and code make of it. */
async function readRun(id: string): Promise<Shown> {
  const run = await openCache().runs.read(id)
  const results = resultsOf(run)
  const ledger = await openLedger(await readRecordings(evidenceFolder), results)
  const figures: [string, Shown['figures'][string]][] = []
  for (const file of (await readdir('content')).filter((name) => name.endsWith('.mdx'))) {
    const tree = parse(await readFile(join('content', file), 'utf8'))
    for (const request of 'reason' in tree ? [] : requestsOf(tree)) {
      const drawn = await figure(results, request)
      const { columns, rows } = drawn.table()
      const picture = await figureSvg(drawn, 'light')
      figures.push([figureName(request), { picture, table: csv(columns, rows) }])
    }
  }
  return {
    ...(await versionOf(run, ledger, projectVersion)),
    statistics: await results.stats(),
    figures: Object.fromEntries(figures),
  }
}

/**
 * What `said` names: the folder of a build, or the first letters of the id of a run.
 * @throws when it names neither, or several runs
 */
async function read(said: string): Promise<Shown> {
  if (existsSync(join(said, 'provenance.json'))) return readBuild(resolve(said))
  if (existsSync(said))
    throw new Error(`${said} has no provenance.json: it is not the folder of a build, or of an older one.`)
  const kept = await readdir(join(openCache().folder, 'runs')).catch(() => [])
  const found = kept.map((file) => file.replace(/\.json$/, '')).filter((id) => id.startsWith(said))
  if (found.length === 1) return readRun(found[0])
  const runs = kept.map((file) => file.slice(0, 8)).join(', ') || 'none'
  throw new Error(
    found.length > 1
      ? `${found.length} runs have ids that begin with "${said}".`
      : `"${said}" is neither the folder of a build nor the id of a run. Runs in the cache: ${runs}.`,
  )
}

const shortly = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value ?? 'undefined')

/** By how much a number is another: "+1.2%"; nothing where that is not to be said. */
function change(before: unknown, now: unknown): string {
  if (typeof before !== 'number' || typeof now !== 'number' || before === 0) return ''
  const share = ((now - before) / Math.abs(before)) * 100
  return ` (${share < 0 ? '' : '+'}${Number(share.toPrecision(2))}%)`
}

/** The entries of two records whose JSON differs, with both. */
function changed<T>(before: { readonly [name: string]: T }, now: { readonly [name: string]: T }) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return names
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ name, before: before[name] as T | undefined, now: now[name] as T | undefined }))
}

const range = (interval: readonly unknown[] | null | undefined): string =>
  interval ? ` [${interval.map((end) => (end === null ? 'unknown' : shortly(end))).join(', ')}]` : ''

/** How a table differs from an earlier one. */
function tables(before: string, now: string): string {
  const [old, current] = [csvParseRows(before), csvParseRows(now)]
  if (old.length !== current.length || String(old[0]) !== String(current[0]))
    return `${current.length - 1} rows of ${current[0]?.length ?? 0}, not ${old.length - 1} of ${old[0]?.length ?? 0}`
  let [others, most] = [0, 0]
  for (const [i, row] of current.entries())
    for (const [j, cell] of row.entries()) {
      if (cell === old[i][j]) continue
      others++
      most = Math.max(most, Math.abs(Number(cell) - Number(old[i][j])) || 0)
    }
  const all = (current.length - 1) * (current[0]?.length ?? 0)
  return others === 0 ? 'the same numbers' : `${others} of ${all} numbers, by ${shortly(most)} at most`
}

/** What differs, in lines: what decided the results, then verdicts, numbers and figures. */
export function comparison(old: Shown, now: Shown): string[] {
  const heading = ({ version, date, profile, engine }: Shown) =>
    `version ${version}, ${date.slice(0, 16).replace('T', ' ')}, profile ${profile}, engine ${engine.name} ${engine.version}`
  const causes = new Map<string, string[]>()
  for (const [name, fingerprint] of Object.entries(now.stages)) {
    const before = old.stages[name]
    // What follows from another stage is told there.
    for (const line of before ? differences(before, fingerprint) : ['stage is new'])
      if (!line.startsWith('upstream ')) causes.set(line, [...(causes.get(line) ?? []), name])
  }
  for (const name of Object.keys(old.stages)) if (!now.stages[name]) causes.set(`stage ${name} is gone`, [])
  const because = [...causes].map(([line, stages]) => {
    const some = stages.slice(0, 3).join(', ')
    return stages.length === 0
      ? line
      : `${line} (${stages.length > 3 ? `${some} and ${stages.length - 3} others` : some})`
  })
  // Another name of a number that has one already.
  const named = (statistics: Shown['statistics']) =>
    Object.fromEntries(
      Object.entries(statistics)
        .filter(([name]) => !/^[^.]+\.(?:start|last)\./.test(name))
        .map(([name, { value, interval }]) => [name, { value, interval }]),
    )
  const numbers = changed(named(old.statistics), named(now.statistics)).map(
    ({ name, before, now }) =>
      `${name}: ${before ? shortly(before.value) : 'new'}${range(before?.interval)} -> ${now ? shortly(now.value) : 'gone'}${range(now?.interval)}${change(before?.value, now?.value)}`,
  )
  const verdicts = changed(old.claims, now.claims).map(({ name, before, now }) => {
    const said = (claim: typeof now) =>
      claim
        ? `${claim.verdict}${claim.median === null ? '' : `, ${shortly(claim.median)}${range(claim.interval)}`}`
        : 'no claim'
    return `${name}: ${said(before)} -> ${said(now)}`
  })
  const figures = changed(old.figures, now.figures).map(({ name, before, now }) => {
    if (!before || !now) return `${name}: ${before ? 'gone' : 'new'}`
    const drawn = before.picture === now.picture ? 'the same picture' : 'another picture'
    return `${name}: ${drawn}, ${tables(before.table, now.table)}`
  })
  const part = (title: string, lines: readonly string[], all: object) => [
    `${title}: ${lines.length === 0 ? 'none' : lines.length} of ${Object.keys(all).length} changed`,
    ...lines.map((line) => `  ${line}`),
  ]
  return [
    `old: ${heading(old)}`,
    `new: ${heading(now)}`,
    because.length === 0 ? 'What decides the results is the same.' : 'What decides the results:',
    ...because.map((line) => `  ${line}`),
    ...part('Verdicts', verdicts, now.claims),
    ...part('Numbers', numbers, named(now.statistics)),
    ...part('Figures', figures, now.figures),
  ]
}

const command = new Command('compare')
  .description(
    'Tells which numbers, verdicts and figures of a version are others than those of an older one, beside what decided them.',
  )
  .argument('<old>', 'the folder of a build, or the id of a run')
  .argument('<new>', 'the same')
  .showHelpAfterError('`npm run compare -- --help` tells more.')
  .action(async (old: string, now: string) => {
    const [before, after] = [await read(old), await read(now)]
    for (const line of comparison(before, after)) console.log(line)
  })

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(command)
