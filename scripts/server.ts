/**
 * The development server, in a process of its own that `dev.ts` starts. What Node has once read (the
 * configuration, and all that it imports) it never reads again, and Astro, restarted within a process, no
 * longer watches the pages. So both are told to the parent, which ends this process and starts another.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What the parent is told. */
export type ServerMessage =
  | { readonly read: string }
  | { readonly port: number }
  | { readonly outOfDate: true }

/** How to serve, in the environment variable DEV_SERVER. */
export interface ServerOptions {
  readonly port?: number
  readonly host?: string | boolean
  readonly open?: string | boolean
}

const root = new URL('..', import.meta.url)
const tell = (message: ServerMessage) => void process.send?.(message)
// No parent, no server.
process.once('disconnect', () => process.exit())

registerHooks({
  load(url, context, next) {
    if (url.startsWith(root.href) && !url.includes('/node_modules/'))
      tell({ read: fileURLToPath(url.replace(/\?.*/, '')) })
    return next(url, context)
  },
})

const { dev } = await import('astro')
const options = JSON.parse(process.env.DEV_SERVER ?? '{}') as ServerOptions
const { address } = await dev({
  root: fileURLToPath(root),
  server: { ...options, open: options.open ?? false },
  integrations: [
    {
      name: 'restart',
      hooks: { 'astro:config:setup': ({ isRestart }) => void (isRestart && tell({ outOfDate: true })) },
    },
  ],
})
tell({ port: address.port })
