/**
 * Processes that are asked for work and answer with the milliseconds it took: our own workers, and peers in
 * other languages.
 */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type EngineName, threadEnvironment } from '../experiments/engine/index.ts'
import type { Answer, Request } from './worker.ts'

/** Someone to ask. */
export interface Asked<R> {
  /** Milliseconds that the request took. @throws what the process says of its failure */
  ask(request: R): Promise<number>
  stop(): void
}

export interface Worker extends Asked<Request> {
  /** The same, of the processor: more telling than the clock when the machine is busy. */
  askProcessor(request: Request): Promise<number>
}

/** Starts a worker with an engine on one thread. */
export async function startWorker(engine: EngineName): Promise<Worker> {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [engine], {
    env: { ...process.env, ...threadEnvironment(1) },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const next = answers<Answer>(child, (listen) => child.on('message', (message) => listen(message as Answer)))
  await next()
  return {
    async ask(request) {
      child.send(request)
      return answered(await next()).milliseconds
    },
    async askProcessor(request) {
      child.send(request)
      return answered(await next()).processor!
    },
    stop: () => child.disconnect(),
  }
}

/**
 * Starts a peer: a program that answers each line of JSON with one. @throws if it ends before its first line
 */
export async function startPeer(
  command: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Asked<object> & { readonly first: { readonly [name: string]: unknown } }> {
  const child = spawn(command, parameters, {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (data) => {
    complaint = `${complaint}${data}`.slice(-2000)
  })
  const lines = createInterface(child.stdout)
  const next = answers<Answer>(
    child,
    (listen) => lines.on('line', (line) => listen(JSON.parse(line) as Answer)),
    () => complaint,
  )
  return {
    first: { ...(await next()) },
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      return answered(await next()).milliseconds
    },
    stop: () => child.stdin.end(),
  }
}

function answered({ milliseconds, processor, error }: Answer) {
  if (milliseconds === undefined) throw new Error(error)
  return { milliseconds, processor }
}

/** The function that gives the next answer; it fails once the process has ended. */
function answers<A>(
  child: ChildProcess,
  subscribe: (listen: (answer: A) => void) => void,
  complaint = () => '',
) {
  let waiting: { resolve(answer: A): void; reject(error: Error): void } | undefined
  let ended: Error | undefined
  subscribe((answer) => waiting?.resolve(answer))
  const end = (reason: string) => {
    ended = new Error(`${reason} ${complaint()}`.trim())
    waiting?.reject(ended)
  }
  child.once('error', (error) => end(error.message))
  child.once('exit', (code) => end(`The process ended with code ${code}.`))
  return () =>
    new Promise<A>((resolve, reject) => {
      if (ended) reject(ended)
      else waiting = { resolve, reject }
    })
}
