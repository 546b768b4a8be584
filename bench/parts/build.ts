import { execFile, spawn } from 'node:child_process'
import { appendFile, cp, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openCache } from '../../pipeline/cache.ts'
import type { RunRecord } from '../../pipeline/run.ts'
import { atMost, type Line, spread, time, within } from '../measure.ts'
import type { Bench, Part } from '../part.ts'

const repeats = 3
const minute = 60
/** Seconds of a cold build. */
const budgets = { native: 4 * minute, wasm: 10 * minute }
const gigabytes = 2

/**
 * The build from nothing, with nothing changed, and after an edit of the prose: once built again, once live.
 * In a copy of the project, with a cache of its own.
 */
export const build: Part = async (bench) => {
  const [engine] = bench.engines
  const copy = await copyProject(bench)
  const builds = async () => {
    const seconds = (await time(() => npm(copy, ['run', 'build', '--', '--engine', engine]))) / 1000
    bench.say(`  built in ${seconds.toFixed(1)} s`)
    return seconds
  }
  const edit = (mark: string) => appendFile(join(copy, 'content/article.mdx'), `\n${mark}\n`)
  const cold = await builds()
  const run = await openCache(join(copy, '.cache')).runs.read()
  await cp(join(copy, 'dist'), join(bench.scratch, 'site'), { recursive: true })
  const [unchanged, rebuilt, live]: number[][] = [[], [], []]
  for (let repeat = 0; repeat < repeats; repeat++) {
    unchanged.push(await builds())
    await edit(`A sentence of build ${repeat}.`)
    rebuilt.push(await builds())
  }
  const server = await startDev(copy, engine)
  try {
    for (let repeat = 0; repeat <= repeats; repeat++) {
      const mark = `A sentence of visit ${repeat}.`
      await edit(mark)
      const seconds = (await time(() => server.shows(mark))) / 1000
      if (repeat > 0) live.push(seconds)
    }
  } finally {
    server.stop()
  }
  const line = (what: string, unit: string, samples: number[], limit?: number, note?: string): Line => ({
    part: 'build',
    what,
    unit,
    spread: spread(samples),
    ...(limit !== undefined && {
      budget:
        unit === 's'
          ? within(limit, unit, spread(samples), bench.pace)
          : atMost(limit, unit, spread(samples)),
    }),
    ...(note && { note }),
  })
  return [
    line(`cold npm run build, ${engine}`, 's', [cold], budgets[engine], spent(run)),
    line('largest stage process of it', 'GB', [peak(run)], gigabytes),
    line('npm run build, nothing changed', 's', unchanged, 3),
    line('npm run build, prose changed', 's', rebuilt, 4),
    line('npm run dev, prose changed, until the page has it', 's', live, 0.5),
  ]
}

const peak = ({ stages }: RunRecord) => Math.max(...stages.map(({ memory }) => memory ?? 0)) / 1e9

/** Seconds of all stages of a kind together. */
function spent({ stages }: RunRecord): string {
  const seconds: { [kind: string]: number } = {}
  for (const stage of stages) {
    const [kind] = stage.name.split(' ')
    seconds[kind] = (seconds[kind] ?? 0) + (stage.seconds ?? 0)
  }
  return Object.entries(seconds)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([kind, value]) => `${kind} ${Math.round(value)} s`)
    .join(', ')
}

async function copyProject({ root, scratch }: Bench): Promise<string> {
  const copy = join(scratch, 'project')
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  })
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(copy, file)), { recursive: true })
    await cp(join(root, file), join(copy, file)).catch((error) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function npm(cwd: string, parameters: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', parameters, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (data) => {
      complaint = `${complaint}${data}`.slice(-2000)
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${parameters.join(' ')} failed:\n${complaint}`)),
    )
  })
}

async function startDev(
  cwd: string,
  engine: string,
): Promise<{ shows(text: string): Promise<void>; stop(): void }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'scripts/dev.ts', '--engine', engine],
    {
      cwd,

      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('npm run dev ended before it served anything.')))
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      const found = /http:\/\/(?:localhost|127\.0\.0\.1):\d+\S*/.exec(output)
      if (found) resolve(found[0])
    })
  })
  const shows = async (text: string) => {
    for (;;) {
      const page = await fetch(address).then((response) => response.text())
      if (page.includes(text)) return
      await sleep(20)
    }
  }
  await shows('</html>')
  return { shows, stop: () => child.kill() }
}
