import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CacheUnusable } from './disk.ts'
import type { Job, Report } from './worker.ts'

/** A stage did not come to its end. The message says how. */
export class StageFailed extends Error {}

export interface ProcessOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Bound of the JavaScript heap, bytes. */
  readonly heap: number
  readonly signal: AbortSignal
  readonly onReport: (report: Report) => void
}

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
const outputKept = 4000
/** Milliseconds that a worker has to end after its last word. */
const patience = 3000

/**
 * Runs one stage in a process of its own: a crash of native code, or the system's killing of what took too
 * much memory, ends that stage alone, and its peak memory is its own. It ends when this process does.
 * @throws StageFailed; CacheUnusable
 */
export function runInProcess(job: Job, options: ProcessOptions): Promise<Report & { type: 'made' }> {
  return new Promise((resolve, reject) => {
    const child = fork(worker, {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${Math.ceil(options.heap / 2 ** 20)}`,
      ],
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const kill = () => child.kill('SIGKILL')
    options.signal.addEventListener('abort', kill, { once: true })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        output = `${output}${data}`.slice(-outputKept)
      })
    }
    let last: Report | undefined
    let timer: NodeJS.Timeout | undefined
    child.on('message', (report: Report) => {
      options.onReport(report)
      if (report.type !== 'made' && report.type !== 'failed') return
      last = report
      timer = setTimeout(kill, patience)
    })
    const end = (code: number | null, signal: string | null, error?: Error) => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', kill)
      if (last?.type === 'made') resolve(last)
      else if (last?.type === 'failed')
        reject(new (last.unusable ? CacheUnusable : StageFailed)(last.message))
      else
        reject(
          new StageFailed(
            error ? `its process could not be started: ${error.message}` : death(code, signal, output),
          ),
        )
    }
    child.once('error', (error) => end(null, null, error))
    child.once('close', end)
    child.send(job, () => {})
    if (options.signal.aborted) kill()
  })
}

function death(code: number | null, signal: string | null, output: string): string {
  const tail = output.trim() === '' ? '' : `\n${output.trim().split('\n').slice(-8).join('\n')}`
  if (output.includes('heap out of memory'))
    return 'ran out of memory: its JavaScript heap passed the bound set with --memory'
  if (signal === 'SIGKILL')
    return `was killed (SIGKILL), most often because the machine ran out of memory${tail}`
  if (signal) return `crashed (${signal})${tail}`
  return code === 0 ? `ended without a result${tail}` : `crashed with exit code ${code}${tail}`
}
