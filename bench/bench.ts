/**
 * `npm run bench`: measures what the project promises, prints it beside its budgets, and writes it to
 * bench/results.
 */

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Command } from 'commander'
import type { EngineName } from '../experiments/engine/index.ts'
import { chooseEngine } from '../native/choice.ts'
import { unknown } from '../pipeline/nearest.ts'
import { calibrate } from './calibration.ts'
import type { Line } from './measure.ts'
import type { Bench, Part } from './part.ts'
import { build } from './parts/build.ts'
import { data } from './parts/data.ts'
import { fresh } from './parts/fresh.ts'
import { growth } from './parts/growth.ts'
import { landscape } from './parts/landscape.ts'
import { page } from './parts/page.ts'
import { peers } from './parts/peers.ts'
import { queue } from './parts/queue.ts'
import { scaling } from './parts/scaling.ts'
import { step } from './parts/step.ts'
import { startWorker, type Worker } from './process.ts'
import { number, type Report, writeReport } from './report.ts'

const parts: { readonly [name: string]: Part } = {
  landscape,
  fresh,
  step,
  peers,
  data,
  scaling,
  growth,
  queue,
  build,
  page,
}

interface Options {
  readonly only?: string
  readonly engine: EngineName | 'auto'
  readonly python: string
  readonly docs: boolean
}

function row({ what, unit, spread, budget, note }: Line): string[] {
  const { median, low, high, repeats } = spread
  const verdict = budget ? `${budget.holds ? 'holds' : 'MISSED'}: ${budget.text}` : ''
  return [
    what,
    `${number(median)} ${unit}`,
    repeats > 1 ? `${number(low)} to ${number(high)}` : '',
    verdict,
    note ?? '',
  ]
}

function table(rows: readonly string[][]): string {
  const widths = rows[0]
    .slice(0, -1)
    .map((_, column) => Math.max(...rows.map((cells) => cells[column].length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

async function run(names: readonly string[], { engine, python, docs }: Options): Promise<void> {
  const say = (line: string) => console.error(line)
  const root = fileURLToPath(new URL('..', import.meta.url))
  const results = join(root, 'bench/results')
  const scratch = await mkdtemp(join(tmpdir(), 'bench-'))
  const workers = new Map<string, Promise<Worker>>()
  const native = engine !== 'wasm' && (await chooseEngine(engine, say)).name === 'native'
  const bench: Bench = {
    root,
    engines: native ? ['native', 'wasm'] : ['wasm'],
    worker(name, which = 0) {
      const key = `${name} ${which}`
      if (!workers.has(key)) workers.set(key, startWorker(name))
      return workers.get(key)!
    },
    pace: calibrate(),
    scratch,
    results,
    python,
    say,
  }
  const load = loadavg()[0]
  if (load > 0.5) say(`The machine is busy (load ${load.toFixed(1)}): trust the ratios more than the times.`)
  say(`Pace ${bench.pace.toFixed(2)}: this machine takes so many times as long as the one of the budgets.`)
  const lines: Line[] = []
  try {
    await mkdir(results, { recursive: true })
    for (const name of names) {
      say(`${name} ...`)
      const measured = await parts[name](bench)
      lines.push(...measured)
      console.log(`\n${name}\n${measured.length > 0 ? table(measured.map(row)) : 'left out'}`)
    }
    const report: Report = {
      processor: cpus()[0].model,
      cores: availableParallelism(),
      node: process.version,
      load,
      pace: bench.pace,
      date: new Date().toISOString().slice(0, 10),
      commit: await commitOf(root),
      lines,
    }
    await writeFile(join(results, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`)
    if (docs) await writeReport(root, report)
    const missed = lines.filter(({ budget }) => budget && !budget.holds)
    console.log(
      `\n${lines.filter(({ budget }) => budget).length - missed.length} budgets hold, ${missed.length} missed.`,
    )
    for (const { part, what, budget } of missed) console.log(`  ${part}: ${what}, ${budget!.text}`)
  } finally {
    for (const worker of workers.values()) await worker.then(({ stop }) => stop()).catch(() => {})
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The commit that is checked out, with a + where files have been changed since. */
async function commitOf(root: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty=+'], { cwd: root })
  return stdout.trim()
}

await new Command('bench')
  .description(
    'Measures what the project promises, as medians with quartiles, and writes bench/results/bench.json.',
  )
  .option('--only <parts>', `some of ${Object.keys(parts).join(',')}`)
  .option('--engine <name>', 'auto | native | wasm; the cold build uses it', 'auto')
  .option('--python <command>', 'a Python whose PyTorch or JAX to compare with', 'python3')
  .option('--docs', 'put the numbers into docs/performance.md, under the name of this processor', false)
  .allowExcessArguments(false)
  .action(async (options: Options) => {
    const names = options.only?.split(',') ?? Object.keys(parts)
    for (const name of names) if (!(name in parts)) throw new Error(unknown('part', name, Object.keys(parts)))
    const engines = ['auto', 'native', 'wasm']
    if (!engines.includes(options.engine)) throw new Error(unknown('engine', options.engine, engines))
    await run(names, options)
  })
  .parseAsync()
  .catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
