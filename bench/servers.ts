/** The servers that stages on other machines need, started on this one for tests and measurements. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const has = (program: string) => spawnSync(program, ['-v']).error === undefined
/** Whether redis-server and nginx are on the path. */
export const haveServers = has('redis-server') && has('nginx')

export interface Server {
  readonly port: number
  /** Starts it, unless it runs. */
  start(): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Holds it up, as an overloaded machine would; `false` lets it go on. */
  hold(held: boolean): void
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function serverOf(port: number, program: string, options: readonly string[]): Server {
  let child: ReturnType<typeof spawn> | undefined
  const runs = () => child && child.exitCode === null && child.signalCode === null
  return {
    port,
    async start() {
      if (runs()) return
      const started = spawn(program, options, { stdio: 'ignore' })
      child = started
      for (;;) {
        if (started.exitCode !== null) throw new Error(`${program} ended: ${program} ${options.join(' ')}`)
        const answers = await fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          (error) => error.cause?.code !== 'ECONNREFUSED',
        )
        if (answers) return
        await sleep(20)
      }
    },
    async kill() {
      if (!child || !runs()) return
      const ended = new Promise((resolve) => child?.once('close', resolve))
      child.kill('SIGKILL')
      await ended
    },
    hold: (held) => void child?.kill(held ? 'SIGSTOP' : 'SIGCONT'),
  }
}

/** Redis without persistence: what it held is gone when it is killed. */
export async function redis(folder: string): Promise<Server> {
  const port = await freePort()
  const address = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  return serverOf(port, 'redis-server', [...address, '--databases', '64'])
}

/** nginx as docs/scaling.md sets it up, and the paths it was asked for. */
export async function nginx(folder: string): Promise<Server & { requests(): Promise<string[]> }> {
  const port = await freePort()
  mkdirSync(join(folder, 'store'))
  mkdirSync(join(folder, 'tmp'))
  await writeFile(join(folder, 'users'), 'ada:{PLAIN}lovelace\n')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path tmp;`,
  )
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; error_log error.log;
    events {}
    http {
      ${temporary.join(' ')}
      log_format brief '$request_method $uri';
      access_log requests.log brief;
      server {
        listen 127.0.0.1:${port};
        root store;
        autoindex on; autoindex_format json;
        dav_methods PUT; create_full_put_path on; client_max_body_size 0;
        location /private/ { auth_basic store; auth_basic_user_file users; }
      }
    }`,
  )
  return {
    ...serverOf(port, 'nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log']),
    requests: async () => (await readFile(join(folder, 'requests.log'), 'utf8')).trim().split('\n'),
  }
}

/** A way to a port of this machine that can be cut, as a network's cable can. */
export async function line(to: number) {
  const sockets = new Set<Socket>()
  let whole = true
  const entrance = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        other.destroy()
        sockets.delete(socket)
      })
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => entrance.once('listening', resolve))
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (entrance.address() as { port: number }).port,
    cut,
    mend() {
      whole = true
    },
    end() {
      cut()
      entrance.close()
    },
  }
}
