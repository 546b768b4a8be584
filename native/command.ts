import { execFile } from 'node:child_process'
import { diskFull } from './obstacle.ts'

/** What a command runs in. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** A command that did not end well, and what it printed. */
export class CommandError extends Error {
  readonly output: string
  constructor(command: string, output: string) {
    super(`${command} failed: ${output}`)
    this.output = output
  }
  /** The first line of the output that matches, or the last one. */
  line(pattern: RegExp): string {
    const lines = this.output.split('\n').map((line) => line.trim())
    return lines.find((line) => pattern.test(line)) ?? lines.at(-1)!
  }
}

/** Runs a command without showing what it prints. Interrupted, it ends when the command has ended. */
export async function run(
  [command, ...args]: string[],
  { environment, signal }: Surroundings,
  input = '',
): Promise<void> {
  signal.throwIfAborted()
  const options = { env: { ...environment, LC_ALL: 'C' }, maxBuffer: 1 << 26 }
  await new Promise<void>((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const output = `${stdout}\n${stderr}`
      if (!error) resolve()
      else if (/No space left on device|Disk quota exceeded/.test(output)) reject(diskFull())
      else reject(new CommandError(command, output.trim() || error.message))
    })
    const stop = () => {
      child.once('exit', () => reject(signal.reason))
      child.kill()
    }
    signal.addEventListener('abort', stop)
    child.on('close', () => signal.removeEventListener('abort', stop))
    child.stdin?.on('error', () => {}).end(input)
  })
}

/** Whether a command ends well. */
export async function works(command: string[], surroundings: Surroundings, input?: string): Promise<boolean> {
  try {
    await run(command, surroundings, input)
    return true
  } catch {
    surroundings.signal.throwIfAborted()
    return false
  }
}
